#include "isa_avx512.h"

#include "gemm.inc.h"

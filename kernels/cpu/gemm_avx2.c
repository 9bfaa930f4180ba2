#include "isa_avx2.h"

#include "gemm.inc.h"

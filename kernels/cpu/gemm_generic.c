#include "isa_generic.h"

#include "gemm.inc.h"

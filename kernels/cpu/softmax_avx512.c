//go:build amd64

#include "isa_avx512.h"

#include "softmax.inc.h"

//go:build amd64

#include "isa_avx512.h"

#include "attention_grad.inc.h"

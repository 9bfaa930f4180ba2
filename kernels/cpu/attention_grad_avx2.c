//go:build amd64

#include "isa_avx2.h"

#include "attention_grad.inc.h"

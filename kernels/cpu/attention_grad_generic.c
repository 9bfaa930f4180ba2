#include "isa_generic.h"

#include "attention_grad.inc.h"

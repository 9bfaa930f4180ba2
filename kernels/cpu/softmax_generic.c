#include "isa_generic.h"

#include "softmax.inc.h"

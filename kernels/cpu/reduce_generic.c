#include "isa_generic.h"

#include "reduce.inc.h"

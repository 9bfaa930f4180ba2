#include "isa_generic.h"

#include "activation.inc.h"

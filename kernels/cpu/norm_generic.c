#include "isa_generic.h"

#include "norm.inc.h"

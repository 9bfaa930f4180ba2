#include "isa_generic.h"

#include "rope.inc.h"

#include "isa_generic.h"

#include "elementwise.inc.h"

#include "isa_generic.h"

#include "attention.inc.h"

#include "isa_generic.h"

#include "rows.inc.h"

// What a command's operands must be, so that its kernel stays within its memory whatever a program says.
#ifndef GRAFT_CHECK_H
#define GRAFT_CHECK_H

#include "kernel.h"

// check_value returns NULL if the type is known, the dimensions are sizes, and the bytes are within a limit.
const char *check_value(const struct value *v);

// check_command returns NULL if c's operands and results are what its op's kernel expects; otherwise the condition
// that does not hold. It looks at no data.
const char *check_command(const call *c);

// check_overwrites is how many results of op take the place of the operands of the same numbers.
int check_overwrites(int op);

// value_size is the bytes of a value that check_value accepts.
int64_t value_size(const struct value *v);

// value_operand is v without data.
operand value_operand(const struct value *v);

#endif

// What the kernels use of <stdio.h>. See libc.c.
#ifndef GRAFT_STDIO_H
#define GRAFT_STDIO_H

#include <stdarg.h>
#include <stddef.h>

// vsnprintf knows %d %u %s %.Ns %%, and d and u with ll or z.
int vsnprintf(char *to, size_t size, const char *format, va_list args);

#endif

// What the kernels use of <stdlib.h>. See memory.c and libc.c.
#ifndef GRAFT_STDLIB_H
#define GRAFT_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *aligned_alloc(size_t align, size_t size); // align is at most 64
void free(void *p);
char *getenv(const char *name); // there is no environment

#endif

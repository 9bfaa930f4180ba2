// Memory that a module gives out, and how it grows.
#ifndef GRAFT_MEMORY_H
#define GRAFT_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// graft_alloc returns size bytes of zeros, 64-byte aligned, with room up to the next multiple of 64 bytes; NULL when
// there is no more memory. graft_free takes them back; NULL is nothing. One thread at a time.
void *graft_alloc(size_t size);
void graft_free(void *p);

// heap_first is where the memory that may be given out begins, heap_end where it ends now; heap_grow moves the end on
// by at least so many bytes and tells whether it could.
uint8_t *heap_first(void);
uint8_t *heap_end(void);
int heap_grow(size_t bytes);

#endif

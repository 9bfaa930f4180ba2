// The module's memory: blocks side by side, each behind a header of a cache line, from the end of the data to the end
// of what the host has given. Free blocks are found by walking the list of them in the order of addresses, first fit,
// and joined with their neighbours. There are a few hundred blocks and most live as long as the model.
//
// Memory past fresh has never been given out, so it is zero as it came from the host.
#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

// block is the header. size counts the bytes after it, a multiple of LINE; next is the free block after it, where the
// block is free.
typedef struct block {
	size_t size;
	struct block *next;
	uint8_t pad[LINE - sizeof(size_t) - sizeof(void *)];
} block;

static block *free_list;
static uint8_t *fresh; // all blocks are before it

static uint8_t *end_of(block *b) { return (uint8_t *)(b + 1) + b->size; }

// take gives out block b, found free at *link, and leaves what it has more than size free.
static void *take(block **link, size_t size) {
	block *b = *link;
	if (b->size - size >= 2 * LINE) {
		block *rest = (block *)((uint8_t *)(b + 1) + size);
		rest->size = b->size - size - LINE;
		rest->next = b->next;
		*link = rest;
		b->size = size;
	} else {
		*link = b->next;
	}
	memset(b + 1, 0, b->size);
	return b + 1;
}

// reserve makes sure of so many bytes after fresh.
static int reserve(size_t bytes) {
	size_t room = (size_t)(heap_end() - fresh);
	return room >= bytes || heap_grow(bytes - room);
}

void *graft_alloc(size_t size) {
	if (size > SIZE_MAX - 4 * LINE)
		return NULL;
	size = size < LINE ? LINE : (size + LINE - 1) / LINE * LINE;
	block **last = NULL;
	for (block **link = &free_list; *link; last = link, link = &(*link)->next)
		if ((*link)->size >= size)
			return take(link, size);
	if (last && end_of(*last) == fresh) { // the last free block becomes long enough
		if (!reserve(size - (*last)->size))
			return NULL;
		fresh += size - (*last)->size;
		(*last)->size = size;
		return take(last, size);
	}
	if (!fresh)
		fresh = (uint8_t *)(((uintptr_t)heap_first() + LINE - 1) / LINE * LINE);
	if (!reserve(size + LINE))
		return NULL;
	block *b = (block *)fresh;
	b->size = size;
	fresh = end_of(b);
	return b + 1;
}

void graft_free(void *p) {
	if (!p)
		return;
	block *b = (block *)p - 1, **link = &free_list, *before = NULL;
	for (; *link && *link < b; link = &(*link)->next)
		before = *link;
	b->next = *link;
	*link = b;
	if (b->next && end_of(b) == (uint8_t *)b->next) {
		b->size += LINE + b->next->size;
		b->next = b->next->next;
	}
	if (before && end_of(before) == (uint8_t *)b) {
		before->size += LINE + b->size;
		before->next = b->next;
	}
}

void *malloc(size_t size) { return graft_alloc(size); }

void *calloc(size_t n, size_t size) {
	if (size && n > SIZE_MAX / size)
		return NULL;
	return graft_alloc(n * size);
}

void *aligned_alloc(size_t align, size_t size) { return align <= LINE ? graft_alloc(size) : NULL; }

void free(void *p) { graft_free(p); }

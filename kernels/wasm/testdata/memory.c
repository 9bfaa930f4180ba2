// A test of libc/memory.c with a heap of its own: blocks of random sizes are taken and freed in random order. Each is
// aligned, zero when it comes, keeps what is written to it, and what is freed is given out again.
#include "../libc/memory.h"

#include <stdio.h>
#include <string.h>

enum { HEAP = 8 << 20, BLOCKS = 64, TURNS = 20000 };

static _Alignas(64) uint8_t heap[HEAP];
static size_t given = 128; // bytes of the heap, the first of which is not the heap's

uint8_t *heap_first(void) { return heap + 1; }
uint8_t *heap_end(void) { return heap + given; }
int heap_grow(size_t bytes) {
	if (bytes > HEAP - given)
		return 0;
	given += bytes;
	return 1;
}

static uint32_t state = 1;
static uint32_t next(uint32_t below) {
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static int fail(const char *what, size_t turn) {
	printf("turn %zu: %s\n", turn, what);
	return 1;
}

int main(void) {
	struct {
		uint8_t *at;
		size_t size;
		uint8_t mark;
	} all[BLOCKS] = {0};
	for (size_t turn = 0; turn < TURNS; turn++) {
		uint32_t i = next(BLOCKS);
		if (all[i].at) {
			for (size_t k = 0; k < all[i].size; k++)
				if (all[i].at[k] != all[i].mark)
					return fail("a block changed", turn);
			graft_free(all[i].at);
			all[i].at = NULL;
			continue;
		}
		size_t size = next(8) ? next(3000) : next(100000);
		uint8_t *p = graft_alloc(size);
		if (!p)
			return fail("no memory, though most is free", turn);
		if ((uintptr_t)p % 64 || p < heap || p + size > heap + given)
			return fail("a block is not where it must be", turn);
		for (size_t k = 0; k < (size + 63) / 64 * 64; k++)
			if (p[k])
				return fail("a new block is not zero", turn);
		all[i].at = p;
		all[i].size = size;
		all[i].mark = (uint8_t)(turn | 1);
		memset(p, all[i].mark, size);
	}
	for (int i = 0; i < BLOCKS; i++)
		graft_free(all[i].at);
	// all blocks have joined: as much as was given is one block again
	size_t before = given;
	if (!graft_alloc(before - 4 * 64) || given != before)
		return fail("free blocks did not join", TURNS);
	if (graft_alloc(HEAP) || graft_alloc(SIZE_MAX))
		return fail("memory that is not there was given out", TURNS);
	return 0;
}

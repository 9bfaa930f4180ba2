// Where the memory of a WASM module lies: after its data and stack, in pages of 64 KB that the host gives.
#include "memory.h"

extern uint8_t __heap_base; // set by the linker

uint8_t *heap_first(void) { return &__heap_base; }

// The last page is never given out, so that an end of memory at 4 GiB is not 0.
uint8_t *heap_end(void) {
	size_t pages = __builtin_wasm_memory_size(0);
	return (uint8_t *)((pages < 65536 ? pages : 65535) << 16);
}

int heap_grow(size_t bytes) {
	size_t pages = (bytes >> 16) + 1;
	return __builtin_wasm_memory_grow(0, pages) != (size_t)-1;
}

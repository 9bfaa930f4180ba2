// Waiting in a module: by the atomic instructions of shared memory, or, with one thread, not at all.
#include "../../cpu/park.h"

#if defined __wasm_atomics__

void park(_Atomic uint32_t *word, uint32_t value) { __builtin_wasm_memory_atomic_wait32((int *)word, (int)value, -1); }
void unpark(_Atomic uint32_t *word) { __builtin_wasm_memory_atomic_notify((int *)word, UINT32_MAX); }

#else

void park(_Atomic uint32_t *word, uint32_t value) {
	(void)word;
	(void)value;
}
void unpark(_Atomic uint32_t *word) { (void)word; }

#endif

void park_yield(void) {}

// There is no clock. A timer is looked at after some dozens of looks at memory, which take about so long.
enum { LOOKS = 150 };

park_timer park_timer_start(void) { return (park_timer){0}; }
int64_t park_timer_passed(park_timer *t) { return t->at += LOOKS; }

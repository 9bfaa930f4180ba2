// Waiting for a word of memory to change: the one thing the pool needs of the operating system besides threads.
#ifndef GRAFT_PARK_H
#define GRAFT_PARK_H

#include <stdatomic.h>
#include <stdint.h>

// park sleeps while *word is value; it may return early for no reason.
void park(_Atomic uint32_t *word, uint32_t value);

// unpark wakes everyone parked at word, whose value the caller has changed before.
void unpark(_Atomic uint32_t *word);

// park_yield gives the core to another thread that wants it.
void park_yield(void);

// park_timer measures how long somebody waits, in nanoseconds.
typedef struct {
	int64_t at;
} park_timer;
park_timer park_timer_start(void);
int64_t park_timer_passed(park_timer *t);

#endif

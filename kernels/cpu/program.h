// A loaded program, as the parts of this library see it.
#ifndef GRAFT_PROGRAM_H
#define GRAFT_PROGRAM_H

#include <stdatomic.h>

#include "graft.h"
#include "kernel.h"
#include "pool.h"

// counters hand out the chunks of one command and count those that are done. A cache line a command, so that commands
// in flight do not disturb one another.
struct counters {
	_Atomic int64_t next[PHASES], done[PHASES];
};

struct graft {
	pool *pool;
	int isa;
};

typedef struct {
	kernel_fn *run;
	call call;
	int waits;         // for the steps since the last barrier
	uint32_t left_out; // bit i: nothing reads result i, the kernel is told so
	size_t scratch;    // where the step's part of the shared scratch begins
} step;

typedef struct {
	uint8_t *data;
	size_t need;   // bytes of the largest value that lies in it
	int32_t layout;
	int packs, gains; // every use can read a packed layout; some use gains by it as well
} slot;

struct graft_program {
	graft *device;
	int nvalues, nsteps, nslots;
	size_t arena;
	struct value *values;
	struct command *commands;
	step *steps;
	operand *operands; // of all steps, one after the other
	slot *slots;
	struct counters *counters;
	size_t shared, local;    // scratch
	uint8_t *arena_at, *scratch_at;
	int planned;             // layouts of operands and scratch follow the slots
	int resolved;            // data of operands follows slots and arena_at
	_Atomic int32_t cancel;
	_Atomic int32_t reached; // all steps before this one are done; only a step that waits, or their number
};

// message_set writes a message in printf's manner and returns code.
int message_set(graft_message *m, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

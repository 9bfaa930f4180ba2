// What every kernel sees: its operands, its constants, and the team of threads it runs in.
#ifndef GRAFT_KERNEL_H
#define GRAFT_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "../include/ops.h"

// Layouts of a weight's bytes.
enum {
	LAYOUT_ROWS = 0,     // row-major, as the format's definition has it
	LAYOUT_PACKED16 = 1, // blocks of 16 rows interleaved (see pack.h); the last rows % 16 rows stay row-major
};

// operand is one value of a command. data is 64-byte aligned. data of a result that nothing reads may be NULL, for the
// commands that dispatch.c lists as able to leave results out.
typedef struct {
	void *data;
	int64_t rows, cols; // product of all dimensions but the last; the last
	int32_t dims[4], rank;
	int32_t dtype, layout;
} operand;

// team is the threads that run a program together; each thread has its own copy.
typedef struct team team;
struct team {
	int thread, threads;
	uint8_t *scratch;      // shared by the team, scratch_size bytes, 64-byte aligned; a kernel's use ends with it
	size_t scratch_size;
	uint8_t *local;        // this thread's own, local_size bytes, 64-byte aligned
	size_t local_size;
	struct pool *pool;
	struct counters *counters; // of the current command
};

// team_take hands out chunks 0, 1, … of a phase (0 to 3) of the current command, each to one thread; stop at your last.
int64_t team_take(team *t, int phase);

// team_barrier returns when every thread of the team has called it.
void team_barrier(team *t);

// call is one command with its operands resolved.
typedef struct {
	const struct command *cmd;
	operand *in, *out;
	int nin, nout;
} call;

typedef void kernel_fn(const call *c, team *t);

// A kernel says how much scratch it needs before a program is run: shared by the team, and for each thread.
typedef struct {
	size_t shared, local;
} scratch_need;
typedef scratch_need scratch_fn(const call *c, int threads);

#endif

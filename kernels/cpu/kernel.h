// What every kernel sees: its operands, its constants, and the team of threads it runs in.
#ifndef GRAFT_KERNEL_H
#define GRAFT_KERNEL_H

#include <stdatomic.h>
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

enum { PHASES = 4 }; // of a command

// team is the threads that run a program together; each thread has its own copy.
//
// No thread is ever waited for, only chunks are: a thread that the system has put aside may take part late or not at
// all. What it finds then may belong to later commands. So a kernel keeps to this:
//
//   - It writes, and follows what it reads as an index, only between a successful team_take and the next team_barrier
//     or its return. What it reads before is good for deciding how much there is to do, no more.
//   - It takes from a phase until there is no more, and ends of phases follow from the operands alone.
typedef struct team team;
struct team {
	int thread, threads;
	uint8_t *scratch;      // shared by the team, scratch_size bytes, 64-byte aligned; a kernel's use ends with it
	size_t scratch_size;
	uint8_t *local;        // this thread's own, local_size bytes, 64-byte aligned
	size_t local_size;
	struct pool *pool;
	struct counters *counters; // of the current command
	int32_t step;              // its number
	const _Atomic int32_t *reached; // all steps before this one are done
	int64_t mine[PHASES];      // chunks taken and not yet said to be done
	int64_t end[PHASES];       // as given to team_take last
};

// team_take hands out the chunks below end of a phase of the current command in order, each to one thread; -1: no more.
// The chunk before is done. A later call may have a greater end: a phase can go on after a barrier.
int64_t team_take(team *t, int phase, int64_t end);

// team_barrier returns when all chunks of the phases taken from so far are done.
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

// A stress test of pool.c and run.c: made-up programs whose every value depends on all values before it, on threads that
// fall asleep at any point. Built with the thread sanitizer it also shows what the team does not order.
//
//	team threads runs seed
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../dispatch.h"
#include "../program.h"

enum { STEPS = 40, CELLS = 24, CHUNKS = 3 * CELLS };

// What run.c links besides the pool.
scratch_fn *kernel_scratch(int op, int isa) { return (void)op, (void)isa, NULL; }
int message_set(graft_message *m, int code, const char *format, ...) { return (void)m, (void)format, code; }

static uint64_t cell[STEPS][3][CELLS]; // of step, phase; written by one thread each
static struct command commands[STEPS]; // only their place counts
static int waits[STEPS];

static uint64_t mix(uint64_t x) {
	x = (x ^ x >> 31) * 0x7fb5d329728ea185;
	return x ^ x >> 27;
}

// dawdle is a thread being slow, or put aside by the system.
static void dawdle(team *t) {
	static _Thread_local uint64_t state;
	state = mix(state + 0x9e3779b97f4a7c15 * (uint64_t)(t->thread + 1));
	int n = (int)(state >> 40 & 255);
	if (n == 0)
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	else if (n < 16)
		sched_yield();
	else
		for (volatile int i = 0; i < n; i++) {
		}
}

// source is where the values come from that a step's section may read: the last step of the section before.
static int source(int step) {
	while (step > 0 && !waits[step])
		step--;
	return step - 1;
}

static uint64_t total(int step, int phase) {
	uint64_t s = 0;
	for (int i = 0; i < CELLS; i++)
		s = mix(s + cell[step][phase][i]);
	return s;
}

static uint64_t expected(int step, int phase, int i) {
	uint64_t before = phase > 0 ? total(step, phase - 1) : source(step) >= 0 ? total(source(step), 2) : 0;
	return mix(before + (uint64_t)(step * CHUNKS + phase * CELLS + i));
}

// kernel has three phases with barriers between; the third goes on in phase 1, as long kernels do.
static void kernel(const call *c, team *t) {
	int step = (int)(c->cmd - commands);
	for (int phase = 0; phase < 3; phase++) {
		int counter = phase == 2 ? 1 : phase, first = phase == 2 ? CELLS : 0;
		dawdle(t);
		for (int64_t i; (i = team_take(t, counter, first + CELLS)) >= 0;) {
			dawdle(t);
			cell[step][phase][i - first] += expected(step, phase, (int)(i - first)); // twice taken would be seen
		}
		dawdle(t);
		if (phase < 2)
			team_barrier(t);
	}
}

int main(int argc, char **argv) {
	if (argc != 4)
		return 2;
	int threads = atoi(argv[1]), runs = atoi(argv[2]);
	srand((unsigned)atoi(argv[3]));
	graft device = {.pool = pool_open(threads)};
	graft_program p = {.device = &device, .nsteps = STEPS, .planned = 1};
	p.steps = calloc(STEPS, sizeof *p.steps);
	p.counters = aligned_alloc(64, STEPS * sizeof *p.counters);
	for (int run = 0; run < runs; run++) {
		memset(cell, 0, sizeof cell);
		for (int i = 0; i < STEPS; i++) {
			waits[i] = i > 0 && rand() % 3 > 0;
			p.steps[i] = (step){.run = kernel, .waits = waits[i], .call.cmd = &commands[i]};
		}
		if (graft_run(&p, NULL, 0, NULL, 0, NULL)) {
			fprintf(stderr, "run %d was not completed\n", run);
			return 1;
		}
		for (int i = 0; i < STEPS; i++)
			for (int phase = 0; phase < 3; phase++)
				for (int k = 0; k < CELLS; k++)
					if (cell[i][phase][k] != expected(i, phase, k)) {
						fprintf(stderr, "run %d: step %d, phase %d, chunk %d is wrong\n", run, i, phase, k);
						return 1;
					}
	}
	pool_close(device.pool);
	free(p.steps);
	free(p.counters);
	return 0;
}

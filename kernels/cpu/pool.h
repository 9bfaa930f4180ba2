// A team of threads that lives as long as its device.
//
// Between programs and at barriers a thread first spins, because what it waits for is usually under a microsecond
// away, then yields, then sleeps. How long it spins follows what happened before: where spinning ended in sleep
// (another process has the core) the next spin is shorter.
#ifndef GRAFT_POOL_H
#define GRAFT_POOL_H

#include <stdatomic.h>
#include <stdint.h>

enum { PHASES = 4, MAX_THREADS = 256 };

// counters hand out the chunks of one command. A cache line a command, so that commands in flight do not disturb
// one another.
struct counters {
	_Atomic int64_t next[PHASES];
	int64_t pad[4];
};

typedef struct pool pool;

// pool_open starts threads - 1 threads (the caller of pool_run is the other one). NULL: there are no more to be had.
pool *pool_open(int threads);
void pool_close(pool *p);
int pool_threads(const pool *p);

// pool_run calls work(arg, thread) on every thread and returns when all have returned. stop is the address of a flag
// that pool_stopped follows. One caller at a time.
void pool_run(pool *p, void (*work)(void *arg, int thread), void *arg, const _Atomic int32_t *stop);

// pool_barrier returns when every thread of the run has called it.
void pool_barrier(pool *p, int thread);

// pool_stopped tells whether the stop flag was set when the last barrier was passed: every thread that asks between
// two barriers gets the same answer.
int pool_stopped(const pool *p);

#endif

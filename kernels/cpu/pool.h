// A team of threads that lives as long as its device.
//
// A program belongs to the thread that runs it; the others help as they come. Nobody waits for a thread to begin, so
// a core that another process has costs its share of the work and no more. Only at the end of a program those that
// have begun are waited for, because they may still look at it.
//
// Who waits first spins, because what it waits for is usually under a microsecond away, then yields, then sleeps. How
// long it spins follows what happened before: where spinning ended in sleep (another process has the core) the next
// spin is shorter.
#ifndef GRAFT_POOL_H
#define GRAFT_POOL_H

enum { MAX_THREADS = 256 };

typedef struct pool pool;

// pool_open starts threads - 1 threads (the caller of pool_run is the other one). NULL: there are no more to be had.
pool *pool_open(int threads);
void pool_close(pool *p);
int pool_threads(const pool *p);

// pool_serve is what a helper's thread does: it takes part in programs until the pool stops. A helper that comes after
// pool_stop leaves at once. pool_close stops as well.
void pool_serve(pool *p, int number);
void pool_stop(pool *p);

// pool_run calls work(arg, 0), and work(arg, thread) on the other threads that come before that returns, each at least
// once. It returns when all have returned. One caller at a time.
void pool_run(pool *p, void (*work)(void *arg, int thread), void *arg);

// pool_await returns when ready(arg) has been true. What makes it true is followed by pool_progress.
void pool_await(pool *p, int thread, int (*ready)(const void *arg), const void *arg);
void pool_progress(pool *p);

#endif

#include "pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "park.h"

// Nanoseconds of spinning. A barrier within a program is near; the next program may be a sampling step away.
enum { SPIN_LEAST = 2000, SPIN_BARRIER = 50000, SPIN_IDLE = 200000 };

// word is something to wait for, with the number of those asleep over it.
typedef struct {
	_Alignas(64) _Atomic uint32_t value;
	_Atomic uint32_t asleep;
} word;

typedef struct {
	_Alignas(64) int64_t spin, idle; // what this thread spins at a barrier and between programs
	pool *pool;
	pthread_t handle;
	int number;
} worker;

struct pool {
	word generation;                      // counts barriers
	word epoch;                           // counts programs; its value is quit at the end
	_Alignas(64) _Atomic uint32_t arrived; // at the barrier
	_Alignas(64) int threads, quit, stopped;
	void (*work)(void *arg, int thread);
	void *arg;
	const _Atomic int32_t *stop;
	worker workers[];
};

static inline void relax(void) {
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("yield");
#endif
}

// await returns when w is no longer old. *spin is adapted between SPIN_LEAST and most.
static void await(word *w, uint32_t old, int64_t *spin, int64_t most) {
	for (int i = 0; i < 64; i++) {
		if (atomic_load_explicit(&w->value, memory_order_acquire) != old)
			return;
		relax();
	}
	const int64_t start = park_clock(), limit = *spin;
	for (int64_t passed = 0, yielded = 0; passed < limit; passed = park_clock() - start) {
		for (int i = 0; i < 32; i++) {
			if (atomic_load_explicit(&w->value, memory_order_acquire) != old) {
				*spin = limit * 2 < most ? limit * 2 : most;
				return;
			}
			relax();
		}
		if (passed - yielded > SPIN_LEAST) { // the thread waited for may want this very core
			park_yield();
			yielded = passed;
		}
	}
	*spin = limit / 2 > SPIN_LEAST ? limit / 2 : SPIN_LEAST;
	atomic_fetch_add(&w->asleep, 1); // before the look at value in park, as change looks at asleep after its store
	while (atomic_load(&w->value) == old)
		park(&w->value, old);
	atomic_fetch_sub(&w->asleep, 1);
}

static void change(word *w) {
	atomic_fetch_add(&w->value, 1);
	if (atomic_load(&w->asleep))
		unpark(&w->value);
}

void pool_barrier(pool *p, int thread) {
	uint32_t g = atomic_load_explicit(&p->generation.value, memory_order_relaxed);
	if (atomic_fetch_add_explicit(&p->arrived, 1, memory_order_acq_rel) + 1 < (uint32_t)p->threads) {
		await(&p->generation, g, &p->workers[thread].spin, SPIN_BARRIER);
		return;
	}
	atomic_store_explicit(&p->arrived, 0, memory_order_relaxed);
	p->stopped = atomic_load_explicit(p->stop, memory_order_relaxed);
	change(&p->generation);
}

int pool_stopped(const pool *p) { return p->stopped; }
int pool_threads(const pool *p) { return p->threads; }

static void *serve(void *arg) {
	worker *w = arg;
	pool *p = w->pool;
	for (uint32_t seen = 0;; seen++) {
		await(&p->epoch, seen, &w->idle, SPIN_IDLE);
		if (p->quit)
			return NULL;
		p->work(p->arg, w->number);
		pool_barrier(p, w->number);
	}
}

void pool_run(pool *p, void (*work)(void *arg, int thread), void *arg, const _Atomic int32_t *stop) {
	p->work = work;
	p->arg = arg;
	p->stop = stop;
	p->stopped = atomic_load(stop);
	if (p->threads > 1)
		change(&p->epoch);
	work(arg, 0);
	pool_barrier(p, 0);
}

pool *pool_open(int threads) {
	size_t size = (sizeof(pool) + (size_t)threads * sizeof(worker) + 63) & ~(size_t)63;
	pool *p = aligned_alloc(64, size);
	if (!p)
		return NULL;
	memset(p, 0, size);
	p->threads = threads;
	// Signals are for the threads of the Go program.
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int started = 1;
	for (; started < threads; started++) {
		worker *w = &p->workers[started];
		*w = (worker){.spin = SPIN_BARRIER, .idle = SPIN_IDLE, .pool = p, .number = started};
		if (pthread_create(&w->handle, NULL, serve, w) != 0)
			break;
	}
	p->workers[0].spin = SPIN_BARRIER;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (started < threads) {
		p->threads = started;
		pool_close(p);
		return NULL;
	}
	return p;
}

void pool_close(pool *p) {
	if (!p)
		return;
	p->quit = 1;
	change(&p->epoch);
	for (int i = 1; i < p->threads; i++)
		pthread_join(p->workers[i].handle, NULL);
	free(p);
}

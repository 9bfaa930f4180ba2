#include "pool.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "park.h"
#include "thread.h"

// Nanoseconds of spinning. A chunk within a program is soon done; the next program may be a sampling step away.
enum { SPIN_LEAST = 2000, SPIN_CHUNK = 50000, SPIN_IDLE = 200000 };

// word is something that changes, with the number of those asleep over it.
typedef struct {
	_Alignas(64) _Atomic uint32_t value;
	_Atomic uint32_t asleep;
} word;

typedef struct {
	_Alignas(64) int64_t spin, idle; // what this thread spins for a chunk and between programs
	pool *pool;
	thread *thread;
	int number;
} worker;

// The gate of a program: the number of helpers inside, and CLOSED when no more may enter.
#define CLOSED 0x80000000u

struct pool {
	word epoch;    // counts programs
	word progress; // changes when somebody asleep may find what it waits for
	_Alignas(64) _Atomic uint32_t gate;
	_Alignas(64) int threads;
	_Atomic int quit;
	void (*work)(void *arg, int thread); // these two change only while the gate is closed and nobody is inside
	void *arg;
	worker workers[];
};

static inline void relax(void) {
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("yield");
#endif
}

// await returns when ready(arg), asleep over w at last. *spin is adapted between SPIN_LEAST and most.
static void await(word *w, int64_t *spin, int64_t most, int (*ready)(const void *arg), const void *arg) {
	for (int i = 0; i < 64; i++) {
		if (ready(arg))
			return;
		relax();
	}
	const int64_t limit = *spin;
	park_timer timer = park_timer_start();
	for (int64_t passed = 0, yielded = 0; passed < limit; passed = park_timer_passed(&timer)) {
		for (int i = 0; i < 32; i++) {
			if (ready(arg)) {
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
	atomic_fetch_add(&w->asleep, 1); // before the look at ready, as change looks at asleep after what makes it true
	for (;;) {
		uint32_t seen = atomic_load(&w->value);
		if (ready(arg))
			break;
		park(&w->value, seen);
	}
	atomic_fetch_sub(&w->asleep, 1);
}

static void wake(word *w) {
	if (!atomic_load(&w->asleep))
		return;
	atomic_fetch_add(&w->value, 1);
	unpark(&w->value);
}

void pool_await(pool *p, int thread, int (*ready)(const void *arg), const void *arg) {
	await(&p->progress, &p->workers[thread].spin, SPIN_CHUNK, ready, arg);
}

void pool_progress(pool *p) { wake(&p->progress); }

int pool_threads(const pool *p) { return p->threads; }

// begun tells a helper that there is another program than the last it saw.
typedef struct {
	pool *pool;
	uint32_t seen;
} last;
static int begun(const void *arg) {
	const last *l = arg;
	return atomic_load(&l->pool->epoch.value) != l->seen;
}

void pool_serve(pool *p, int number) {
	worker *w = &p->workers[number];
	for (last l = {p, 0};;) {
		await(&p->epoch, &w->idle, SPIN_IDLE, begun, &l);
		l.seen = atomic_load(&p->epoch.value);
		if (atomic_load(&p->quit))
			return;
		uint32_t gate = atomic_load(&p->gate);
		while (!(gate & CLOSED) && !atomic_compare_exchange_weak(&p->gate, &gate, gate + 1)) {
		}
		if (gate & CLOSED)
			continue;
		p->work(p->arg, number);
		if (atomic_fetch_sub(&p->gate, 1) == (CLOSED | 1))
			pool_progress(p);
	}
}

static int empty(const void *arg) { return atomic_load(&((pool *)arg)->gate) == CLOSED; }

void pool_run(pool *p, void (*work)(void *arg, int thread), void *arg) {
	if (p->threads == 1) {
		work(arg, 0);
		return;
	}
	p->work = work;
	p->arg = arg;
	atomic_store(&p->gate, 0);
	atomic_fetch_add(&p->epoch.value, 1);
	if (atomic_load(&p->epoch.asleep))
		unpark(&p->epoch.value);
	work(arg, 0);
	atomic_fetch_or(&p->gate, CLOSED);
	pool_await(p, 0, empty, p);
}

static void serve(void *arg) {
	worker *w = arg;
	pool_serve(w->pool, w->number);
}

pool *pool_open(int threads) {
	size_t size = (sizeof(pool) + (size_t)threads * sizeof(worker) + 63) & ~(size_t)63;
	pool *p = aligned_alloc(64, size);
	if (!p)
		return NULL;
	memset(p, 0, size);
	p->threads = threads;
	atomic_init(&p->gate, CLOSED);
	int started = 1;
	for (; started < threads; started++) {
		worker *w = &p->workers[started];
		*w = (worker){.spin = SPIN_CHUNK, .idle = SPIN_IDLE, .pool = p, .number = started};
		if (!(w->thread = thread_open(serve, w)))
			break;
	}
	p->workers[0].spin = SPIN_CHUNK;
	if (started < threads) {
		p->threads = started;
		pool_close(p);
		return NULL;
	}
	return p;
}

void pool_stop(pool *p) {
	atomic_store(&p->quit, 1);
	atomic_fetch_add(&p->epoch.value, 1);
	if (atomic_load(&p->epoch.asleep))
		unpark(&p->epoch.value);
}

void pool_close(pool *p) {
	if (!p)
		return;
	pool_stop(p);
	for (int i = 1; i < p->threads; i++)
		thread_join(p->workers[i].thread);
	free(p);
}

#include "park.h"

#include <sched.h>
#include <time.h>

#ifdef __linux__

#include <linux/futex.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

void park(_Atomic uint32_t *word, uint32_t value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, (void *)0, (void *)0, 0); }
void unpark(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, (void *)0, (void *)0, 0); }

#else

#include <pthread.h>

// One lock for all words: who parks has nothing better to do. Taking it in unpark orders the change of the word
// before or after a sleeper's look at it, so no wake-up is lost.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void park(_Atomic uint32_t *word, uint32_t value) {
	pthread_mutex_lock(&lock);
	if (atomic_load(word) == value)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}
void unpark(_Atomic uint32_t *word) {
	(void)word;
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

#endif

void park_yield(void) { sched_yield(); }

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

park_timer park_timer_start(void) { return (park_timer){now()}; }
int64_t park_timer_passed(park_timer *t) { return now() - t->at; }

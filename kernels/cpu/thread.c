#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct thread {
	pthread_t handle;
	void (*work)(void *arg);
	void *arg;
};

static void *begin(void *arg) {
	thread *t = arg;
	t->work(t->arg);
	return NULL;
}

thread *thread_open(void (*work)(void *arg), void *arg) {
	thread *t = malloc(sizeof *t);
	if (!t)
		return NULL;
	t->work = work;
	t->arg = arg;
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int failed = pthread_create(&t->handle, NULL, begin, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed) {
		free(t);
		return NULL;
	}
	return t;
}

void thread_join(thread *t) {
	pthread_join(t->handle, NULL);
	free(t);
}

// Threads of a module are the host's: it instantiates the module again over the same memory and calls graft_worker.
#include "../../cpu/thread.h"

struct thread {
	int none;
};
static thread hosts;

thread *thread_open(void (*work)(void *arg), void *arg) {
	(void)work;
	(void)arg;
	return &hosts;
}

void thread_join(thread *t) { (void)t; } // the host sees to it, between graft_stop and graft_close

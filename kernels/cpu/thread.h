// Threads of the operating system.
#ifndef GRAFT_THREAD_H
#define GRAFT_THREAD_H

typedef struct thread thread;

// thread_open starts a thread that calls work(arg). NULL: there is none to be had. Signals do not reach it: they are for
// the threads of the Go program.
thread *thread_open(void (*work)(void *arg), void *arg);

// thread_join waits for a thread's end and frees it.
void thread_join(thread *t);

#endif

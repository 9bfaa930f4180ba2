// Threads of a module. graft_open(threads, …) waits for none; each further thread of the host makes an instance of the
// module over the same memory, calls graft_worker and comes back when the device stops.
#ifndef GRAFT_WORKER_H
#define GRAFT_WORKER_H

#include "../../cpu/graft.h"

// graft_worker is helper index, 1 to threads - 1. stack is the end of memory that is this thread's own: 128 KB or more
// that graft_alloc gave, 64-byte aligned.
void graft_worker(graft *g, int index, void *stack);

// graft_stop sends the helpers out; one that comes later leaves at once. When all have left, graft_close may be called.
void graft_stop(graft *g);

#endif

// What only a module has: the way in for the host's threads, and out.
#include "worker.h"

#include "../../cpu/program.h"

void graft_stop(graft *g) { pool_stop(g->pool); }

#if defined __wasm_atomics__

// Every instance of the module has a stack pointer of its own, that starts where the first one's does.
__asm__(".globaltype __stack_pointer, i32\n"
		".functype graft_serve (i32, i32) -> ()\n"
		".globl graft_worker\n"
		".type graft_worker,@function\n"
		"graft_worker:\n"
		".functype graft_worker (i32, i32, i32) -> ()\n"
		"local.get 2\n"
		"global.set __stack_pointer\n"
		"local.get 0\n"
		"local.get 1\n"
		"call graft_serve\n"
		"end_function\n");

__attribute__((used)) void graft_serve(graft *g, int index) { pool_serve(g->pool, index); }

#endif

// The kernels of each instruction set, and which set this machine runs.
#ifndef GRAFT_DISPATCH_H
#define GRAFT_DISPATCH_H

#include "kernel.h"

// Instruction sets, each able to run what those before it can.
#if defined __wasm__
enum { ISA_SET_WASM, ISA_SETS }; // a module is built for one set
#else
enum { ISA_SET_GENERIC, ISA_SET_AVX2, ISA_SET_AVX512, ISA_SETS };
#endif

extern const char *const isa_names[ISA_SETS];

// isa_best is the best set the processor and the operating system have, without regard to the environment.
int isa_best(void);

// kernel_for is the kernel of an op, NULL if there is none; kernel_scratch its need of scratch, NULL for none.
kernel_fn *kernel_for(int op, int isa);
scratch_fn *kernel_scratch(int op, int isa);

// kernel_leaves_out tells whether a kernel of op may be given NULL for result number out when nothing reads it.
int kernel_leaves_out(int op, int out);

#endif

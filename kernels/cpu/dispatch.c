#include "dispatch.h"

#include <stddef.h>

#if defined __wasm_relaxed_simd__
const char *const isa_names[ISA_SETS] = {"relaxed"};
#elif defined __wasm__
const char *const isa_names[ISA_SETS] = {"simd128"};
#else
const char *const isa_names[ISA_SETS] = {"generic", "avx2", "avx512"};
#endif

#if defined __wasm__
#define EACH_ISA(X, name) X(name##_wasm)
#define DECLARE_EACH(type, name) type name##_wasm;
#elif defined __x86_64__
#define EACH_ISA(X, name) X(name##_generic), X(name##_avx2), X(name##_avx512)
#define DECLARE_EACH(type, name) type name##_generic, name##_avx2, name##_avx512;
#else
#define EACH_ISA(X, name) X(name##_generic)
#define DECLARE_EACH(type, name) type name##_generic;
#endif

#define SAME(x) x

// Every op has a kernel of its name in every instruction set.
#define DECLARE_KERNEL(code, name) DECLARE_EACH(kernel_fn, name)
GRAFT_OPS(DECLARE_KERNEL)

static kernel_fn *const kernels[OP_COUNT][ISA_SETS] = {
#define KERNEL(code, name) [code] = {EACH_ISA(SAME, name)},
	GRAFT_OPS(KERNEL)
#undef KERNEL
};

// The ops whose kernels need scratch memory: X(code, name) stands for name_scratch_<isa>.
#define SCRATCHES(X) \
	X(OP_SUM, sum) \
	X(OP_MATMUL, matmul) \
	X(OP_LORA, lora) \
	X(OP_RMSNORM_GRAD, rmsnorm_grad) \
	X(OP_LAYERNORM_GRAD, layernorm_grad) \
	X(OP_ROPE, rope) \
	X(OP_ATTENTION, attention) \
	X(OP_ATTENTION_GRAD, attention_grad) \
	X(OP_LINEAR_CROSS_ENTROPY, linear_cross_entropy) \
	X(OP_LINEAR_CROSS_ENTROPY_GRAD_W, linear_cross_entropy_grad_w) \
	X(OP_CAST, cast) \
	X(OP_SUM_SQUARES, sum_squares)

#define DECLARE_SCRATCH(code, name) DECLARE_EACH(scratch_fn, name##_scratch)
SCRATCHES(DECLARE_SCRATCH)

static scratch_fn *const scratches[OP_COUNT][ISA_SETS] = {
#define SCRATCH(code, name) [code] = {EACH_ISA(SAME, name##_scratch)},
	SCRATCHES(SCRATCH)
#undef SCRATCH
};

// Bit i: the kernel does without result i when it is not wanted.
static const uint8_t leaves_out[OP_COUNT] = {
	[OP_RMSNORM_GRAD] = 2,
	[OP_LAYERNORM_GRAD] = 2 | 4,
	[OP_ATTENTION] = 2,
	[OP_LINEAR_CROSS_ENTROPY] = 2,
};

kernel_fn *kernel_for(int op, int isa) { return kernels[op][isa]; }
scratch_fn *kernel_scratch(int op, int isa) { return scratches[op][isa]; }
int kernel_leaves_out(int op, int out) { return leaves_out[op] >> out & 1; }

int isa_best(void) {
#if defined GRAFT_SIMDE
	return ISA_SET_AVX512; // emulated
#elif defined __x86_64__
	__builtin_cpu_init(); // it looks at the operating system's support, too
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
		return ISA_SET_GENERIC;
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
		return ISA_SET_AVX512;
	return ISA_SET_AVX2;
#else
	return 0;
#endif
}

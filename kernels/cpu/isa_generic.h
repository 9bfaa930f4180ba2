// No instruction set assumed: vectors of 4 lanes in gcc's and clang's vector extensions, which become SSE2 on amd64,
// NEON on arm64, and plain code elsewhere. See simd.h for what each name means.
#ifndef GRAFT_ISA
#define GRAFT_ISA generic
#define ISA_GENERIC 1
#define ISA_NAME(f) f##_generic

#include <stdint.h>
#include <string.h>

#include "kernel.h"

#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#define VL 4
#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef uint32_t vu __attribute__((vector_size(16)));
typedef vi vm; // all bits of a chosen lane are set

INLINE vi vi_set1(int32_t x) { return (vi){x, x, x, x}; }
INLINE vi vi_iota(void) { return (vi){0, 1, 2, 3}; }
INLINE vi vi_load(const void *p) { vi v; memcpy(&v, p, 16); return v; }
INLINE void vi_store(void *p, vi v) { memcpy(p, &v, 16); }
INLINE vi vi_add(vi a, vi b) { return (vi)((vu)a + (vu)b); }
INLINE vi vi_sub(vi a, vi b) { return (vi)((vu)a - (vu)b); }
INLINE vi vi_mul(vi a, vi b) { return (vi)((vu)a * (vu)b); }
INLINE vi vi_and(vi a, vi b) { return a & b; }
INLINE vi vi_or(vi a, vi b) { return a | b; }
INLINE vi vi_xor(vi a, vi b) { return a ^ b; }
#define vi_shl(v, n) ((vi)((vu)(v) << (n)))
#define vi_shr(v, n) ((vi)((vu)(v) >> (n)))
#define vi_sar(v, n) ((v) >> (n))
INLINE vm vi_gt(vi a, vi b) { return a > b; }
INLINE vm vi_eq(vi a, vi b) { return a == b; }
INLINE vi vi_sel(vm m, vi a, vi b) { return (m & a) | (~m & b); }
INLINE vf vf_cast(vi v) { return (vf)v; }
INLINE vi vi_cast(vf v) { return (vi)v; }

INLINE vm vm_first(int n) { return vi_iota() < vi_set1(n); }
INLINE vm vm_and(vm a, vm b) { return a & b; }
INLINE vm vm_or(vm a, vm b) { return a | b; }
INLINE int vm_any(vm a) { return (a[0] | a[1] | a[2] | a[3]) != 0; }

INLINE vf vf_zero(void) { return (vf){0, 0, 0, 0}; }
INLINE vf vf_set1(float x) { return (vf){x, x, x, x}; }
INLINE vf vf_load(const float *p) { vf v; memcpy(&v, p, 16); return v; }
INLINE void vf_store(float *p, vf v) { memcpy(p, &v, 16); }
INLINE vf vf_load_n(const float *p, int n) {
	float t[VL] = {0};
	for (int i = 0; i < VL && i < n; i++)
		t[i] = p[i];
	return vf_load(t);
}
INLINE void vf_store_n(float *p, vf v, int n) {
	for (int i = 0; i < VL && i < n; i++)
		p[i] = v[i];
}

INLINE vf vf_add(vf a, vf b) { return a + b; }
INLINE vf vf_sub(vf a, vf b) { return a - b; }
INLINE vf vf_mul(vf a, vf b) { return a * b; }
INLINE vf vf_div(vf a, vf b) { return a / b; }
INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
INLINE vf vf_fnma(vf a, vf b, vf c) { return c - a * b; }
INLINE vf vf_sel(vm m, vf a, vf b) { return vf_cast(vi_sel(m, vi_cast(a), vi_cast(b))); }
INLINE vm vf_lt(vf a, vf b) { return a < b; }
INLINE vm vf_le(vf a, vf b) { return a <= b; }
INLINE vm vf_eq(vf a, vf b) { return a == b; }
INLINE vf vf_min(vf a, vf b) { return vf_sel(a < b, a, b); }
INLINE vf vf_max(vf a, vf b) { return vf_sel(a > b, a, b); }
INLINE vf vf_abs(vf a) { return vf_cast(vi_cast(a) & vi_set1(0x7fffffff)); }
INLINE vf vf_neg(vf a) { return -a; }
INLINE float f32_sqrt(float x) { return __builtin_sqrtf(x); }
INLINE vf vf_sqrt(vf a) { return (vf){f32_sqrt(a[0]), f32_sqrt(a[1]), f32_sqrt(a[2]), f32_sqrt(a[3])}; }
INLINE vf vf_round(vf a) { // below 2²³ adding and taking 1.5·2²³ rounds to the nearest even; above, a is whole
	const vf big = vf_set1(12582912.0f);
	return vf_sel(vf_lt(vf_abs(a), vf_set1(4194304.0f)), (a + big) - big, a);
}

INLINE float vf_sum(vf v) { return (v[0] + v[2]) + (v[1] + v[3]); }
INLINE float f32_max2(float a, float b) { return a > b ? a : b; }
INLINE float vf_hmax(vf v) { return f32_max2(f32_max2(v[0], v[2]), f32_max2(v[1], v[3])); }
// vf_sums4 writes the sums of four vectors.
INLINE void vf_sums4(float *y, vf a, vf b, vf c, vf d) {
	y[0] = vf_sum(a);
	y[1] = vf_sum(b);
	y[2] = vf_sum(c);
	y[3] = vf_sum(d);
}
INLINE void vf_transpose(vf r[VL]) {
	vf a = r[0], b = r[1], c = r[2], d = r[3];
	for (int i = 0; i < VL; i++)
		r[i] = (vf){a[i], b[i], c[i], d[i]};
}

INLINE vf vf_from_vi(vi v) { return __builtin_convertvector(v, vf); }
INLINE vi vi_from_vf(vf v) { return __builtin_convertvector(vf_round(v), vi); }

INLINE vf vf_scale2(vf x, vf n) { // two steps, so that 2ⁿ itself need not be representable
	vi i = vi_from_vf(n), h = vi_sar(i, 1);
	vf a = vf_cast(vi_shl(vi_add(h, vi_set1(127)), 23)), b = vf_cast(vi_shl(vi_add(vi_sub(i, h), vi_set1(127)), 23));
	return x * a * b;
}

INLINE vi vi_load_u16(const uint16_t *p) { return (vi){p[0], p[1], p[2], p[3]}; }
INLINE void vi_store_u16(uint16_t *p, vi v) {
	for (int i = 0; i < VL; i++)
		p[i] = (uint16_t)v[i];
}
INLINE vf vf_load_bf16(const uint16_t *p) { return vf_cast(vi_shl(vi_load_u16(p), 16)); }
INLINE vf vf_load_f16(const uint16_t *p) { // the exponent moves by 112; 2⁻¹⁴ off again makes subnormals right
	vi h = vi_load_u16(p), e = vi_and(h, vi_set1(0x7c00));
	vi v = vi_add(vi_shl(vi_and(h, vi_set1(0x7fff)), 13), vi_set1(112 << 23));
	vi inf = vi_add(v, vi_set1(112 << 23));
	vi sub = vi_cast(vf_sub(vf_cast(vi_add(v, vi_set1(1 << 23))), vf_cast(vi_set1(113 << 23))));
	v = vi_sel(vi_eq(e, vi_set1(0x7c00)), inf, vi_sel(vi_eq(e, vi_set1(0)), sub, v));
	return vf_cast(vi_or(v, vi_shl(vi_and(h, vi_set1(0x8000)), 16)));
}
INLINE void vf_store_f16(uint16_t *p, vf x) { // nearest, ties to even
	vi b = vi_cast(x), sign = vi_and(vi_shr(b, 16), vi_set1(0x8000));
	b = vi_and(b, vi_set1(0x7fffffff));
	vi odd = vi_and(vi_shr(b, 13), vi_set1(1));
	vi normal = vi_shr(vi_add(vi_sub(b, vi_set1(0x38000000 - 0xfff)), odd), 13);
	vi small = vi_sub(vi_cast(vf_add(vf_cast(b), vf_set1(0.5f))), vi_set1(0x3f000000));
	vi nan = vi_or(vi_set1(0x7e00), vi_and(vi_shr(b, 13), vi_set1(0x3ff)));
	vi h = vi_sel(vi_gt(vi_set1(0x38800000), b), small, normal);
	h = vi_sel(vi_gt(b, vi_set1(0x477fefff)), vi_set1(0x7c00), h);
	h = vi_sel(vi_gt(b, vi_set1(0x7f800000)), nan, h);
	vi_store_u16(p, vi_or(h, sign));
}
INLINE vi vi_load_i8(const int8_t *p) { return (vi){p[0], p[1], p[2], p[3]}; }
INLINE vf vf_load_i8(const int8_t *p) { return vf_from_vi(vi_load_i8(p)); }
INLINE void vi_store_i8(int8_t *p, vi v) {
	for (int i = 0; i < VL; i++)
		p[i] = (int8_t)v[i];
}

#endif

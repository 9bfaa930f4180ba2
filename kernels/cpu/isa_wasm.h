// The instruction set of WebAssembly: 128-bit SIMD, with -mrelaxed-simd also fused multiply-add and 8-bit products.
// Vectors of 4 lanes. See simd.h for what each name means; kernels/wasm builds the families with it.
#ifndef GRAFT_ISA
#define GRAFT_ISA wasm
#define ISA_WASM 1
#define ISA_NAME(f) f##_wasm

#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>

#include "kernel.h"

#pragma STDC FP_CONTRACT OFF

#define VL 4
#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef vi vm; // all bits of a chosen lane are set

INLINE vi vi_set1(int32_t x) { return (vi)wasm_i32x4_splat(x); }
INLINE vi vi_iota(void) { return (vi){0, 1, 2, 3}; }
INLINE vi vi_load(const void *p) { return (vi)wasm_v128_load(p); }
INLINE void vi_store(void *p, vi v) { wasm_v128_store(p, v); }
INLINE vi vi_add(vi a, vi b) { return wasm_i32x4_add(a, b); }
INLINE vi vi_sub(vi a, vi b) { return wasm_i32x4_sub(a, b); }
INLINE vi vi_mul(vi a, vi b) { return wasm_i32x4_mul(a, b); }
INLINE vi vi_and(vi a, vi b) { return a & b; }
INLINE vi vi_or(vi a, vi b) { return a | b; }
INLINE vi vi_xor(vi a, vi b) { return a ^ b; }
#define vi_shl(v, n) ((vi)wasm_i32x4_shl(v, n))
#define vi_shr(v, n) ((vi)wasm_u32x4_shr(v, n))
#define vi_sar(v, n) ((vi)wasm_i32x4_shr(v, n))
INLINE vm vi_gt(vi a, vi b) { return a > b; }
INLINE vm vi_eq(vi a, vi b) { return a == b; }
INLINE vi vi_sel(vm m, vi a, vi b) { return (vi)wasm_v128_bitselect(a, b, m); }
INLINE vf vf_cast(vi v) { return (vf)v; }
INLINE vi vi_cast(vf v) { return (vi)v; }

INLINE vm vm_first(int n) { return vi_iota() < vi_set1(n); }
INLINE vm vm_and(vm a, vm b) { return a & b; }
INLINE vm vm_or(vm a, vm b) { return a | b; }
INLINE int vm_any(vm a) { return wasm_v128_any_true(a); }

INLINE vf vf_zero(void) { return (vf){0, 0, 0, 0}; }
INLINE vf vf_set1(float x) { return (vf)wasm_f32x4_splat(x); }
INLINE vf vf_load(const float *p) { return (vf)wasm_v128_load(p); }
INLINE void vf_store(float *p, vf v) { wasm_v128_store(p, (v128_t)v); }
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
#if defined __wasm_relaxed_simd__ // fused wherever the processor can, which is every one with FMA3 or NEON
INLINE vf vf_fma(vf a, vf b, vf c) { return (vf)wasm_f32x4_relaxed_madd((v128_t)a, (v128_t)b, (v128_t)c); }
INLINE vf vf_fnma(vf a, vf b, vf c) { return (vf)wasm_f32x4_relaxed_nmadd((v128_t)a, (v128_t)b, (v128_t)c); }
#else
INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
INLINE vf vf_fnma(vf a, vf b, vf c) { return c - a * b; }
#endif
INLINE vf vf_sel(vm m, vf a, vf b) { return (vf)wasm_v128_bitselect((v128_t)a, (v128_t)b, m); }
INLINE vm vf_lt(vf a, vf b) { return a < b; }
INLINE vm vf_le(vf a, vf b) { return a <= b; }
INLINE vm vf_eq(vf a, vf b) { return a == b; }
INLINE vf vf_min(vf a, vf b) { return (vf)wasm_f32x4_pmin((v128_t)b, (v128_t)a); } // a < b ? a : b
INLINE vf vf_max(vf a, vf b) { return (vf)wasm_f32x4_pmax((v128_t)b, (v128_t)a); }
INLINE vf vf_abs(vf a) { return (vf)wasm_f32x4_abs((v128_t)a); }
INLINE vf vf_neg(vf a) { return (vf)wasm_f32x4_neg((v128_t)a); }
INLINE float f32_sqrt(float x) { return __builtin_sqrtf(x); }
INLINE vf vf_sqrt(vf a) { return (vf)wasm_f32x4_sqrt((v128_t)a); }
INLINE vf vf_round(vf a) { return (vf)wasm_f32x4_nearest((v128_t)a); }

INLINE float vf_sum(vf v) {
	v += __builtin_shufflevector(v, v, 2, 3, 0, 1);
	return v[0] + v[1];
}
INLINE float vf_hmax(vf v) {
	v = vf_max(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));
	return vf_max(v, __builtin_shufflevector(v, v, 1, 0, 3, 2))[0];
}
INLINE void vf_transpose(vf r[VL]) {
	vf a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
	vf c = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
	r[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
	r[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
	r[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
	r[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}
// vf_sums4 writes the sums of four vectors.
INLINE void vf_sums4(float *y, vf a, vf b, vf c, vf d) {
	vf r[VL] = {a, b, c, d};
	vf_transpose(r);
	vf_store(y, (r[0] + r[2]) + (r[1] + r[3]));
}

INLINE vf vf_from_vi(vi v) { return (vf)wasm_f32x4_convert_i32x4(v); }
INLINE vi vi_from_vf(vf v) { return wasm_i32x4_trunc_sat_f32x4((v128_t)vf_round(v)); }

INLINE vf vf_scale2(vf x, vf n) { // two steps, so that 2ⁿ itself need not be representable
	// adding 1.5·2²³ leaves a whole number in the low bits
	vi i = vi_sub(vi_cast(vf_add(n, vf_set1(12582912.0f))), vi_set1(0x4b400000)), h = vi_sar(i, 1);
	vf a = vf_cast(vi_shl(vi_add(h, vi_set1(127)), 23)), b = vf_cast(vi_shl(vi_add(vi_sub(i, h), vi_set1(127)), 23));
	return x * a * b;
}

INLINE vi vi_load_u16(const uint16_t *p) { return (vi)wasm_u32x4_load16x4(p); }
INLINE void vi_store_u16(uint16_t *p, vi v) { // values 0 to 65535
	v = wasm_i8x16_shuffle(v, v, 0, 1, 4, 5, 8, 9, 12, 13, 0, 1, 4, 5, 8, 9, 12, 13);
	wasm_v128_store64_lane(p, v, 0);
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
INLINE vi vi_load_i8(const int8_t *p) {
	return wasm_i32x4_extend_low_i16x8(wasm_i16x8_extend_low_i8x16(wasm_v128_load32_zero(p)));
}
INLINE vf vf_load_i8(const int8_t *p) { return vf_from_vi(vi_load_i8(p)); }
INLINE void vi_store_i8(int8_t *p, vi v) { // values -128 to 127
	v = wasm_i8x16_shuffle(v, v, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
	wasm_v128_store32_lane(p, v, 0);
}

#endif

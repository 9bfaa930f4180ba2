// The instruction set AVX-512 (F, BW, DQ, VL, VNNI): names, target and vectors of 16 lanes. See simd.h for what each
// name means. With GRAFT_SIMDE defined the intrinsics are emulated, to test this path on a machine without it.
#ifndef GRAFT_ISA
#define GRAFT_ISA avx512
#define ISA_AVX512 1
#define ISA_NAME(f) f##_avx512

#ifdef GRAFT_SIMDE
#include "ctest/simde512.h"
#else
#include <immintrin.h>
#endif
#include <stdint.h>
#include <string.h>

#include "kernel.h"

#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#endif
#ifndef GRAFT_SIMDE
#if defined __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,prefer-vector-width=512")
#endif
#endif

#define VL 16
#define INLINE static inline __attribute__((always_inline, unused))

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

INLINE vm vm_first(int n) { return n >= 16 ? 0xffff : (vm)((1u << n) - 1); }
INLINE vm vm_and(vm a, vm b) { return a & b; }
INLINE vm vm_or(vm a, vm b) { return a | b; }
INLINE int vm_any(vm a) { return a != 0; }

INLINE vf vf_zero(void) { return _mm512_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm512_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
INLINE vf vf_load_n(const float *p, int n) { return _mm512_maskz_loadu_ps(vm_first(n), p); }
INLINE void vf_store_n(float *p, vf v, int n) { _mm512_mask_storeu_ps(p, vm_first(n), v); }

INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
INLINE vf vf_cast(vi v) { return _mm512_castsi512_ps(v); }
INLINE vi vi_cast(vf v) { return _mm512_castps_si512(v); }
INLINE vf vf_abs(vf a) { return vf_cast(_mm512_and_epi32(vi_cast(a), _mm512_set1_epi32(0x7fffffff))); }
INLINE vf vf_neg(vf a) { return vf_cast(_mm512_xor_epi32(vi_cast(a), _mm512_set1_epi32((int)0x80000000))); }
INLINE vf vf_round(vf a) { return _mm512_roundscale_ps(a, 0); }

INLINE vm vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
INLINE vm vf_le(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
INLINE vm vf_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
INLINE vf vf_sel(vm m, vf a, vf b) { return _mm512_mask_mov_ps(b, m, a); }

INLINE __m256 vf_high(vf v) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)); }
INLINE float vf_sum(vf v) {
	__m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), vf_high(v));
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
INLINE float vf_hmax(vf v) {
	__m256 h = _mm256_max_ps(_mm512_castps512_ps256(v), vf_high(v));
	__m128 s = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
	s = _mm_max_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
// vf_sums4 writes the sums of four vectors.
INLINE void vf_sums4(float *y, vf a, vf b, vf c, vf d) {
	__m256 p = _mm256_add_ps(_mm512_castps512_ps256(a), vf_high(a)), q = _mm256_add_ps(_mm512_castps512_ps256(b), vf_high(b));
	__m256 r = _mm256_add_ps(_mm512_castps512_ps256(c), vf_high(c)), u = _mm256_add_ps(_mm512_castps512_ps256(d), vf_high(d));
	__m256 s = _mm256_hadd_ps(_mm256_hadd_ps(p, q), _mm256_hadd_ps(r, u));
	_mm_storeu_ps(y, _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1)));
}
INLINE void vf_transpose(vf r[VL]) {
	vf a[16], b[16];
	for (int i = 0; i < 16; i += 2) {
		a[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
		a[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
	}
	for (int i = 0; i < 16; i += 4) // each 128-bit lane of b[i..i+4) has four rows of one column
		for (int j = 0; j < 2; j++) {
			b[i + 2 * j] = _mm512_shuffle_ps(a[i + j], a[i + 2 + j], 0x44);
			b[i + 2 * j + 1] = _mm512_shuffle_ps(a[i + j], a[i + 2 + j], 0xee);
		}
	for (int i = 0; i < 4; i++) {
		vf lo = _mm512_shuffle_f32x4(b[i], b[i + 4], 0x88), hi = _mm512_shuffle_f32x4(b[i], b[i + 4], 0xdd);
		vf lo2 = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0x88), hi2 = _mm512_shuffle_f32x4(b[i + 8], b[i + 12], 0xdd);
		r[i] = _mm512_shuffle_f32x4(lo, lo2, 0x88);
		r[i + 8] = _mm512_shuffle_f32x4(lo, lo2, 0xdd);
		r[i + 4] = _mm512_shuffle_f32x4(hi, hi2, 0x88);
		r[i + 12] = _mm512_shuffle_f32x4(hi, hi2, 0xdd);
	}
}

INLINE vi vi_set1(int32_t x) { return _mm512_set1_epi32(x); }
INLINE vi vi_iota(void) { return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
INLINE vi vi_load(const void *p) { return _mm512_loadu_si512(p); }
INLINE void vi_store(void *p, vi v) { _mm512_storeu_si512(p, v); }
INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
INLINE vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return _mm512_mullo_epi32(a, b); }
INLINE vi vi_and(vi a, vi b) { return _mm512_and_epi32(a, b); }
INLINE vi vi_or(vi a, vi b) { return _mm512_or_epi32(a, b); }
INLINE vi vi_xor(vi a, vi b) { return _mm512_xor_epi32(a, b); }
#define vi_shl(v, n) _mm512_slli_epi32(v, n)
#define vi_shr(v, n) _mm512_srli_epi32(v, n)
#define vi_sar(v, n) _mm512_srai_epi32(v, n)
INLINE vm vi_gt(vi a, vi b) { return _mm512_cmpgt_epi32_mask(a, b); }
INLINE vm vi_eq(vi a, vi b) { return _mm512_cmpeq_epi32_mask(a, b); }
INLINE vi vi_sel(vm m, vi a, vi b) { return _mm512_mask_mov_epi32(b, m, a); }
INLINE vf vf_from_vi(vi v) { return _mm512_cvtepi32_ps(v); }
INLINE vi vi_from_vf(vf v) { return _mm512_cvtps_epi32(v); }

INLINE vf vf_scale2(vf x, vf n) { return _mm512_scalef_ps(x, n); }

INLINE vf vf_load_f16(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
INLINE void vf_store_f16(uint16_t *p, vf v) { _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)); }
INLINE vf vf_load_bf16(const uint16_t *p) {
	return vf_cast(vi_shl(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
INLINE void vi_store_u16(uint16_t *p, vi v) { _mm256_storeu_si256((__m256i *)p, _mm512_cvtepi32_epi16(v)); }
INLINE vi vi_load_i8(const int8_t *p) { return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)); }
INLINE vf vf_load_i8(const int8_t *p) { return vf_from_vi(vi_load_i8(p)); }
INLINE void vi_store_i8(int8_t *p, vi v) { _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(v)); }

INLINE float f32_sqrt(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

#endif

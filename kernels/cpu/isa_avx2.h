// The instruction set AVX2 + FMA + F16C: names, target and vectors of 8 lanes. See simd.h for what each name means.
#ifndef GRAFT_ISA
#define GRAFT_ISA avx2
#define ISA_AVX2 1
#define ISA_NAME(f) f##_avx2

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,f16c")
#endif

#define VL 8
#define INLINE static inline __attribute__((always_inline, unused))

typedef __m256 vf;
typedef __m256i vi;
typedef __m256 vm; // all bits of a chosen lane are set

INLINE vm vm_first(int n) {
	return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}
INLINE vm vm_and(vm a, vm b) { return _mm256_and_ps(a, b); }
INLINE vm vm_or(vm a, vm b) { return _mm256_or_ps(a, b); }
INLINE int vm_any(vm a) { return _mm256_movemask_ps(a) != 0; }

INLINE vf vf_zero(void) { return _mm256_setzero_ps(); }
INLINE vf vf_set1(float x) { return _mm256_set1_ps(x); }
INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
INLINE vf vf_load_n(const float *p, int n) { return _mm256_maskload_ps(p, _mm256_castps_si256(vm_first(n))); }
INLINE void vf_store_n(float *p, vf v, int n) { _mm256_maskstore_ps(p, _mm256_castps_si256(vm_first(n)), v); }

INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
INLINE vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
INLINE vf vf_neg(vf a) { return _mm256_xor_ps(_mm256_set1_ps(-0.0f), a); }
INLINE vf vf_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }

INLINE vm vf_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
INLINE vm vf_le(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
INLINE vm vf_eq(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
INLINE vf vf_sel(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }

INLINE float vf_sum(vf v) {
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
INLINE float vf_hmax(vf v) {
	__m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	s = _mm_max_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
// vf_sums4 writes the sums of four vectors.
INLINE void vf_sums4(float *y, vf a, vf b, vf c, vf d) {
	__m256 s = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
	_mm_storeu_ps(y, _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1)));
}
INLINE void vf_transpose(vf r[VL]) {
	vf a[8], b[8];
	for (int i = 0; i < 8; i += 2) {
		a[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		a[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
	}
	for (int i = 0; i < 8; i += 4) {
		b[i] = _mm256_shuffle_ps(a[i], a[i + 2], 0x44);
		b[i + 1] = _mm256_shuffle_ps(a[i], a[i + 2], 0xee);
		b[i + 2] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0x44);
		b[i + 3] = _mm256_shuffle_ps(a[i + 1], a[i + 3], 0xee);
	}
	for (int i = 0; i < 4; i++) {
		r[i] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x20);
		r[i + 4] = _mm256_permute2f128_ps(b[i], b[i + 4], 0x31);
	}
}

INLINE vi vi_set1(int32_t x) { return _mm256_set1_epi32(x); }
INLINE vi vi_iota(void) { return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7); }
INLINE vi vi_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE void vi_store(void *p, vi v) { _mm256_storeu_si256((__m256i *)p, v); }
INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
INLINE vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
INLINE vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }
INLINE vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
INLINE vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
INLINE vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
#define vi_shl(v, n) _mm256_slli_epi32(v, n)
#define vi_shr(v, n) _mm256_srli_epi32(v, n)
#define vi_sar(v, n) _mm256_srai_epi32(v, n)
INLINE vm vi_gt(vi a, vi b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b)); }
INLINE vm vi_eq(vi a, vi b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }
INLINE vi vi_sel(vm m, vi a, vi b) { return _mm256_blendv_epi8(b, a, _mm256_castps_si256(m)); }
INLINE vf vf_from_vi(vi v) { return _mm256_cvtepi32_ps(v); }
INLINE vi vi_from_vf(vf v) { return _mm256_cvtps_epi32(v); }
INLINE vf vf_cast(vi v) { return _mm256_castsi256_ps(v); }
INLINE vi vi_cast(vf v) { return _mm256_castps_si256(v); }

INLINE vf vf_scale2(vf x, vf n) { // two steps, so that 2ⁿ itself need not be representable
	vi i = vi_from_vf(n), h = vi_sar(i, 1);
	vf a = vf_cast(vi_shl(vi_add(h, vi_set1(127)), 23)), b = vf_cast(vi_shl(vi_add(vi_sub(i, h), vi_set1(127)), 23));
	return vf_mul(vf_mul(x, a), b);
}

INLINE vf vf_load_f16(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
INLINE void vf_store_f16(uint16_t *p, vf v) { _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)); }
INLINE vf vf_load_bf16(const uint16_t *p) {
	return vf_cast(vi_shl(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16));
}
INLINE void vi_store_u16(uint16_t *p, vi v) { // values 0 to 65535
	__m256i w = _mm256_permute4x64_epi64(_mm256_packus_epi32(v, v), 0x08);
	_mm_storeu_si128((__m128i *)p, _mm256_castsi256_si128(w));
}
INLINE vi vi_load_i8(const int8_t *p) { return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
INLINE vf vf_load_i8(const int8_t *p) { return vf_from_vi(vi_load_i8(p)); }
INLINE void vi_store_i8(int8_t *p, vi v) { // values -128 to 127
	__m128i w = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	_mm_storel_epi64((__m128i *)p, _mm_packs_epi16(w, w));
}

INLINE float f32_sqrt(float x) { return _mm_cvtss_f32(_mm_sqrt_ss(_mm_set_ss(x))); }

#endif

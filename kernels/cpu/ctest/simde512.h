// AVX-512 on a processor without it: SIMDe's emulation, and plain loops for what Debian's version of it (0.7.4) lacks.
// For tests of what the kernels compute; it says nothing of their speed. Compile with -mavx2 -mfma -mf16c.
#ifndef GRAFT_SIMDE512_H
#define GRAFT_SIMDE512_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#define EMULATED static inline __attribute__((always_inline, unused))

// lanes16 is a register as arrays.
typedef union {
	__m512 f;
	__m512i i;
	float f32[16];
	int32_t i32[16];
	uint8_t bytes[64];
	__m256i half[2];
	__m256 halff[2];
} lanes16;

EMULATED __m512 emulated_maskz_loadu_ps(__mmask16 m, const void *p) {
	lanes16 r = {.i32 = {0}};
	for (int i = 0; i < 16; i++)
		if (m >> i & 1)
			memcpy(&r.f32[i], (const float *)p + i, 4);
	return r.f;
}
EMULATED void emulated_mask_storeu_ps(void *p, __mmask16 m, __m512 v) {
	lanes16 r = {.f = v};
	for (int i = 0; i < 16; i++)
		if (m >> i & 1)
			memcpy((float *)p + i, &r.f32[i], 4);
}
EMULATED __m512 emulated_cvtph_ps(__m256i v) {
	lanes16 r;
	r.halff[0] = _mm256_cvtph_ps(_mm256_castsi256_si128(v));
	r.halff[1] = _mm256_cvtph_ps(_mm256_extracti128_si256(v, 1));
	return r.f;
}
#define emulated_cvtps_ph(v, mode) \
	__extension__({ \
		lanes16 r_ = {.f = (v)}; \
		_mm256_set_m128i(_mm256_cvtps_ph(r_.halff[1], mode), _mm256_cvtps_ph(r_.halff[0], mode)); \
	})
EMULATED __m512i emulated_cvtepu16_epi32(__m256i v) {
	lanes16 r;
	r.half[0] = _mm256_cvtepu16_epi32(_mm256_castsi256_si128(v));
	r.half[1] = _mm256_cvtepu16_epi32(_mm256_extracti128_si256(v, 1));
	return r.i;
}
EMULATED __m512i emulated_cvtepi8_epi32(__m128i v) {
	lanes16 r;
	r.half[0] = _mm256_cvtepi8_epi32(v);
	r.half[1] = _mm256_cvtepi8_epi32(_mm_srli_si128(v, 8));
	return r.i;
}
EMULATED __m256i emulated_cvtepi32_epi16(__m512i v) {
	lanes16 r = {.i = v};
	union {
		__m256i v;
		int16_t i16[16];
	} o;
	for (int i = 0; i < 16; i++)
		o.i16[i] = (int16_t)r.i32[i];
	return o.v;
}
EMULATED __m128i emulated_cvtepi32_epi8(__m512i v) {
	lanes16 r = {.i = v};
	union {
		__m128i v;
		int8_t i8[16];
	} o;
	for (int i = 0; i < 16; i++)
		o.i8[i] = (int8_t)r.i32[i];
	return o.v;
}
EMULATED __m512 emulated_cvtepi32_ps(__m512i v) {
	lanes16 r = {.i = v};
	r.halff[0] = _mm256_cvtepi32_ps(r.half[0]);
	r.halff[1] = _mm256_cvtepi32_ps(r.half[1]);
	return r.f;
}
EMULATED __m512i emulated_cvtps_epi32(__m512 v) {
	lanes16 r = {.f = v};
	r.half[0] = _mm256_cvtps_epi32(r.halff[0]);
	r.half[1] = _mm256_cvtps_epi32(r.halff[1]);
	return r.i;
}
EMULATED __m512i emulated_srai_epi32(__m512i v, int n) {
	lanes16 r = {.i = v};
	r.half[0] = _mm256_srai_epi32(r.half[0], n);
	r.half[1] = _mm256_srai_epi32(r.half[1], n);
	return r.i;
}
EMULATED __m512 emulated_shuffle_f32x4(__m512 a, __m512 b, int s) {
	lanes16 x = {.f = a}, y = {.f = b}, r;
	for (int i = 0; i < 4; i++)
		memcpy(r.bytes + i * 16, (i < 2 ? x.bytes : y.bytes) + (s >> 2 * i & 3) * 16, 16);
	return r.f;
}
// SIMDe has _mm512_scalef_ps, but its 2ⁿ overflows where the product does not.
EMULATED __m512 emulated_scalef_ps(__m512 x, __m512 n) {
	lanes16 a = {.f = x}, b = {.f = n};
	for (int i = 0; i < 16; i++) {
		int whole = b.f32[i] != b.f32[i] ? 0 : b.f32[i] > 300 ? 300 : b.f32[i] < -300 ? -300 : (int)b.f32[i];
		a.f32[i] = b.f32[i] != b.f32[i] ? b.f32[i] : (float)__builtin_ldexp((double)a.f32[i], whole);
	}
	return a.f;
}

#undef _mm512_maskz_loadu_ps
#undef _mm512_mask_storeu_ps
#undef _mm512_cvtph_ps
#undef _mm512_cvtps_ph
#undef _mm512_cvtepu16_epi32
#undef _mm512_cvtepi8_epi32
#undef _mm512_cvtepi32_epi16
#undef _mm512_cvtepi32_epi8
#undef _mm512_cvtepi32_ps
#undef _mm512_cvtps_epi32
#undef _mm512_srai_epi32
#undef _mm512_shuffle_f32x4
#undef _mm512_scalef_ps
#define _mm512_maskz_loadu_ps(m, p) emulated_maskz_loadu_ps(m, p)
#define _mm512_mask_storeu_ps(p, m, v) emulated_mask_storeu_ps(p, m, v)
#define _mm512_cvtph_ps(v) emulated_cvtph_ps(v)
#define _mm512_cvtps_ph(v, mode) emulated_cvtps_ph(v, mode)
#define _mm512_cvtepu16_epi32(v) emulated_cvtepu16_epi32(v)
#define _mm512_cvtepi8_epi32(v) emulated_cvtepi8_epi32(v)
#define _mm512_cvtepi32_epi16(v) emulated_cvtepi32_epi16(v)
#define _mm512_cvtepi32_epi8(v) emulated_cvtepi32_epi8(v)
#define _mm512_cvtepi32_ps(v) emulated_cvtepi32_ps(v)
#define _mm512_cvtps_epi32(v) emulated_cvtps_epi32(v)
#define _mm512_srai_epi32(v, n) emulated_srai_epi32(v, n)
#define _mm512_shuffle_f32x4(a, b, s) emulated_shuffle_f32x4(a, b, s)
#define _mm512_scalef_ps(x, n) emulated_scalef_ps(x, n)

#endif

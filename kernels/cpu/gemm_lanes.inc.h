// Three operations on whole vectors that simd.h has no need of: transposition of a square, a table of 16 floats, and
// a float from 16-bit storage at any place of a row.
#include "pack.h"
#include "simd.h"

// lanes_transpose exchanges lane j of r[i] with lane i of r[j].
#if defined ISA_AVX2
INLINE void lanes_transpose(vf r[VL]) {
	vf t[8];
	UNROLL(4)
	for (int i = 0; i < 8; i += 2) {
		t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
	}
	vf u[8];
	UNROLL(2)
	for (int i = 0; i < 8; i += 4) {
		u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
		u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
		u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
		u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
	}
	UNROLL(4)
	for (int i = 0; i < 4; i++) {
		r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
		r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
	}
}
#elif defined ISA_AVX512
INLINE void lanes_transpose(vf r[VL]) {
	vf t[16], u[16];
	UNROLL(8)
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
	}
	UNROLL(4)
	for (int i = 0; i < 16; i += 4) {
		u[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
		u[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
		u[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
		u[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
	}
	UNROLL(4)
	for (int i = 0; i < 4; i++) {
		t[i] = _mm512_shuffle_f32x4(u[i], u[i + 4], 0x88);
		t[i + 4] = _mm512_shuffle_f32x4(u[i], u[i + 4], 0xdd);
		t[i + 8] = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0x88);
		t[i + 12] = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0xdd);
	}
	UNROLL(4)
	for (int i = 0; i < 4; i++) {
		r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
		r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
		r[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
		r[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
	}
}
#else
INLINE void lanes_transpose(vf r[VL]) {
	float t[VL][VL];
	for (int i = 0; i < VL; i++)
		for (int j = 0; j < VL; j++) t[j][i] = r[i][j];
	for (int i = 0; i < VL; i++) r[i] = vf_load(t[i]);
}
#endif

// lanes_table holds 16 floats; lanes_look reads those that the low four bits of each lane name. Higher bits may be set
// only where the comment says so.
#if defined ISA_AVX2
typedef struct {
	vf low, high;
} lanes_table;
INLINE lanes_table lanes_table_of(const float *t) { return (lanes_table){vf_load(t), vf_load(t + 8)}; }
INLINE vf lanes_look(lanes_table t, vi code) { // any higher bits: the permutes use three, the blend tests bit 3 moved to the top
	vf a = _mm256_permutevar8x32_ps(t.low, code), b = _mm256_permutevar8x32_ps(t.high, code);
	return _mm256_blendv_ps(a, b, vf_cast(vi_shl(code, 28)));
}
#elif defined ISA_AVX512
typedef struct {
	vf all;
} lanes_table;
INLINE lanes_table lanes_table_of(const float *t) { return (lanes_table){vf_load(t)}; }
INLINE vf lanes_look(lanes_table t, vi code) { return _mm512_permutexvar_ps(code, t.all); }
#else
typedef struct {
	const float *t;
} lanes_table;
INLINE lanes_table lanes_table_of(const float *t) { return (lanes_table){t}; }
INLINE vf lanes_look(lanes_table t, vi code) {
	return (vf){t.t[code[0] & 15], t.t[code[1] & 15], t.t[code[2] & 15], t.t[code[3] & 15]};
}
#endif

// lanes_load reads VL values of a plain dtype, a constant where it is called, at element i of a row.
INLINE vf lanes_load(const int dtype, const void *row, int64_t i) {
	if (dtype == DT_F16) return vf_load_f16((const uint16_t *)row + i);
	if (dtype == DT_BF16) return vf_load_bf16((const uint16_t *)row + i);
	return vf_load((const float *)row + i);
}

// lanes_load_n reads the first n; the others are 0 and nothing past them is read.
INLINE vf lanes_load_n(const int dtype, const void *row, int64_t i, int n) {
	if (dtype == DT_F32) return vf_load_n((const float *)row + i, n);
	uint16_t t[VL] = {0};
	for (int j = 0; j < n; j++) t[j] = ((const uint16_t *)row)[i + j];
	return lanes_load(dtype, t, 0);
}

// Integer products of AVX2: panels of weight codes and the tiles that run over them.
//
// A panel has, for each block of 32 k and TILE_COLS columns n, the codes, then f32 scale[n], f32 least[n]:
//
//	8 bits   u8  [8][n][4]    formats of 4 and 5 bits: codes int_centre above the signed value
//	16 bits  i16 [16][n][2]   any format
//
// 8 bits: 16 products of a lane are added in 16 bits before they are widened. Codes less their centre are at most 16 in
// magnitude, activations 127, so the sum stays below 16·16·127 = 32512; that it starts from lead makes it the sum of the signed
// products, and what wraps on the way comes back. Wider codes have no such room: vpmaddubsw saturates at twice
// 127·255, and what avoids that costs as much as 16-bit products do. They take 16 bits, activations too.
// 16 bits: 32 products of limit·code are below 2³¹: 32767·128·32, 8191·8191·32; codes of
// q6_k times their scales, 16383·4096·32.

enum { INT_ROWS = 4, BLOCK8 = TILE_COLS * 40, BLOCK16 = TILE_COLS * 72, NF4_LIMIT = 8191 };

// int_bits is the width of activations that a product of this format takes, if so many are asked for.
INLINE int int_bits(int dtype, int activations) { return activations == 8 && (dtype == DT_Q4_0 || dtype == DT_Q4_1 || dtype == DT_Q4_K || dtype == DT_Q5_K) ? 8 : 16; }

// int_direct says whether int_unpack knows a packed format.
INLINE int int_direct(int dtype) { return pack_supported(dtype); }

// int_limit is the greatest activation as an integer; int_direct formats have at most 8 bits but for NF4's table.
INLINE int int_limit(int dtype, int bits, int direct) {
	return bits == 8 ? 127 : !direct || dtype == DT_NF4 ? 8191 : dtype == DT_Q6_K ? 16383 : 32767;
}

// int_centre is what unsigned codes are above signed ones.
INLINE int int_centre(int dtype) { return dtype == DT_Q6_K ? 32 : dtype == DT_Q5_K ? 16 : 8; }

// codes_block8's lead is two sums in one word, as 16-bit sums of products are: of values 0, 1 and of 2, 3 of each four.
INLINE void codes_block8(const float *x, const codes *c, int64_t at, int8_t *q) {
	__m256 v[4];
	__m256i top = _mm256_setzero_si256();
	UNROLL(4)
	for (int i = 0; i < 4; i++) {
		v[i] = _mm256_loadu_ps(x + i * 8);
		top = _mm256_max_epi32(top, _mm256_castps_si256(vf_abs(v[i]))); // as integers, in which NaN is the greatest
	}
	__m128i t = _mm_max_epi32(_mm256_castsi256_si128(top), _mm256_extracti128_si256(top, 1));
	t = _mm_max_epi32(t, _mm_shuffle_epi32(t, 0x4e));
	t = _mm_max_epi32(t, _mm_shuffle_epi32(t, 0xb1));
	float greatest = _mm_cvtss_f32(_mm_castsi128_ps(t));
	vf by = vf_set1(greatest > 0 ? 127 / greatest : 0);
	__m256i n[4];
	UNROLL(4)
	for (int i = 0; i < 4; i++) n[i] = _mm256_cvtps_epi32(vf_mul(v[i], by));
	__m256i b = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
	b = _mm256_permutevar8x32_epi32(b, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
	vi_store(q, b);
	__m256i two = _mm256_maddubs_epi16(_mm256_set1_epi8(1), b);
	__m128i h = _mm256_castsi256_si128(two), s = _mm_add_epi16(h, _mm256_extracti128_si256(two, 1));
	s = _mm_add_epi16(s, _mm_shuffle_epi32(s, 0x4e));
	s = _mm_add_epi16(s, _mm_shuffle_epi32(s, 0xb1));
	if (c->centre == 32) {
		h = _mm_add_epi16(h, _mm_shuffle_epi32(h, 0x4e));
		h = _mm_add_epi16(h, _mm_shuffle_epi32(h, 0xb1));
		c->half[at] = _mm_cvtsi128_si32(_mm_mullo_epi16(h, _mm_set1_epi16(-c->centre)));
	}
	c->lead[at] = _mm_cvtsi128_si32(_mm_mullo_epi16(s, _mm_set1_epi16(-c->centre)));
	int32_t all = _mm_cvtsi128_si32(_mm_madd_epi16(s, _mm_set1_epi16(1)));
	c->scale[at] = greatest * (greatest > 3e38f ? __builtin_nanf("") : 1 / 127.0f);
	c->sum[at] = c->scale[at] * (float)all;
}

INLINE void codes_block16(const float *x, const codes *c, int64_t at, int16_t *q) {
	__m256 v[4];
	__m256i top = _mm256_setzero_si256();
	UNROLL(4)
	for (int i = 0; i < 4; i++) {
		v[i] = _mm256_loadu_ps(x + i * 8);
		top = _mm256_max_epi32(top, _mm256_castps_si256(vf_abs(v[i])));
	}
	__m128i t = _mm_max_epi32(_mm256_castsi256_si128(top), _mm256_extracti128_si256(top, 1));
	t = _mm_max_epi32(t, _mm_shuffle_epi32(t, 0x4e));
	t = _mm_max_epi32(t, _mm_shuffle_epi32(t, 0xb1));
	float greatest = _mm_cvtss_f32(_mm_castsi128_ps(t));
	vf by = vf_set1(greatest > 0 ? c->limit / greatest : 0);
	__m256i n[4];
	UNROLL(4)
	for (int i = 0; i < 4; i++) n[i] = _mm256_cvtps_epi32(vf_mul(v[i], by));
	__m256i a = _mm256_permute4x64_epi64(_mm256_packs_epi32(n[0], n[1]), 0xd8), b = _mm256_permute4x64_epi64(_mm256_packs_epi32(n[2], n[3]), 0xd8);
	vi_store(q, a);
	vi_store(q + 16, b);
	__m256i two = _mm256_add_epi32(_mm256_madd_epi16(a, _mm256_set1_epi16(1)), _mm256_madd_epi16(b, _mm256_set1_epi16(1)));
	__m128i s = _mm_add_epi32(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
	s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
	c->scale[at] = greatest > 3e38f ? __builtin_nanf("") : greatest / c->limit;
	c->sum[at] = c->scale[at] * (float)_mm_cvtsi128_si32(s);
}

// int_least says whether a packed format's blocks have a minimum.
INLINE int int_least(int dtype) { return dtype == DT_Q4_1 || dtype == DT_Q4_K || dtype == DT_Q5_K; }

// int_shift moves bits of every byte by n, left if that is positive; what comes from other bytes is to be masked off.
INLINE __m256i int_shift(__m256i v, const int n) { return n >= 0 ? _mm256_slli_epi16(v, n) : _mm256_srli_epi16(v, -n); }

// int_k_codes are the codes of 8 rows × 4 k of a block of q4_k, q5_k or q6_k: rows 8·v and up, k from half·16 + j·4 on.
INLINE __m256i int_k_codes(const int dtype, packed_k p, const int half, const int j, const int v) {
	__m256i w = vi_load(p.code + j * 64 + v * 32);
	w = _mm256_and_si256(half ? _mm256_srli_epi16(w, 4) : w, _mm256_set1_epi8(15));
	if (dtype == DT_Q5_K)
		w = _mm256_or_si256(w, _mm256_and_si256(int_shift(vi_load(p.code + 256 + v * 32), 4 - half * 4 - j), _mm256_set1_epi8(16)));
	if (dtype == DT_Q6_K)
		w = _mm256_or_si256(w, _mm256_and_si256(int_shift(vi_load(p.code + 256 + half * 64 + v * 32), 4 - 2 * j), _mm256_set1_epi8(48)));
	return w;
}

// int_k_scales writes scale and minimum; codes are taken as signed.
INLINE void int_k_scales(const int dtype, packed_k p, int64_t b, float *scale) {
	UNROLL(2)
	for (int n = 0; n < 16; n += 8) {
		vf s, add;
		if (dtype == DT_Q6_K) {
			vf_store(scale + n, vf_load_f16((const uint16_t *)p.header + n));
			continue;
		}
		k_scales(p, b, n, &s, &add);
		vf_store(scale + n, s);
		vf_store(scale + TILE_COLS + n, vf_fma(s, vf_set1(dtype == DT_Q5_K ? 16 : 8), add));
	}
}

INLINE void int_scales(const int dtype, packed_block p, int64_t b, float *scale) {
	UNROLL(2)
	for (int n = 0; n < 16; n += 8) {
		if (dtype == DT_NF4) {
			vf_store(scale + n, vf_mul(vf_load((const float *)(p.scale - (b & 1) * 32) + n), vf_set1(1.0f / NF4_LIMIT)));
			continue;
		}
		vf d = vf_load_f16((const uint16_t *)p.scale + n);
		vf_store(scale + n, d);
		if (dtype == DT_Q4_1) // codes are taken as signed, 8 below
			vf_store(scale + TILE_COLS + n, vf_fma(d, vf_set1(8), vf_load_f16((const uint16_t *)p.least + n)));
	}
}

// int_unpack8 writes one block of a packed group.
INLINE void int_unpack8(const int dtype, const uint8_t *group, int64_t b, int64_t blocks, uint8_t *out) {
	if (is_k(dtype)) {
		packed_k p = packed_k_at(dtype, group, b);
		UNROLL(8)
		for (int j = 0; j < 8; j++) {
			vi_store(out + j * 64, int_k_codes(dtype, p, j / 4, j % 4, 0));
			vi_store(out + j * 64 + 32, int_k_codes(dtype, p, j / 4, j % 4, 1));
		}
		int_k_scales(dtype, p, b, (float *)(out + 512));
		return;
	}
	packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, 256, b, blocks);
	const __m256i low = _mm256_set1_epi8(15);
	UNROLL(4)
	for (int j = 0; j < 8; j++) {
		__m256i w = vi_load(p.code + j * 32);
		vi_store(out + j * 32, _mm256_and_si256(w, low));
		vi_store(out + j * 32 + 256, _mm256_and_si256(_mm256_srli_epi16(w, 4), low));
	}
	int_scales(dtype, p, b, (float *)(out + 512));
}

// int_pairs splits 8 rows of 4 byte codes into pairs of 16-bit values: k, k+1 and k+2, k+3.
INLINE void int_pairs(const int dtype, __m256i w, __m256i t0, __m256i t1, uint8_t *out) {
	__m256i a, b;
	if (dtype == DT_NF4) { // the table's low and high bytes
		__m256i l = _mm256_shuffle_epi8(t0, w), h = _mm256_shuffle_epi8(t1, w);
		__m256i x = _mm256_unpacklo_epi8(l, h), y = _mm256_unpackhi_epi8(l, h);
		a = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(x), _mm256_castsi256_ps(y), 0x88));
		b = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(x), _mm256_castsi256_ps(y), 0xdd));
	} else { // codes into high bytes, then down with the sign
		a = _mm256_srai_epi16(_mm256_shuffle_epi8(w, t0), 8);
		b = _mm256_srai_epi16(_mm256_shuffle_epi8(w, t1), 8);
	}
	vi_store(out, a);
	vi_store(out + TILE_COLS * 4, b);
}

// int_table holds NF4's levels times NF4_LIMIT, low bytes, then high bytes.
static const uint8_t int_table[32] = {
#define LEVEL(x) (int16_t)((x) * NF4_LIMIT + ((x) < 0 ? -0.5f : 0.5f))
#define LEVELS(f) \
	f(LEVEL(-1.0f)), f(LEVEL(-0.6961928009986877f)), f(LEVEL(-0.5250730514526367f)), f(LEVEL(-0.39491748809814453f)), \
	f(LEVEL(-0.28444138169288635f)), f(LEVEL(-0.18477343022823334f)), f(LEVEL(-0.09105003625154495f)), f(LEVEL(0.0f)), \
	f(LEVEL(0.07958029955625534f)), f(LEVEL(0.16093020141124725f)), f(LEVEL(0.24611230194568634f)), f(LEVEL(0.33791524171829224f)), \
	f(LEVEL(0.44070982933044434f)), f(LEVEL(0.5626170039176941f)), f(LEVEL(0.7229568362236023f)), f(LEVEL(1.0f))
#define LOW(x) (uint8_t)((x) & 255)
#define HIGH(x) (uint8_t)((x) >> 8 & 255)
	LEVELS(LOW), LEVELS(HIGH)
#undef LOW
#undef HIGH
};

// int_times multiplies the pairs of 16-bit codes of 8 rows by scales of 16 columns of q6_k.
INLINE void int_times(const int8_t *scale, uint8_t *out) {
	__m256i s = vi_load_i8(scale), two = _mm256_blend_epi16(s, _mm256_slli_epi32(s, 16), 0xaa);
	vi_store(out, _mm256_mullo_epi16(vi_load(out), two));
	vi_store(out + TILE_COLS * 4, _mm256_mullo_epi16(vi_load(out + TILE_COLS * 4), two));
}

INLINE void int_k_unpack16(const int dtype, const uint8_t *group, int64_t b, uint8_t *out, __m256i t0, __m256i t1) {
	packed_k p = packed_k_at(dtype, group, b);
	const __m256i centre = _mm256_set1_epi8((char)int_centre(dtype));
	UNROLL(8)
	for (int j = 0; j < 8; j++)
		UNROLL(2)
		for (int v = 0; v < 2; v++) {
			uint8_t *to = out + j * TILE_COLS * 8 + v * 32;
			int_pairs(dtype, _mm256_sub_epi8(int_k_codes(dtype, p, j / 4, j % 4, v), centre), t0, t1, to);
			if (dtype == DT_Q6_K) int_times((const int8_t *)p.header + 32 + ((b & 7) * 2 + j / 4) * 16 + v * 8, to);
		}
	int_k_scales(dtype, p, b, (float *)(out + TILE_COLS * 64));
}

INLINE void int_unpack16(const int dtype, const uint8_t *group, int64_t b, int64_t blocks, uint8_t *out) {
	packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, dtype == DT_Q8_0 ? 512 : 256, b, blocks);
	__m256i t0, t1;
	if (dtype == DT_NF4) {
		t0 = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)int_table));
		t1 = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)int_table + 1));
	} else {
		t0 = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, 0, -1, 1, -1, 4, -1, 5, -1, 8, -1, 9, -1, 12, -1, 13));
		t1 = _mm256_broadcastsi128_si256(_mm_setr_epi8(-1, 2, -1, 3, -1, 6, -1, 7, -1, 10, -1, 11, -1, 14, -1, 15));
	}
	if (is_k(dtype)) {
		int_k_unpack16(dtype, group, b, out, t0, t1);
		return;
	}
	const int vectors = dtype == DT_Q8_0 ? 16 : 8;
	const __m256i low = _mm256_set1_epi8(15), eight = _mm256_set1_epi8(8);
	UNROLL(4)
	for (int j = 0; j < vectors; j++) {
		__m256i w = vi_load(p.code + j * 32);
		uint8_t *to = out + j / 2 * TILE_COLS * 8 + j % 2 * 32;
		if (dtype == DT_Q8_0) {
			int_pairs(dtype, w, t0, t1, to);
			continue;
		}
		__m256i x = _mm256_and_si256(w, low), y = _mm256_and_si256(_mm256_srli_epi16(w, 4), low);
		if (dtype != DT_NF4) {
			x = _mm256_sub_epi8(x, eight);
			y = _mm256_sub_epi8(y, eight);
		}
		int_pairs(dtype, x, t0, t1, to);
		int_pairs(dtype, y, t0, t1, to + 4 * TILE_COLS * 8);
	}
	int_scales(dtype, p, b, (float *)(out + TILE_COLS * 64));
}

// int_requantize16 rounds 32 rows of an f32 panel to a block, each column with its own scale. A column with NaN or
// infinity gets the scale NaN.
INLINE void int_requantize16(const float *panel, uint8_t *out) {
	float *scale = (float *)(out + TILE_COLS * 64);
	for (int n = 0; n < TILE_COLS; n += 8) {
		__m256i top = _mm256_setzero_si256();
		for (int k = 0; k < 32; k++) top = _mm256_max_epi32(top, vi_cast(vf_abs(vf_load(panel + k * TILE_COLS + n))));
		vf greatest = vf_cast(top), finite = vf_lt(greatest, vf_set1(3e38f));
		vf by = _mm256_and_ps(vf_div(vf_set1(8191), greatest), vf_lt(vf_zero(), greatest));
		vf_store(scale + n, vf_sel(finite, vf_mul(greatest, vf_set1(1 / 8191.0f)), vf_set1(__builtin_nanf(""))));
		vf_store(scale + TILE_COLS + n, vf_zero());
		UNROLL(4)
		for (int k = 0; k < 32; k += 2) {
			__m256i a = vi_from_vf(vf_mul(vf_load(panel + k * TILE_COLS + n), by));
			__m256i b = vi_from_vf(vf_mul(vf_load(panel + (k + 1) * TILE_COLS + n), by));
			vi_store(out + k / 2 * TILE_COLS * 4 + n * 4, _mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xaa));
		}
	}
}

INLINE __m256i int_four(const uint8_t *p) {
	int32_t v;
	memcpy(&v, p, 4);
	return _mm256_set1_epi32(v);
}

// INT_ORDER keeps a sum in its register at this place: compilers otherwise first compute all products of an unrolled
// loop, then spill them.
#define INT_ORDER(sum) __asm__("" : "+x"(sum))

// int_tile computes rows × TILE_COLS results of blocks of a panel; row i's codes at q + i·c->code_row, block 0 of row 0
// being number at of the scales.
INLINE void int_tile(const int bits, const int rows, const int least, int64_t blocks, const codes *c, int64_t m, int64_t b0, const uint8_t *panel, const tile_out *o) {
	vf total[INT_ROWS][2];
	UNROLL(4)
	for (int i = 0; i < rows; i++) total[i][0] = total[i][1] = vf_zero();
	// One pointer for three rows: the others are at one and two times the distance.
	enum { THREES = (INT_ROWS + 2) / 3 };
	const int64_t row = c->code_row, side = c->blocks;
	const uint8_t *q[THREES];
	const float *scale[THREES], *sum[THREES];
	const int32_t *lead[THREES];
	UNROLL(4)
	for (int i = 0; i < rows; i += 3) {
		q[i / 3] = c->code + (m + i) * row + b0 * 4 * bits;
		scale[i / 3] = c->scale + (m + i) * side + b0;
		sum[i / 3] = c->sum + (m + i) * side + b0;
		lead[i / 3] = c->lead + (m + i) * side + b0;
	}
	for (int64_t b = 0; b < blocks; b++) {
		__m256i acc[INT_ROWS][2];
		UNROLL(4)
		for (int i = 0; i < rows; i++) acc[i][0] = acc[i][1] = bits == 8 ? _mm256_set1_epi32(lead[i / 3][i % 3 * side + b]) : _mm256_setzero_si256();
		UNROLL(16)
		for (int j = 0; j < bits; j++) {
			__m256i w0 = vi_load(panel + j * TILE_COLS * 4), w1 = vi_load(panel + j * TILE_COLS * 4 + 32);
			UNROLL(4)
			for (int i = 0; i < rows; i++) {
				__m256i x = int_four(q[i / 3] + i % 3 * row + j * 4);
				if (bits == 8) {
					acc[i][0] = _mm256_add_epi16(acc[i][0], _mm256_maddubs_epi16(w0, x));
					acc[i][1] = _mm256_add_epi16(acc[i][1], _mm256_maddubs_epi16(w1, x));
				} else {
					acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(w0, x));
					acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(w1, x));
				}
				INT_ORDER(acc[i][0]);
				INT_ORDER(acc[i][1]);
			}
		}
		const float *s = (const float *)(panel + TILE_COLS * 4 * bits);
		UNROLL(4)
		for (int i = 0; i < rows; i++) {
			vf d = vf_set1(scale[i / 3][i % 3 * side + b]);
			UNROLL(2)
			for (int v = 0; v < 2; v++) {
				__m256i a = bits == 8 ? _mm256_madd_epi16(acc[i][v], _mm256_set1_epi16(1)) : acc[i][v];
				total[i][v] = vf_fma(vf_mul(vf_from_vi(a), vf_load(s + v * 8)), d, total[i][v]);
				if (least) total[i][v] = vf_fma(vf_load(s + TILE_COLS + v * 8), vf_set1(sum[i / 3][i % 3 * side + b]), total[i][v]);
			}
		}
		panel += TILE_COLS * (4 * bits + 8);
		UNROLL(4)
		for (int i = 0; i < rows; i += 3) q[i / 3] += 4 * bits;
	}
	tile_write(rows, total, o);
}

// Integer products of AVX-512 with VNNI: panels of weight codes and the tiles that run over them.
//
// A panel has, for each block of 32 k and TILE_COLS columns n, the codes, then f32 scale[n], f32 least[n]:
//
//	8 bits   u8  [8][n][4]    codes above the signed value by int_centre: 8 for 4 bits, 16 for q5_k, 32 for q6_k, 128 for q8_0 and nf4
//	16 bits  i16 [16][n][2]   any format, signed
//
// vpdpbusd adds four products of unsigned codes and signed activations in 32 bits without saturating; that a sum starts
// from lead = -centre·Σq makes it that of signed codes. 32 products of 16 bits are below 2³¹: 32767·128·32, 8191·8191·32.

enum { INT_ROWS = 12, BLOCK8 = TILE_COLS * 40, BLOCK16 = TILE_COLS * 72, NF4_LIMIT = 8191 };

INLINE int int_bits(int dtype, int activations) { return activations == 8 && dtype != DT_Q6_K ? 8 : 16; }
INLINE int int_direct(int dtype) { return pack_supported(dtype); }
INLINE int int_limit(int dtype, int bits, int direct) {
	return bits == 8 ? 127 : !direct || dtype == DT_NF4 ? 8191 : dtype == DT_Q6_K ? 16383 : 32767;
}
INLINE int int_centre(int dtype) { return dtype == DT_Q8_0 || dtype == DT_NF4 ? 128 : dtype == DT_Q6_K ? 32 : dtype == DT_Q5_K ? 16 : 8; }

INLINE float codes_greatest(vf a, vf b) { // of magnitudes as integers, in which NaN is the greatest
	vi t = _mm512_max_epi32(vi_cast(vf_abs(a)), vi_cast(vf_abs(b)));
	__m256i h = _mm256_max_epi32(_mm512_castsi512_si256(t), _mm512_extracti64x4_epi64(t, 1));
	__m128i q = _mm_max_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
	q = _mm_max_epi32(q, _mm_shuffle_epi32(q, 0x4e));
	q = _mm_max_epi32(q, _mm_shuffle_epi32(q, 0xb1));
	return _mm_cvtss_f32(_mm_castsi128_ps(q));
}

INLINE int32_t codes_total(vi v) {
	__m256i h = _mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
	__m128i q = _mm_add_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
	q = _mm_add_epi32(q, _mm_shuffle_epi32(q, 0x4e));
	return _mm_cvtsi128_si32(_mm_add_epi32(q, _mm_shuffle_epi32(q, 0xb1)));
}

INLINE void codes_block8(const float *x, const codes *c, int64_t at, int8_t *q) {
	vf a = vf_load(x), b = vf_load(x + 16);
	float greatest = codes_greatest(a, b);
	vf by = vf_set1(greatest > 0 ? 127 / greatest : 0);
	vi i = vi_from_vf(vf_mul(a, by)), j = vi_from_vf(vf_mul(b, by));
	vi_store_i8(q, i);
	vi_store_i8(q + 16, j);
	int32_t all = codes_total(vi_add(i, j));
	c->lead[at] = -c->centre * all;
	if (c->centre == 32) c->half[at] = -c->centre * codes_total(i);
	c->scale[at] = greatest * (greatest > 3e38f ? __builtin_nanf("") : 1 / 127.0f);
	c->sum[at] = c->scale[at] * (float)all;
}

INLINE void codes_block16(const float *x, const codes *c, int64_t at, int16_t *q) {
	vf a = vf_load(x), b = vf_load(x + 16);
	float greatest = codes_greatest(a, b);
	vf by = vf_set1(greatest > 0 ? c->limit / greatest : 0);
	vi i = vi_from_vf(vf_mul(a, by)), j = vi_from_vf(vf_mul(b, by));
	vi_store_u16((uint16_t *)q, i);
	vi_store_u16((uint16_t *)q + 16, j);
	c->scale[at] = greatest > 3e38f ? __builtin_nanf("") : greatest / c->limit;
	c->sum[at] = c->scale[at] * (float)codes_total(vi_add(i, j));
}

// int_levels holds NF4's levels times NF4_LIMIT, low bytes, then high bytes; int_levels8 times 127, and 128 above.
static const uint8_t int_levels[32] = {
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
static const uint8_t int_levels8[16] = {1, 40, 61, 78, 92, 105, 116, 128, 138, 148, 159, 171, 184, 199, 220, 255};

INLINE vi int_table(const uint8_t *p) { return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)p)); }

INLINE vf int_scale(const int dtype, const int limit, packed_block p, int64_t b) {
	if (dtype == DT_NF4) return vf_mul(vf_load((const float *)(p.scale - (b & 1) * 32)), vf_set1(1.0f / limit));
	return vf_load_f16((const uint16_t *)p.scale);
}

// int_scales writes scales and minimums; q4_1's codes are taken as signed, 8 below.
INLINE void int_scales(const int dtype, const int limit, packed_block p, int64_t b, float *scale) {
	vf d = int_scale(dtype, limit, p, b);
	vf_store(scale, d);
	if (dtype == DT_Q4_1) vf_store(scale + TILE_COLS, vf_fma(d, vf_set1(8), vf_load_f16((const uint16_t *)p.least)));
}

// int_least says whether a packed format's blocks have a minimum.
INLINE int int_least(int dtype) { return dtype == DT_Q4_1 || dtype == DT_Q4_K || dtype == DT_Q5_K; }

// int_shift moves bits of every byte by n, left if that is positive; what comes from other bytes is to be masked off.
INLINE vi int_shift(vi v, const int n) { return n >= 0 ? _mm512_slli_epi16(v, n) : _mm512_srli_epi16(v, -n); }

// int_k_codes are the codes of 16 rows × 4 k of a block of q4_k, q5_k or q6_k, k from half·16 + j·4 on.
INLINE vi int_k_codes(const int dtype, packed_k p, const int half, const int j) {
	vi w = vi_load(p.code + j * 64);
	w = vi_and(half ? _mm512_srli_epi16(w, 4) : w, _mm512_set1_epi8(15));
	if (dtype == DT_Q5_K) w = vi_or(w, vi_and(int_shift(vi_load(p.code + 256), 4 - half * 4 - j), _mm512_set1_epi8(16)));
	if (dtype == DT_Q6_K) w = vi_or(w, vi_and(int_shift(vi_load(p.code + 256 + half * 64), 4 - 2 * j), _mm512_set1_epi8(48)));
	return w;
}

// int_k_scales writes scale and minimum; codes are taken as signed.
INLINE void int_k_scales(const int dtype, packed_k p, int64_t b, float *scale) {
	if (dtype == DT_Q6_K) {
		vf_store(scale, vf_load_f16((const uint16_t *)p.header));
		return;
	}
	vf s, add;
	k_scales(p, b, 0, &s, &add);
	vf_store(scale, s);
	vf_store(scale + TILE_COLS, vf_fma(s, vf_set1(dtype == DT_Q5_K ? 16 : 8), add));
}

// int_codes reads one vector of a block, 16 rows × 4 k, as unsigned codes: for 4-bit formats those of k + 16·half.
INLINE vi int_codes(const int dtype, const uint8_t *p, const int half, vi table) {
	vi w = vi_load(p);
	if (dtype == DT_Q8_0) return vi_xor(w, _mm512_set1_epi8((char)0x80));
	vi q = vi_and(half ? _mm512_srli_epi16(w, 4) : w, _mm512_set1_epi8(15));
	return dtype == DT_NF4 ? _mm512_shuffle_epi8(table, q) : q;
}

INLINE void int_unpack8(const int dtype, const uint8_t *group, int64_t b, int64_t blocks, uint8_t *out) {
	if (is_k(dtype)) {
		packed_k p = packed_k_at(dtype, group, b);
		UNROLL(8)
		for (int j = 0; j < 8; j++) vi_store(out + j * TILE_COLS * 4, int_k_codes(dtype, p, j / 4, j % 4));
		int_k_scales(dtype, p, b, (float *)(out + TILE_COLS * 32));
		return;
	}
	const int vectors = dtype == DT_Q8_0 ? 8 : 4;
	packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, vectors * 64, b, blocks);
	vi table = int_table(int_levels8);
	UNROLL(8)
	for (int j = 0; j < vectors; j++) {
		vi_store(out + j * TILE_COLS * 4, int_codes(dtype, p.code + j * 64, 0, table));
		if (dtype != DT_Q8_0) vi_store(out + (j + 4) * TILE_COLS * 4, int_codes(dtype, p.code + j * 64, 1, table));
	}
	int_scales(dtype, 127, p, b, (float *)(out + TILE_COLS * 32));
}

// int_pairs splits 16 rows of 4 byte codes into pairs of 16-bit values: k, k+1 and k+2, k+3.
INLINE void int_pairs(const int dtype, vi w, vi t0, vi t1, uint8_t *out) {
	vi a, b;
	if (dtype == DT_NF4) { // the table's low and high bytes
		vi l = _mm512_shuffle_epi8(t0, w), h = _mm512_shuffle_epi8(t1, w);
		vf x = vf_cast(_mm512_unpacklo_epi8(l, h)), y = vf_cast(_mm512_unpackhi_epi8(l, h));
		a = vi_cast(_mm512_shuffle_ps(x, y, 0x88));
		b = vi_cast(_mm512_shuffle_ps(x, y, 0xdd));
	} else { // codes into high bytes, then down with the sign
		a = _mm512_srai_epi16(_mm512_shuffle_epi8(w, t0), 8);
		b = _mm512_srai_epi16(_mm512_shuffle_epi8(w, t1), 8);
	}
	vi_store(out, a);
	vi_store(out + TILE_COLS * 4, b);
}

// int_times multiplies the pairs of 16-bit codes of 16 rows by scales of 16 columns of q6_k.
INLINE void int_times(const int8_t *scale, uint8_t *out) {
	vi s = vi_load_i8(scale), two = _mm512_mask_blend_epi16(0xaaaaaaaa, s, vi_shl(s, 16));
	vi_store(out, _mm512_mullo_epi16(vi_load(out), two));
	vi_store(out + TILE_COLS * 4, _mm512_mullo_epi16(vi_load(out + TILE_COLS * 4), two));
}

INLINE void int_k_unpack16(const int dtype, const uint8_t *group, int64_t b, uint8_t *out, vi t0, vi t1) {
	packed_k p = packed_k_at(dtype, group, b);
	UNROLL(8)
	for (int j = 0; j < 8; j++) {
		uint8_t *to = out + j * TILE_COLS * 8;
		int_pairs(dtype, _mm512_sub_epi8(int_k_codes(dtype, p, j / 4, j % 4), _mm512_set1_epi8((char)int_centre(dtype))), t0, t1, to);
		if (dtype == DT_Q6_K) int_times((const int8_t *)p.header + 32 + ((b & 7) * 2 + j / 4) * 16, to);
	}
	int_k_scales(dtype, p, b, (float *)(out + TILE_COLS * 64));
}

INLINE void int_unpack16(const int dtype, const uint8_t *group, int64_t b, int64_t blocks, uint8_t *out) {
	const int vectors = dtype == DT_Q8_0 ? 8 : 4;
	static const uint8_t spread[32] = {
		128, 0, 128, 1, 128, 4, 128, 5, 128, 8, 128, 9, 128, 12, 128, 13,
		128, 2, 128, 3, 128, 6, 128, 7, 128, 10, 128, 11, 128, 14, 128, 15,
	};
	const uint8_t *t = dtype == DT_NF4 ? int_levels : spread;
	vi t0 = int_table(t), t1 = int_table(t + 16), low = _mm512_set1_epi8(15), eight = _mm512_set1_epi8(8);
	if (is_k(dtype)) {
		int_k_unpack16(dtype, group, b, out, t0, t1);
		return;
	}
	packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, vectors * 64, b, blocks);
	UNROLL(4)
	for (int j = 0; j < vectors; j++) {
		vi w = vi_load(p.code + j * 64);
		uint8_t *to = out + j * TILE_COLS * 8;
		if (dtype == DT_Q8_0) {
			int_pairs(dtype, w, t0, t1, to);
			continue;
		}
		vi x = vi_and(w, low), y = vi_and(_mm512_srli_epi16(w, 4), low);
		if (dtype != DT_NF4) {
			x = _mm512_sub_epi8(x, eight);
			y = _mm512_sub_epi8(y, eight);
		}
		int_pairs(dtype, x, t0, t1, to);
		int_pairs(dtype, y, t0, t1, to + 4 * TILE_COLS * 8);
	}
	int_scales(dtype, NF4_LIMIT, p, b, (float *)(out + TILE_COLS * 64));
}

// int_requantize16 rounds 32 rows of an f32 panel to a block, each column with its own scale. A column with NaN or
// infinity gets the scale NaN.
INLINE void int_requantize16(const float *panel, uint8_t *out) {
	float *scale = (float *)(out + TILE_COLS * 64);
	for (int n = 0; n < TILE_COLS; n += 16) {
		vi top = vi_set1(0);
		for (int k = 0; k < 32; k++) top = _mm512_max_epi32(top, vi_cast(vf_abs(vf_load(panel + k * TILE_COLS + n))));
		vf greatest = vf_cast(top);
		vf by = vf_sel(vf_lt(vf_zero(), greatest), vf_div(vf_set1(8191), greatest), vf_zero());
		vf_store(scale + n, vf_sel(vf_lt(greatest, vf_set1(3e38f)), vf_mul(greatest, vf_set1(1 / 8191.0f)), vf_set1(__builtin_nanf(""))));
		vf_store(scale + TILE_COLS + n, vf_zero());
		UNROLL(4)
		for (int k = 0; k < 32; k += 2) {
			vi a = vi_from_vf(vf_mul(vf_load(panel + k * TILE_COLS + n), by));
			vi b = vi_from_vf(vf_mul(vf_load(panel + (k + 1) * TILE_COLS + n), by));
			vi_store(out + k / 2 * TILE_COLS * 4 + n * 4, _mm512_mask_blend_epi16(0xaaaaaaaa, a, vi_shl(b, 16)));
		}
	}
}

INLINE vi int_four(const uint8_t *p) {
	int32_t v;
	memcpy(&v, p, 4);
	return vi_set1(v);
}

// int_dot16 is acc + w·x in pairs; clang would split the intrinsic in two.
INLINE vi int_dot16(vi acc, vi w, vi x) {
#if defined __clang__ && !defined GRAFT_SIMDE
	__asm__("vpdpwssd %2, %1, %0" : "+v"(acc) : "v"(w), "v"(x));
	return acc;
#else
	return _mm512_dpwssd_epi32(acc, w, x);
#endif
}

// int_tile computes rows × TILE_COLS results of some blocks of a panel, for rows from m on and blocks from b0 on.
INLINE void int_tile(const int bits, const int rows, const int least, int64_t blocks, const codes *c, int64_t m, int64_t b0, const uint8_t *panel, const tile_out *o) {
	vf total[INT_ROWS][2];
	UNROLL(12)
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
		vi acc[INT_ROWS][2];
		UNROLL(12)
		for (int i = 0; i < rows; i++) acc[i][0] = acc[i][1] = bits == 8 ? vi_set1(lead[i / 3][i % 3 * side + b]) : vi_set1(0);
		UNROLL(16)
		for (int j = 0; j < bits; j++) {
			vi w0 = vi_load(panel + j * TILE_COLS * 4), w1 = vi_load(panel + j * TILE_COLS * 4 + 64);
			UNROLL(12)
			for (int i = 0; i < rows; i++) {
				vi x = int_four(q[i / 3] + i % 3 * row + j * 4);
				acc[i][0] = bits == 8 ? _mm512_dpbusd_epi32(acc[i][0], w0, x) : int_dot16(acc[i][0], w0, x);
				acc[i][1] = bits == 8 ? _mm512_dpbusd_epi32(acc[i][1], w1, x) : int_dot16(acc[i][1], w1, x);
			}
		}
		const float *s = (const float *)(panel + TILE_COLS * 4 * bits);
		UNROLL(12)
		for (int i = 0; i < rows; i++) {
			vf d = vf_set1(scale[i / 3][i % 3 * side + b]);
			UNROLL(2)
			for (int v = 0; v < 2; v++) {
				total[i][v] = vf_fma(vf_mul(vf_from_vi(acc[i][v]), vf_load(s + v * 16)), d, total[i][v]);
				if (least) total[i][v] = vf_fma(vf_load(s + TILE_COLS + v * 16), vf_set1(sum[i / 3][i % 3 * side + b]), total[i][v]);
			}
		}
		panel += TILE_COLS * (4 * bits + 8);
		UNROLL(4)
		for (int i = 0; i < rows; i += 3) q[i / 3] += 4 * bits;
	}
	tile_write(rows, total, o);
}

#define INT_ALL_8 1
#define INT_TILES_MORE(X, bits, least) \
	X(bits, 5, least) X(bits, 6, least) X(bits, 7, least) X(bits, 8, least) \
	X(bits, 9, least) X(bits, 10, least) X(bits, 11, least) X(bits, 12, least)

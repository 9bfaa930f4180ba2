// Rows of activations as integers: blocks of 32 values with one scale, as int8 (scale = greatest/127) or int16
// (greatest/limit). A NaN or infinite value makes its block's scale NaN, so that it is seen in the results.
//
// For each block there are also sum, scale·Σq, which meets formats with a minimum, and lead, what a sum of products
// with unsigned weight codes starts from to become that of signed ones. A row's codes take code_row bytes.

typedef struct {
	uint8_t *code;
	float *scale, *sum;
	int32_t *lead;
	int64_t blocks, code_row;
	int bits, limit, centre; // centre: what weight codes are above their signed values
} codes;

// codes_row is the bytes from a row's codes to the next's: an odd number of cache lines, so that rows of 2ⁿ values do
// not all fall into the same few sets of the cache.
INLINE int64_t codes_row(int64_t blocks, int bits) { return (ceil_div(blocks * 4 * bits, 64) | 1) * 64; }

// codes_place lays rows of k values out from p on; codes_bytes is what they take.
INLINE size_t codes_bytes(int64_t rows, int64_t k, int bits) {
	int64_t blocks = ceil_div(k, 32);
	return rows * codes_row(blocks, bits) + 3 * round_up(rows * blocks * 4, 64);
}

INLINE codes codes_place(uint8_t *p, int64_t rows, int64_t k, int bits, int limit, int centre) {
	codes c = {.code = p, .blocks = ceil_div(k, 32), .bits = bits, .limit = limit, .centre = centre};
	int64_t side = round_up(rows * c.blocks * 4, 64);
	c.code_row = codes_row(c.blocks, bits);
	p += rows * c.code_row;
	c.scale = (float *)p;
	c.sum = (float *)(p + side);
	c.lead = (int32_t *)(p + 2 * side);
	return c;
}

#if defined ISA_AVX2
// codes_lead is two sums in one word, as 16-bit sums of products have them: of values 0, 1 and of 2, 3 of each four.
INLINE void codes_block8(const float *x, const codes *c, int64_t at, int8_t *q) {
	__m256 v[4];
	__m256i top = _mm256_setzero_si256();
	#pragma GCC unroll 4
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
	#pragma GCC unroll 4
	for (int i = 0; i < 4; i++) n[i] = _mm256_cvtps_epi32(vf_mul(v[i], by));
	__m256i b = _mm256_packs_epi16(_mm256_packs_epi32(n[0], n[1]), _mm256_packs_epi32(n[2], n[3]));
	b = _mm256_permutevar8x32_epi32(b, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
	vi_store(q, b);
	__m256i two = _mm256_maddubs_epi16(_mm256_set1_epi8(1), b);
	__m128i s = _mm_add_epi16(_mm256_castsi256_si128(two), _mm256_extracti128_si256(two, 1));
	s = _mm_add_epi16(s, _mm_shuffle_epi32(s, 0x4e));
	s = _mm_add_epi16(s, _mm_shuffle_epi32(s, 0xb1));
	c->lead[at] = _mm_cvtsi128_si32(_mm_mullo_epi16(s, _mm_set1_epi16(-c->centre)));
	int32_t all = _mm_cvtsi128_si32(_mm_madd_epi16(s, _mm_set1_epi16(1)));
	c->scale[at] = greatest * (greatest > 3e38f ? __builtin_nanf("") : 1 / 127.0f);
	c->sum[at] = c->scale[at] * (float)all;
}

INLINE void codes_block16(const float *x, const codes *c, int64_t at, int16_t *q) {
	__m256 v[4];
	__m256i top = _mm256_setzero_si256();
	#pragma GCC unroll 4
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
	#pragma GCC unroll 4
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
#endif

// codes_rows quantises rows m0 … m1 of k values.
static void codes_rows(const codes *c, const float *a, int64_t a_row, int64_t m0, int64_t m1, int64_t k) {
	for (int64_t m = m0; m < m1; m++) {
		const float *x = a + m * a_row;
		uint8_t *q = c->code + m * c->code_row;
		for (int64_t b = 0; b < c->blocks; b++) {
			const float *v = x + b * 32;
			float part[32] = {0};
			if (k - b * 32 < 32) v = memcpy(part, v, (k - b * 32) * sizeof *v);
			if (c->bits == 8) codes_block8(v, c, m * c->blocks + b, (int8_t *)q + b * 32);
			else codes_block16(v, c, m * c->blocks + b, (int16_t *)q + b * 32);
		}
	}
}

// codes_chunk is one of codes_chunks parts of all rows.
enum { CODES_ROWS = 8 };

INLINE int64_t codes_chunks(int64_t m) { return ceil_div(m, CODES_ROWS); }

static void codes_chunk(const codes *c, const float *a, int64_t a_row, int64_t i, int64_t m, int64_t k) {
	codes_rows(c, a, a_row, i * CODES_ROWS, least((i + 1) * CODES_ROWS, m), k);
}

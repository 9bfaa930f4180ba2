// A few rows times packed weights, for AVX2: codes go from memory straight into sums. Activations are int8.
//
// The formats of 4 and 5 bits but nf4 add 16 products of a lane in 16 bits, as in gemm_int_avx2.inc.h. q8_0 and nf4 (by a
// table of its levels times 127: 0.4 % of a weight's size) multiply magnitudes of activations with weights that take
// the activation's sign; two such products fit 16 bits, 2·127·128.

enum { FEW_AHEAD = 4096 }; // bytes from reading to prefetching

static const int8_t few_nf4[16] = {-127, -88, -67, -50, -36, -23, -12, 0, 10, 20, 31, 43, 56, 71, 92, 127};

// few_group computes rows × 16 results of one group; rows is a constant where it is called.
INLINE void few_group(const int dtype, const int rows, const codes *c, int64_t m, const uint8_t *group, vf out[][2]) {
	const int wide = dtype == DT_Q8_0 || dtype == DT_NF4, k = is_k(dtype);
	const int header = dtype == DT_Q4_1 ? 64 : 32, size = dtype == DT_Q8_0 ? 512 : 256;
	const int halves = dtype == DT_Q8_0 ? 1 : 2; // of a byte
	const __m256i low = _mm256_set1_epi8(15), one = _mm256_set1_epi16(1);
	const __m256i table = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)few_nf4));
	vf total[4][2];
	UNROLL(4)
	for (int i = 0; i < rows; i++) total[i][0] = total[i][1] = vf_zero();
	const uint8_t *q = c->code + m * c->code_row;
	const int64_t first = m * c->blocks;
	for (int64_t b = 0; b < c->blocks; b++, q += 32) {
		packed_block p = packed_at(group, header, size, b, c->blocks);
		packed_k pk = packed_k_at(dtype, group, b);
		if (k) p.code = pk.code;
		UNROLL(8)
		for (int i = 0; i < size; i += 64) _mm_prefetch((const char *)p.code + FEW_AHEAD + i, _MM_HINT_T0);
		if (dtype == DT_Q5_K) _mm_prefetch((const char *)p.code + FEW_AHEAD + size, _MM_HINT_T0);
		__m256i acc[4][2];
		UNROLL(4)
		for (int i = 0; i < rows; i++) acc[i][0] = acc[i][1] = wide ? _mm256_setzero_si256() : _mm256_set1_epi32(c->lead[first + i * c->blocks + b]);
		UNROLL(8)
		for (int j = 0; j < size / 64; j++) {
			__m256i w[2][2]; // [k, k + 16][rows 0 to 7, 8 to 15]
			UNROLL(2)
			for (int v = 0; v < 2; v++) {
				if (k) {
					w[0][v] = int_k_codes(dtype, pk, 0, j, v);
					w[1][v] = int_k_codes(dtype, pk, 1, j, v);
					continue;
				}
				__m256i x = vi_load(p.code + j * 64 + v * 32);
				w[0][v] = size == 512 ? x : _mm256_and_si256(x, low);
				w[1][v] = _mm256_and_si256(_mm256_srli_epi16(x, 4), low);
				if (dtype == DT_NF4) {
					w[0][v] = _mm256_shuffle_epi8(table, w[0][v]);
					w[1][v] = _mm256_shuffle_epi8(table, w[1][v]);
				}
			}
			UNROLL(4)
			for (int i = 0; i < rows; i++) {
				UNROLL(2)
				for (int h = 0; h < halves; h++) {
					__m256i x = int_four(q + i * c->code_row + j * 4 + h * 16);
					if (wide) {
						__m256i a = _mm256_abs_epi8(x);
						acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(one, _mm256_maddubs_epi16(a, _mm256_sign_epi8(w[h][0], x))));
						acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(one, _mm256_maddubs_epi16(a, _mm256_sign_epi8(w[h][1], x))));
					} else {
						acc[i][0] = _mm256_add_epi16(acc[i][0], _mm256_maddubs_epi16(w[h][0], x));
						acc[i][1] = _mm256_add_epi16(acc[i][1], _mm256_maddubs_epi16(w[h][1], x));
					}
					INT_ORDER(acc[i][0]);
					INT_ORDER(acc[i][1]);
				}
			}
		}
		vf s[2], l[2];
		UNROLL(2)
		for (int v = 0; v < 2; v++) {
			if (k) {
				k_scales(pk, b, v * 8, &s[v], &l[v]);
				l[v] = vf_fma(s[v], vf_set1(dtype == DT_Q5_K ? 16 : 8), l[v]);
			} else if (dtype == DT_NF4) {
				s[v] = vf_mul(vf_load((const float *)(p.scale - (b & 1) * 32) + v * 8), vf_set1(1 / 127.0f));
			} else {
				s[v] = vf_load_f16((const uint16_t *)p.scale + v * 8);
			}
			if (dtype == DT_Q4_1) l[v] = vf_fma(s[v], vf_set1(8), vf_load_f16((const uint16_t *)p.least + v * 8));
		}
		UNROLL(4)
		for (int i = 0; i < rows; i++) {
			vf d = vf_set1(c->scale[first + i * c->blocks + b]);
			UNROLL(2)
			for (int v = 0; v < 2; v++) {
				__m256i a = wide ? acc[i][v] : _mm256_madd_epi16(acc[i][v], one);
				total[i][v] = vf_fma(vf_mul(vf_from_vi(a), s[v]), d, total[i][v]);
				if (int_least(dtype)) total[i][v] = vf_fma(l[v], vf_set1(c->sum[first + i * c->blocks + b]), total[i][v]);
			}
		}
	}
	UNROLL(4)
	for (int i = 0; i < rows; i++) {
		out[i][0] = total[i][0];
		out[i][1] = total[i][1];
	}
}

// few_group6 is few_group for q6_k: each half of a block has a scale of its own, and 8 products of a lane fit 16 bits,
// 8·32·127.
INLINE void few_group6(const int rows, const codes *c, int64_t m, const uint8_t *group, vf out[][2]) {
	UNROLL(4)
	for (int i = 0; i < rows; i++) out[i][0] = out[i][1] = vf_zero();
	const uint8_t *q = c->code + m * c->code_row;
	const int64_t first = m * c->blocks;
	for (int64_t b = 0; b < c->blocks; b++, q += 32) {
		packed_k p = packed_k_at(DT_Q6_K, group, b);
		UNROLL(6)
		for (int i = 0; i < 384; i += 64) _mm_prefetch((const char *)p.code + FEW_AHEAD + i, _MM_HINT_T0);
		UNROLL(2)
		for (int h = 0; h < 2; h++) {
			__m256i acc[4][2];
			UNROLL(4)
			for (int i = 0; i < rows; i++) {
				int64_t at = first + i * c->blocks + b;
				__m256i lead = _mm256_set1_epi32(c->half[at]);
				acc[i][0] = acc[i][1] = h ? _mm256_sub_epi16(_mm256_set1_epi32(c->lead[at]), lead) : lead;
			}
			UNROLL(4)
			for (int j = 0; j < 4; j++) {
				__m256i w0 = int_k_codes(DT_Q6_K, p, h, j, 0), w1 = int_k_codes(DT_Q6_K, p, h, j, 1);
				UNROLL(4)
				for (int i = 0; i < rows; i++) {
					__m256i x = int_four(q + i * c->code_row + j * 4 + h * 16);
					acc[i][0] = _mm256_add_epi16(acc[i][0], _mm256_maddubs_epi16(w0, x));
					acc[i][1] = _mm256_add_epi16(acc[i][1], _mm256_maddubs_epi16(w1, x));
					INT_ORDER(acc[i][0]);
					INT_ORDER(acc[i][1]);
				}
			}
			UNROLL(2)
			for (int v = 0; v < 2; v++) {
				vf s = k_scale6(p, b, h, v * 8);
				UNROLL(4)
				for (int i = 0; i < rows; i++) {
					vf d = vf_set1(c->scale[first + i * c->blocks + b]);
					out[i][v] = vf_fma(vf_mul(vf_from_vi(_mm256_madd_epi16(acc[i][v], _mm256_set1_epi16(1))), s), d, out[i][v]);
				}
			}
		}
	}
}

// A few rows times packed weights, for AVX-512 with VNNI: codes go from memory straight into sums. Activations are int8.

enum { FEW_AHEAD = 6912 }; // bytes from reading to prefetching

// few_group computes rows × 16 results of one group; rows is a constant where it is called.
INLINE void few_group(const int dtype, const int rows, const codes *c, int64_t m, const uint8_t *group, vf out[][1]) {
	const int vectors = dtype == DT_Q8_0 ? 8 : 4, halves = dtype == DT_Q8_0 ? 1 : 2;
	vi table = int_table(int_levels8);
	vf total[4];
	UNROLL(4)
	for (int i = 0; i < rows; i++) total[i] = vf_zero();
	const uint8_t *q = c->code + m * c->code_row;
	const int64_t first = m * c->blocks;
	for (int64_t b = 0; b < c->blocks; b++, q += 32) {
		packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, vectors * 64, b, c->blocks);
		vi acc[4][2];
		UNROLL(4)
		for (int i = 0; i < rows; i++) {
			acc[i][0] = vi_set1(c->lead[first + i * c->blocks + b]);
			acc[i][1] = vi_set1(0);
		}
		UNROLL(8)
		for (int j = 0; j < vectors; j++) {
			_mm_prefetch((const char *)p.code + FEW_AHEAD + j * 64, _MM_HINT_T0);
			UNROLL(2)
			for (int h = 0; h < halves; h++) {
				vi w = int_codes(dtype, p.code + j * 64, h, table);
				const int chain = dtype == DT_Q8_0 ? j & 1 : h; // two sums, so that neither waits for itself
				UNROLL(4)
				for (int i = 0; i < rows; i++) acc[i][chain] = _mm512_dpbusd_epi32(acc[i][chain], w, int_four(q + i * c->code_row + j * 4 + h * 16));
			}
		}
		vf s = int_scale(dtype, 127, p, b), l = vf_zero();
		if (dtype == DT_Q4_1) l = vf_fma(s, vf_set1(8), vf_load_f16((const uint16_t *)p.least));
		UNROLL(4)
		for (int i = 0; i < rows; i++) {
			vf d = vf_mul(s, vf_set1(c->scale[first + i * c->blocks + b]));
			total[i] = vf_fma(vf_from_vi(vi_add(acc[i][0], acc[i][1])), d, total[i]);
			if (dtype == DT_Q4_1) total[i] = vf_fma(l, vf_set1(c->sum[first + i * c->blocks + b]), total[i]);
		}
	}
	UNROLL(4)
	for (int i = 0; i < rows; i++) out[i][0] = total[i];
}

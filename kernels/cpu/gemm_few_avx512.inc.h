// A few rows times packed weights, for AVX-512 with VNNI: codes go from memory straight into sums. Activations are int8.

enum { FEW_AHEAD = 6912 }; // bytes from reading to prefetching

// few_group computes rows × 16 results of one group; rows is a constant where it is called.
INLINE void few_group(const int dtype, const int rows, const codes *c, int64_t m, const uint8_t *group, vf out[][1]) {
	const int vectors = dtype == DT_Q8_0 ? 8 : 4, halves = dtype == DT_Q8_0 ? 1 : 2;
	const int k = is_k(dtype), six = dtype == DT_Q6_K;
	vi table = int_table(int_levels8);
	vf total[4];
	UNROLL(4)
	for (int i = 0; i < rows; i++) total[i] = vf_zero();
	const uint8_t *q = c->code + m * c->code_row;
	const int64_t first = m * c->blocks;
	for (int64_t b = 0; b < c->blocks; b++, q += 32) {
		packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, vectors * 64, b, c->blocks);
		packed_k pk = packed_k_at(dtype, group, b);
		if (k) p.code = pk.code;
		if (dtype == DT_Q5_K || six) _mm_prefetch((const char *)p.code + FEW_AHEAD + 256, _MM_HINT_T0);
		if (six) _mm_prefetch((const char *)p.code + FEW_AHEAD + 320, _MM_HINT_T0);
		vi acc[4][2];
		UNROLL(4)
		for (int i = 0; i < rows; i++) {
			int64_t at = first + i * c->blocks + b;
			acc[i][0] = vi_set1(six ? c->half[at] : c->lead[at]);
			acc[i][1] = vi_set1(six ? c->lead[at] - c->half[at] : 0);
		}
		UNROLL(8)
		for (int j = 0; j < vectors; j++) {
			_mm_prefetch((const char *)p.code + FEW_AHEAD + j * 64, _MM_HINT_T0);
			UNROLL(2)
			for (int h = 0; h < halves; h++) {
				vi w = k ? int_k_codes(dtype, pk, h, j) : int_codes(dtype, p.code + j * 64, h, table);
				const int chain = dtype == DT_Q8_0 ? j & 1 : h; // two sums, so that neither waits for itself
				UNROLL(4)
				for (int i = 0; i < rows; i++) acc[i][chain] = _mm512_dpbusd_epi32(acc[i][chain], w, int_four(q + i * c->code_row + j * 4 + h * 16));
			}
		}
		if (six) {
			vf s0 = k_scale6(pk, b, 0, 0), s1 = k_scale6(pk, b, 1, 0);
			UNROLL(4)
			for (int i = 0; i < rows; i++) {
				vf d = vf_set1(c->scale[first + i * c->blocks + b]);
				total[i] = vf_fma(vf_from_vi(acc[i][0]), vf_mul(s0, d), total[i]);
				total[i] = vf_fma(vf_from_vi(acc[i][1]), vf_mul(s1, d), total[i]);
			}
			continue;
		}
		vf s, l = vf_zero();
		if (k) {
			k_scales(pk, b, 0, &s, &l);
			l = vf_fma(s, vf_set1(dtype == DT_Q5_K ? 16 : 8), l);
		} else {
			s = int_scale(dtype, 127, p, b);
		}
		if (dtype == DT_Q4_1) l = vf_fma(s, vf_set1(8), vf_load_f16((const uint16_t *)p.least));
		UNROLL(4)
		for (int i = 0; i < rows; i++) {
			vf d = vf_mul(s, vf_set1(c->scale[first + i * c->blocks + b]));
			total[i] = vf_fma(vf_from_vi(vi_add(acc[i][0], acc[i][1])), d, total[i]);
			if (int_least(dtype)) total[i] = vf_fma(l, vf_set1(c->sum[first + i * c->blocks + b]), total[i]);
		}
	}
	UNROLL(4)
	for (int i = 0; i < rows; i++) out[i][0] = total[i];
}

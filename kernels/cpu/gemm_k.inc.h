// Packed q4_k, q5_k and q6_k: scales of a block as floats, values of a block. dtype is a constant where these are called.

// k_scales gives scale and minimum (to be added) of rows n … n+VL of block b of q4_k or q5_k.
INLINE void k_scales(packed_k p, int64_t b, int n, vf *scale, vf *add) {
	vi low = vi_load_i8((const int8_t *)p.header + 64 + (b & 7) * 16 + n), high = vi_load_i8((const int8_t *)p.header + 192 + (b & 3) * 16 + n);
	if (b & 4) high = vi_shr(high, 4);
	vi s = vi_or(vi_and(low, vi_set1(15)), vi_shl(vi_and(high, vi_set1(3)), 4));
	vi t = vi_or(vi_and(vi_shr(low, 4), vi_set1(15)), vi_shl(vi_and(high, vi_set1(12)), 2));
	*scale = vf_mul(vf_from_vi(s), vf_load_f16((const uint16_t *)p.header + n));
	*add = vf_neg(vf_mul(vf_from_vi(t), vf_load_f16((const uint16_t *)p.header + 16 + n)));
}

// k_scale6 gives the scale of q6_k's rows n … n+VL for the first (half 0) or last 16 columns of block b.
INLINE vf k_scale6(packed_k p, int64_t b, int half, int n) {
	return vf_mul(vf_load_i8((const int8_t *)p.header + 32 + ((b & 7) * 2 + half) * 16 + n), vf_load_f16((const uint16_t *)p.header + n));
}

// k_panel decodes a block: 16 floats for each of its 32 columns, ld apart.
INLINE void k_panel(const int dtype, const uint8_t *group, int64_t b, float *out, int64_t ld) {
	packed_k p = packed_k_at(dtype, group, b);
	for (int n = 0; n < PACK_ROWS; n += VL)
		for (int half = 0; half < 2; half++) {
			vf scale, add;
			if (dtype == DT_Q6_K) scale = k_scale6(p, b, half, n);
			else k_scales(p, b, n, &scale, &add);
			for (int j = 0; j < 4; j++) {
				vi w = vi_load(p.code + j * 64 + n * 4), high = vi_set1(0);
				if (half) w = vi_shr(w, 4);
				if (dtype == DT_Q5_K) high = vi_shr(vi_load(p.code + 256 + n * 4), half * 4 + j);
				if (dtype == DT_Q6_K) high = vi_shr(vi_load(p.code + 256 + half * 64 + n * 4), j * 2);
				UNROLL(4)
				for (int i = 0; i < 4; i++) {
					vi q = vi_and(vi_shr(w, i * 8), vi_set1(15));
					if (dtype == DT_Q5_K) q = vi_or(q, vi_shl(vi_and(vi_shr(high, i * 8), vi_set1(1)), 4));
					if (dtype == DT_Q6_K) q = vi_sub(vi_or(q, vi_shl(vi_and(vi_shr(high, i * 8), vi_set1(3)), 4)), vi_set1(32));
					vf v = vf_mul(vf_from_vi(q), scale);
					vf_store(out + (half * 16 + j * 4 + i) * ld + n, dtype == DT_Q6_K ? v : vf_add(v, add));
				}
			}
		}
}

// A few rows times packed weights, for WebAssembly: codes go from memory straight into sums. Activations are int8.
//
// Four bits with relaxed SIMD: one product of 16 bytes adds four k of four rows, activations signed, weight codes 8 above
// their signed values (lead takes it back). Everything else widens to 16 bits, whose products of pairs add in 32. Codes of
// 8 bits do so with relaxed SIMD, too: where the CPU lacks VNNI that product takes three instructions, and needs
// two for signed weights.

// int_direct says which packed formats there are products for; others go in f32.
INLINE int int_direct(int dtype) { return dtype == DT_Q4_0 || dtype == DT_Q4_1 || dtype == DT_Q8_0; }

// int_centre is what unsigned codes are above signed ones.
INLINE int int_centre(int dtype) { return dtype == DT_Q8_0 ? 0 : 8; }

// codes_block8's lead is for the sum over a block.
INLINE void codes_block8(const float *x, const codes *c, int64_t at, int8_t *q) {
	vf v[8];
	vi top = vi_set1(0);
	UNROLL(8)
	for (int i = 0; i < 8; i++) {
		v[i] = vf_load(x + i * 4);
		top = (vi)wasm_i32x4_max((v128_t)top, (v128_t)vi_cast(vf_abs(v[i]))); // as integers, in which NaN is the greatest
	}
	top = (vi)wasm_i32x4_max((v128_t)top, wasm_i32x4_shuffle((v128_t)top, (v128_t)top, 2, 3, 0, 1));
	top = (vi)wasm_i32x4_max((v128_t)top, wasm_i32x4_shuffle((v128_t)top, (v128_t)top, 1, 0, 3, 2));
	float greatest = wasm_f32x4_extract_lane((v128_t)top, 0);
	vf by = vf_set1(greatest > 0 ? 127 / greatest : 0);
	v128_t h[4], sums = wasm_i32x4_const_splat(0);
	UNROLL(4)
	for (int i = 0; i < 4; i++) {
		h[i] = wasm_i16x8_narrow_i32x4((v128_t)vi_from_vf(vf_mul(v[2 * i], by)), (v128_t)vi_from_vf(vf_mul(v[2 * i + 1], by)));
		sums = wasm_i32x4_add(sums, wasm_i32x4_extadd_pairwise_i16x8(h[i]));
	}
	wasm_v128_store(q, wasm_i8x16_narrow_i16x8(h[0], h[1]));
	wasm_v128_store(q + 16, wasm_i8x16_narrow_i16x8(h[2], h[3]));
	int32_t all = wasm_i32x4_extract_lane(sums, 0) + wasm_i32x4_extract_lane(sums, 1) + wasm_i32x4_extract_lane(sums, 2) + wasm_i32x4_extract_lane(sums, 3);
	c->lead[at] = -c->centre * all;
	c->scale[at] = greatest * (greatest > 3e38f ? __builtin_nanf("") : 1 / 127.0f);
	c->sum[at] = c->scale[at] * (float)all;
}

// few_sums are sums over a block of four rows of weights from p on, 64 bytes apart for each four k.
INLINE vi few_sums(const int dtype, const uint8_t *p, const int8_t *x, int32_t lead) {
	const v128_t low = wasm_i8x16_const_splat(15);
#ifdef __wasm_relaxed_simd__
	if (dtype != DT_Q8_0) {
		v128_t a = wasm_i32x4_splat(lead), b = wasm_i32x4_const_splat(0); // two sums, so that neither waits for itself
		UNROLL(4)
		for (int j = 0; j < 4; j++) {
			v128_t w = wasm_v128_load(p + j * 64);
			a = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load32_splat(x + j * 4), wasm_v128_and(w, low), a);
			b = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(wasm_v128_load32_splat(x + 16 + j * 4), wasm_u8x16_shr(w, 4), b);
		}
		return (vi)wasm_i32x4_add(a, b);
	}
#endif
	v128_t a = wasm_i32x4_const_splat(0), b = a; // rows 0 and 1, 2 and 3: of each the sums of k 0, 1 and of k 2, 3
	if (dtype == DT_Q8_0) {
		UNROLL(8)
		for (int j = 0; j < 8; j++) {
			v128_t w = wasm_v128_load(p + j * 64), y = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_splat(x + j * 4));
			a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_low_i8x16(w), y));
			b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(wasm_i16x8_extend_high_i8x16(w), y));
		}
	} else {
		UNROLL(4)
		for (int j = 0; j < 4; j++) {
			v128_t w = wasm_v128_load(p + j * 64), l = wasm_v128_and(w, low), h = wasm_u8x16_shr(w, 4);
			v128_t y = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_splat(x + j * 4)), z = wasm_i16x8_extend_low_i8x16(wasm_v128_load32_splat(x + 16 + j * 4));
			a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(l), y));
			b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(l), y));
			a = wasm_i32x4_add(a, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_low_u8x16(h), z));
			b = wasm_i32x4_add(b, wasm_i32x4_dot_i16x8(wasm_u16x8_extend_high_u8x16(h), z));
		}
	}
	v128_t sum = wasm_i32x4_add(wasm_i32x4_shuffle(a, b, 0, 2, 4, 6), wasm_i32x4_shuffle(a, b, 1, 3, 5, 7));
	return (vi)wasm_i32x4_add(sum, wasm_i32x4_splat(lead));
}

// few_group computes rows × 16 results of one group; rows is a constant where it is called.
INLINE void few_group(const int dtype, const int rows, const codes *c, int64_t m, const uint8_t *group, vf out[][PACK_ROWS / VL]) {
	UNROLL(4)
	for (int i = 0; i < rows; i++)
		UNROLL(4)
		for (int v = 0; v < 4; v++) out[i][v] = vf_zero();
	const uint8_t *q = c->code + m * c->code_row;
	const int64_t first = m * c->blocks;
	for (int64_t b = 0; b < c->blocks; b++, q += 32) {
		packed_block p = packed_at(group, dtype == DT_Q4_1 ? 64 : 32, dtype == DT_Q8_0 ? 512 : 256, b, c->blocks);
		UNROLL(4)
		for (int v = 0; v < 4; v++) {
			vf s = vf_load_f16((const uint16_t *)p.scale + v * 4), l = vf_zero();
			if (dtype == DT_Q4_1) l = vf_fma(s, vf_set1(8), vf_load_f16((const uint16_t *)p.least + v * 4));
			UNROLL(4)
			for (int i = 0; i < rows; i++) {
				int64_t at = first + i * c->blocks + b;
				vi sum = few_sums(dtype, p.code + v * 16, (const int8_t *)q + i * c->code_row, c->lead[at]);
				out[i][v] = vf_fma(vf_mul(vf_from_vi(sum), s), vf_set1(c->scale[at]), out[i][v]);
				if (dtype == DT_Q4_1) out[i][v] = vf_fma(l, vf_set1(c->sum[at]), out[i][v]);
			}
		}
	}
}

// Panels: a part of B as f32, TILE_COLS columns side by side for each k, whatever it is stored as.
//
// panel_fill writes columns n0 … n0+n of B, for k0 … k0+k, as consecutive panels of k·TILE_COLS floats. Columns past n
// in the last panel hold anything. Where B is in blocks n0, k0 and n are multiples of 32 (n or k may end where B does),
// and k0 and k of 256 where the blocks have 256 values and lie along k. tmp holds PANEL_TMP floats.

enum { PANEL_K = 256, PANEL_TMP = 4096 };

// panels is where a part of B goes: depth rows a panel; the part begins at column col of the first one.
typedef struct {
	float *first;
	int64_t depth, col;
} panels;

INLINE float *panel_at(panels p, int64_t k, int64_t c) {
	c += p.col;
	return p.first + (c / TILE_COLS * p.depth + k) * TILE_COLS + c % TILE_COLS;
}

// panel_put transposes VL vectors (columns of B from c on, n values of k) into place.
INLINE void panel_put(panels p, int64_t k, int64_t c, vf r[VL], int n) {
	lanes_transpose(r);
	float *to = panel_at(p, k, c);
	UNROLL(16)
	for (int j = 0; j < VL; j++)
		if (j < n) vf_store(to + j * TILE_COLS, r[j]);
}

// panel_turn fills VL columns from rows stored along k, of which so many exist.
INLINE void panel_turn(const int dtype, const void *src, int64_t stride, int rows, int64_t k, panels p, int64_t c) {
	const uint8_t *s = src;
	vf r[VL];
	int64_t j = 0;
	if (rows >= VL) {
		for (; j + VL <= k; j += VL) {
			UNROLL(16)
			for (int i = 0; i < VL; i++) r[i] = lanes_load(dtype, s + i * stride, j);
			panel_put(p, j, c, r, VL);
		}
	}
	for (; j < k; j += VL) {
		int n = least(VL, k - j);
		for (int i = 0; i < VL; i++) r[i] = i < rows ? lanes_load_n(dtype, s + i * stride, j, n) : vf_zero();
		panel_put(p, j, c, r, n);
	}
}

// panel_copy fills n columns from rows stored along n.
INLINE void panel_copy(const int dtype, const void *src, int64_t stride, int64_t n, int64_t k, panels p) {
	const uint8_t *s = src;
	for (int64_t c = 0; c < n; c += VL) {
		float *to = panel_at(p, 0, c);
		if (n - c >= VL) {
			for (int64_t j = 0; j < k; j++) vf_store(to + j * TILE_COLS, lanes_load(dtype, s + j * stride, c));
		} else {
			for (int64_t j = 0; j < k; j++) vf_store(to + j * TILE_COLS, lanes_load_n(dtype, s + j * stride, c, n - c));
		}
	}
}

// panel_level is the value of the 4-bit code in the low bits of each lane, above which there may be others.
INLINE vf panel_level(const int dtype, vi code, vf d, vf m, lanes_table levels) {
	if (dtype == DT_NF4) return vf_mul(lanes_look(levels, code), d);
	vi q = vi_and(code, vi_set1(15));
	if (dtype == DT_Q4_0) return vf_mul(vf_from_vi(vi_sub(q, vi_set1(8))), d);
	return vf_add(vf_mul(vf_from_vi(q), d), m);
}

// panel_group decodes one 32-column block of a packed group: 16 floats for each of its 32 columns, ld apart.
INLINE void panel_group(const int dtype, const uint8_t *group, int64_t b, int64_t blocks, float *out, int64_t ld) {
	if (is_k(dtype)) {
		k_panel(dtype, group, b, out, ld);
		return;
	}
	pack_shape s = dtype == DT_Q4_1 ? (pack_shape){64, 256} : dtype == DT_Q8_0 ? (pack_shape){32, 512} : (pack_shape){32, 256};
	packed_block p = packed_at(group, s.header, s.codes, b, blocks);
	lanes_table levels = lanes_table_of(nf4_levels);
	for (int n = 0; n < PACK_ROWS; n += VL) {
		vf d, m = vf_zero();
		if (dtype == DT_NF4) {
			d = vf_load((const float *)(p.scale - (b & 1) * 32) + n);
		} else {
			d = vf_load_f16((const uint16_t *)p.scale + n);
		}
		if (dtype == DT_Q4_1) m = vf_load_f16((const uint16_t *)p.least + n);
		if (dtype == DT_Q8_0) {
			for (int j = 0; j < 8; j++, out += 4 * ld) {
				vi w = vi_load(p.code + j * 64 + n * 4);
				vf_store(out + n, vf_mul(vf_from_vi(vi_sar(vi_shl(w, 24), 24)), d));
				vf_store(out + n + ld, vf_mul(vf_from_vi(vi_sar(vi_shl(w, 16), 24)), d));
				vf_store(out + n + 2 * ld, vf_mul(vf_from_vi(vi_sar(vi_shl(w, 8), 24)), d));
				vf_store(out + n + 3 * ld, vf_mul(vf_from_vi(vi_sar(w, 24)), d));
			}
			out -= 32 * ld;
			continue;
		}
		for (int j = 0; j < 4; j++) {
			vi w = vi_load(p.code + j * 64 + n * 4);
			UNROLL(4)
			for (int i = 0; i < 4; i++) {
				float *to = out + (j * 4 + i) * ld + n;
				vf_store(to, panel_level(dtype, vi_shr(w, i * 8), d, m, levels));
				vf_store(to + 16 * ld, panel_level(dtype, vi_shr(w, i * 8 + 4), d, m, levels));
			}
		}
	}
}

// panel_packed fills n columns from groups of 16 rows, which are columns of B (tb) or its k.
INLINE void panel_packed(const int dtype, const gemm *g, int64_t n0, int64_t n, int64_t k0, int64_t k, panels p, float *tmp) {
	size_t bytes = dtype_bytes(dtype, g->b_cols) * PACK_ROWS;
	int64_t blocks = g->b_cols / PACK_COLS;
	const uint8_t *b = (const uint8_t *)g->b + (g->b_first + (g->tb ? n0 : k0)) / PACK_ROWS * bytes;
	if (g->tb) {
		for (int64_t c = 0; c < n; c += PACK_ROWS, b += bytes)
			for (int64_t j = 0; j < k; j += PACK_COLS) panel_group(dtype, b, (k0 + j) / PACK_COLS, blocks, panel_at(p, j, c), TILE_COLS);
		return;
	}
	for (int64_t j = 0; j < k; j += PACK_ROWS, b += bytes) {
		for (int64_t c = 0; c < n; c += PACK_COLS) {
			panel_group(dtype, b, (n0 + c) / PACK_COLS, blocks, tmp, PACK_ROWS);
			for (int u = 0; u < PACK_COLS; u += VL) {
				for (int i = 0; i < PACK_ROWS; i += VL) {
					vf r[VL];
					UNROLL(16)
					for (int v = 0; v < VL; v++) r[v] = vf_load(tmp + (u + v) * PACK_ROWS + i);
					panel_put(p, j + i, c + u, r, VL);
				}
			}
		}
	}
}

// panel_decoded fills n columns from rows of any dtype, by decode_values.
static void panel_decoded(const gemm *g, int64_t n0, int64_t n, int64_t k0, int64_t k, panels p, float *tmp) {
	size_t row = dtype_bytes(g->dtype, g->b_cols);
	const uint8_t *b = (const uint8_t *)g->b + g->b_first * row;
	if (g->tb) {
		for (int64_t c = 0; c < n; c += VL) {
			int rows = least(VL, n - c);
			for (int i = 0; i < rows; i++) decode_values(g->dtype, b + (n0 + c + i) * row + dtype_bytes(g->dtype, k0), k, tmp + i * k);
			panel_turn(DT_F32, tmp, k * 4, rows, k, p, c);
		}
		return;
	}
	int64_t block = dtype_block(g->dtype), from = n0 / block * block, to = least(round_up(n0 + n, block), g->b_cols);
	for (int64_t j = 0; j < k; j++) {
		decode_values(g->dtype, b + (k0 + j) * row + dtype_bytes(g->dtype, from), to - from, tmp);
		for (int64_t c = 0; c < n; c++) *panel_at(p, j, c) = tmp[n0 - from + c];
	}
}

INLINE void panel_plain(const int dtype, const gemm *g, int64_t n0, int64_t n, int64_t k0, int64_t k, panels p) {
	int64_t size = dtype == DT_F32 ? 4 : 2, row = g->b_cols * size;
	const uint8_t *b = (const uint8_t *)g->b + g->b_first * row;
	if (!g->tb) {
		panel_copy(dtype, b + k0 * row + n0 * size, row, n, k, p);
		return;
	}
	for (int64_t c = 0; c < n; c += VL) panel_turn(dtype, b + (n0 + c) * row + k0 * size, row, least(VL, n - c), k, p, c);
}

// panel_same fills from a part of B that is stored in one way.
static void panel_same(const gemm *g, int packed, int64_t n0, int64_t n, int64_t k0, int64_t k, panels p, float *tmp) {
	switch (packed ? g->dtype + DT_COUNT : g->dtype) {
	case DT_F32: panel_plain(DT_F32, g, n0, n, k0, k, p); return;
	case DT_F16: panel_plain(DT_F16, g, n0, n, k0, k, p); return;
	case DT_BF16: panel_plain(DT_BF16, g, n0, n, k0, k, p); return;
	case DT_Q8_0 + DT_COUNT: panel_packed(DT_Q8_0, g, n0, n, k0, k, p, tmp); return;
	case DT_Q4_0 + DT_COUNT: panel_packed(DT_Q4_0, g, n0, n, k0, k, p, tmp); return;
	case DT_Q4_1 + DT_COUNT: panel_packed(DT_Q4_1, g, n0, n, k0, k, p, tmp); return;
	case DT_NF4 + DT_COUNT: panel_packed(DT_NF4, g, n0, n, k0, k, p, tmp); return;
	case DT_Q4_K + DT_COUNT: panel_packed(DT_Q4_K, g, n0, n, k0, k, p, tmp); return;
	case DT_Q5_K + DT_COUNT: panel_packed(DT_Q5_K, g, n0, n, k0, k, p, tmp); return;
	case DT_Q6_K + DT_COUNT: panel_packed(DT_Q6_K, g, n0, n, k0, k, p, tmp); return;
	}
	panel_decoded(g, n0, n, k0, k, p, tmp);
}

// panel_fill divides where the packed rows end.
static void panel_fill(const gemm *g, int64_t n0, int64_t n, int64_t k0, int64_t k, float *to, float *tmp) {
	panels p = {to, k, 0};
	int64_t first = g->tb ? n0 : k0, count = g->tb ? n : k;
	int64_t packed = most(0, least(count, packed_rows(g) - g->b_first - first));
	if (packed > 0) panel_same(g, 1, n0, g->tb ? packed : n, k0, g->tb ? k : packed, p, tmp);
	if (packed == count) return;
	if (g->tb) {
		p.col = packed;
		panel_same(g, 0, n0 + packed, n - packed, k0, k, p, tmp);
	} else {
		p.first += packed * TILE_COLS;
		panel_same(g, 0, n0, n, k0 + packed, k - packed, p, tmp);
	}
}

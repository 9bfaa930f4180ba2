// Matmul with a weight in blocks and activations rounded to integers: a task turns its part of B into panels of codes,
// tiles run over them.
//
// Weights that lie packed along k keep their own codes (the product is then exact but for the activations); all others,
// and all weights that lie along n (dx = dy·W), become f32 first and then 16-bit codes with a scale for each 32 k.

enum {
	INT_PANELS = 4,   // in a chunk
	INT_DEPTH = 24,   // blocks of a pass over k
	INT_BLOCK_ROWS = 64,
	INT_STAGE = 256,  // k turned into f32 at a time
	INT_WIDE = 32,    // columns turned at a time: a whole block, one panel or two
	INT_LOCAL = INT_PANELS * INT_DEPTH * BLOCK16 + (INT_WIDE * INT_STAGE + PANEL_TMP) * 4,
};

// gemm_int_fits says whether g may be computed with integers.
INLINE int gemm_int_fits(const gemm *g, int activations) {
	return activations != 0 && !is_plain(g->dtype) && g->a_step == 1;
}

INLINE int gemm_int_direct(const gemm *g) { return g->tb && g->layout == LAYOUT_PACKED16 && int_direct(g->dtype); }

INLINE int gemm_int_bits(const gemm *g, int activations) {
	return gemm_int_direct(g) ? int_bits(g->dtype, activations) : 16;
}

// gemm_int_of plans g, the codes of whose activations lie at p. Rows past the packed ones are left to gemm_rest.
INLINE gemm_int gemm_int_of(const gemm *g, int activations, uint8_t *p, int threads) {
	gemm_int r = {.g = *g, .direct = gemm_int_direct(g)};
	int bits = gemm_int_bits(g, activations);
	r.c = codes_place(p, g->m, g->k, bits, int_limit(g->dtype, bits, r.direct), int_centre(g->dtype));
	if (r.direct) r.g.n = least(g->n, packed_rows(g) - g->b_first);
	gemm_divide(&r.g, threads, INT_WIDE, INT_PANELS * TILE_COLS, 16 * INT_ROWS);
	return r;
}

// int_unpack writes blocks b0 … b0+blocks of 16 packed columns, n columns into the panel at out.
INLINE void int_unpack(const int dtype, const int bits, const gemm *g, int64_t n, int64_t b0, int64_t blocks, uint8_t *out) {
	const uint8_t *group = (const uint8_t *)g->b + (g->b_first + n) * dtype_bytes(dtype, g->b_cols);
	int64_t all = g->b_cols / PACK_COLS;
	for (int64_t b = 0; b < blocks; b++) {
		if (bits == 8) int_unpack8(dtype, group, b0 + b, all, out + b * BLOCK8);
		else int_unpack16(dtype, group, b0 + b, all, out + b * BLOCK16);
	}
}

static void int_panel_direct(const gemm_int *p, int64_t n, int64_t b0, int64_t blocks, uint8_t *out) {
	const gemm *g = &p->g;
	switch (g->dtype * 100 + p->c.bits) {
#ifdef INT_ALL_8
	case DT_Q8_0 * 100 + 8: int_unpack(DT_Q8_0, 8, g, n, b0, blocks, out); return;
	case DT_NF4 * 100 + 8: int_unpack(DT_NF4, 8, g, n, b0, blocks, out); return;
#endif
	case DT_Q4_0 * 100 + 8: int_unpack(DT_Q4_0, 8, g, n, b0, blocks, out); return;
	case DT_Q4_1 * 100 + 8: int_unpack(DT_Q4_1, 8, g, n, b0, blocks, out); return;
	case DT_Q4_K * 100 + 8: int_unpack(DT_Q4_K, 8, g, n, b0, blocks, out); return;
	case DT_Q5_K * 100 + 8: int_unpack(DT_Q5_K, 8, g, n, b0, blocks, out); return;
	case DT_Q8_0 * 100 + 16: int_unpack(DT_Q8_0, 16, g, n, b0, blocks, out); return;
	case DT_NF4 * 100 + 16: int_unpack(DT_NF4, 16, g, n, b0, blocks, out); return;
	case DT_Q4_0 * 100 + 16: int_unpack(DT_Q4_0, 16, g, n, b0, blocks, out); return;
	case DT_Q4_1 * 100 + 16: int_unpack(DT_Q4_1, 16, g, n, b0, blocks, out); return;
	case DT_Q4_K * 100 + 16: int_unpack(DT_Q4_K, 16, g, n, b0, blocks, out); return;
	case DT_Q5_K * 100 + 16: int_unpack(DT_Q5_K, 16, g, n, b0, blocks, out); return;
	case DT_Q6_K * 100 + 16: int_unpack(DT_Q6_K, 16, g, n, b0, blocks, out); return;
	}
}

// int_panels fills the panels of columns n0 … n1 for a pass; panels are depth blocks apart.
static void int_panels(const gemm_int *p, int64_t n0, int64_t n1, int64_t b0, int64_t blocks, uint8_t *out, float *stage) {
	int64_t block = p->c.bits == 8 ? BLOCK8 : BLOCK16;
	if (p->direct) {
		for (int64_t n = n0; n < n1; n += PACK_ROWS)
			int_panel_direct(p, n, b0, blocks, out + (n - n0) / TILE_COLS * INT_DEPTH * block + (n - n0) % TILE_COLS * 4);
		return;
	}
	float *tmp = stage + INT_WIDE * INT_STAGE;
	for (int64_t n = n0; n < n1; n += INT_WIDE) {
		for (int64_t b = 0; b < blocks; b += INT_STAGE / 32) {
			int64_t k0 = (b0 + b) * 32, rows = least(INT_STAGE, (blocks - b) * 32), k = least(rows, p->g.k - k0);
			panel_fill(&p->g, n, least(INT_WIDE, n1 - n), k0, k, stage, tmp);
			for (int64_t v = 0; v < INT_WIDE && n + v < n1; v += TILE_COLS) {
				const float *from = stage + v * k;
				uint8_t *to = out + ((n + v - n0) / TILE_COLS * INT_DEPTH + b) * block;
				for (int64_t i = 0; i < rows; i += 32, to += block) {
					if (k - i >= 32) {
						int_requantize16(from + i * TILE_COLS, to);
						continue;
					}
					float last[32 * TILE_COLS] = {0};
					memcpy(last, from + i * TILE_COLS, (k - i) * TILE_COLS * sizeof *last);
					int_requantize16(last, to);
				}
			}
		}
	}
}

typedef void int_tile_fn(int64_t blocks, const codes *c, int64_t m, int64_t b0, const uint8_t *panel, const tile_out *o);

#define INT_TILE(bits, rows, least) \
	static void int_tile_##bits##_##rows##_##least(int64_t blocks, const codes *c, int64_t m, int64_t b0, const uint8_t *panel, const tile_out *o) { \
		int_tile(bits, rows, least, blocks, c, m, b0, panel, o); \
	}
#define INT_TILES(X, bits, least) X(bits, 1, least) X(bits, 2, least) X(bits, 3, least) X(bits, 4, least) INT_TILES_MORE(X, bits, least)
#ifndef INT_TILES_MORE
#define INT_TILES_MORE(X, bits, least)
#endif
INT_TILES(INT_TILE, 8, 0)
INT_TILES(INT_TILE, 8, 1)
INT_TILES(INT_TILE, 16, 0)
INT_TILES(INT_TILE, 16, 1)
#define INT_TILE_ROW(bits, rows, least) int_tile_##bits##_##rows##_##least,
static int_tile_fn *const int_tiles[4][INT_ROWS] = {
	{INT_TILES(INT_TILE_ROW, 8, 0)}, {INT_TILES(INT_TILE_ROW, 8, 1)}, {INT_TILES(INT_TILE_ROW, 16, 0)}, {INT_TILES(INT_TILE_ROW, 16, 1)},
};

static void gemm_int_task(const gemm_int *p, int64_t task, uint8_t *local) {
	const gemm *g = &p->g;
	gemm_part t = gemm_part_of(g, task);
	float *stage = (float *)(local + INT_PANELS * INT_DEPTH * BLOCK16);
	int64_t block = p->c.bits == 8 ? BLOCK8 : BLOCK16;
	int64_t passes = most(1, ceil_div(p->c.blocks, INT_DEPTH)), unit = p->direct || !g->tb ? 1 : most(1, dtype_block(g->dtype) / 32);
	int64_t depth = round_up(ceil_div(p->c.blocks, passes), unit);
	if (depth > INT_DEPTH) depth = INT_DEPTH / unit * unit;
	int_tile_fn *const *tile = int_tiles[(p->c.bits == 16) * 2 + (p->direct && int_least(g->dtype))];
	for (int64_t b0 = 0; b0 == 0 || b0 < p->c.blocks; b0 += depth) {
		int64_t blocks = least(depth, p->c.blocks - b0);
		int_panels(p, t.n0, t.n1, b0, blocks, local, stage);
		for (int64_t m0 = t.m0; m0 < t.m1; m0 += INT_BLOCK_ROWS) {
			for (int64_t n = t.n0; n < t.n1; n += TILE_COLS) {
				const uint8_t *panel = local + (n - t.n0) / TILE_COLS * INT_DEPTH * block;
				int64_t left = least(INT_BLOCK_ROWS, t.m1 - m0), m = m0;
				for (int64_t tiles = ceil_div(left, INT_ROWS); tiles > 0; tiles--) {
					int64_t rows = ceil_div(left, tiles);
					tile_out o = {g->y + m * g->y_row + n, g->y_row, NULL, 0, g->alpha, least(TILE_COLS, t.n1 - n)};
					if (b0 > 0) {
						o.base = o.y;
						o.base_stride = g->y_row;
					} else if (g->c) {
						o.base = g->c + m * g->c_row + n;
						o.base_stride = g->c_row;
					}
					tile[rows - 1](blocks, &p->c, m, b0, panel, &o);
					m += rows;
					left -= rows;
				}
			}
		}
	}
}

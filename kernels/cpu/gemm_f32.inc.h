// Matmul in f32 exactly, for every dtype of B: parts of B become panels in this thread's memory, tiles run over them.
//
// The blocking: a task's n_chunk columns × PANEL_K of B (128 KB with AVX2) and BLOCK_ROWS rows × PANEL_K of A stay in
// the second cache, one panel (16 KB) and a tile's rows in the first. Over k a task adds to y what it wrote itself.

enum {
	F32_PANELS = 8,       // in a chunk
	BLOCK_ROWS = 96,      // of A between two passes over the chunk's panels
	DIRECT_ROWS = 24,     // up to so many rows of A, f32 rows of B stored along n are read where they lie
	F32_LOCAL = (F32_PANELS * PANEL_K * TILE_COLS + PANEL_TMP) * 4,
};

// gemm_f32_divide plans g for a team.
INLINE void gemm_f32_divide(gemm *g, int threads) {
	int64_t unit = is_plain(g->dtype) ? TILE_COLS : most(TILE_COLS, PACK_COLS);
	gemm_divide(g, threads, unit, F32_PANELS * TILE_COLS, g->n > 4 * TILE_COLS ? 8 * TILE_ROWS : 4 * TILE_ROWS);
}

// f32_depth is how much of k a pass takes: equal parts, of whole blocks.
INLINE int64_t f32_depth(const gemm *g) {
	if (g->k == 0) return 1;
	int64_t unit = is_plain(g->dtype) ? 1 : g->tb ? most(PACK_COLS, dtype_block(g->dtype)) : PACK_COLS;
	return round_up(ceil_div(g->k, ceil_div(g->k, PANEL_K)), unit);
}

static void gemm_f32_task(const gemm *g, int64_t task, uint8_t *local) {
	gemm_part t = gemm_part_of(g, task);
	float *panel = (float *)local, *tmp = panel + F32_PANELS * PANEL_K * TILE_COLS;
	int64_t depth = f32_depth(g);
	int direct = !g->tb && g->dtype == DT_F32 && (t.m1 - t.m0 <= DIRECT_ROWS || g->b_cols == TILE_COLS);
	for (int64_t k0 = 0; k0 == 0 || k0 < g->k; k0 += depth) {
		int64_t k = least(depth, g->k - k0);
		if (!direct) panel_fill(g, t.n0, t.n1 - t.n0, k0, k, panel, tmp);
		for (int64_t m0 = t.m0; m0 < t.m1; m0 += BLOCK_ROWS) {
			int64_t m = least(BLOCK_ROWS, t.m1 - m0);
			const float *a = g->a + m0 * g->a_row + k0 * g->a_step;
			for (int64_t n = t.n0; n < t.n1; n += TILE_COLS) {
				tile_out o = {g->y + m0 * g->y_row + n, g->y_row, NULL, 0, g->alpha, least(TILE_COLS, t.n1 - n)};
				if (k0 > 0) {
					o.base = o.y;
					o.base_stride = g->y_row;
				} else if (g->c) {
					o.base = g->c + m0 * g->c_row + n;
					o.base_stride = g->c_row;
				}
				const float *b = panel + (n - t.n0) * k;
				int64_t ldb = TILE_COLS;
				if (direct && o.cols == TILE_COLS) {
					ldb = g->b_cols;
					b = (const float *)g->b + (g->b_first + k0) * ldb + n;
				} else if (direct) { // the last columns: loads past a row's end may leave b
					panel_fill(g, n, o.cols, k0, k, panel, tmp);
					b = panel;
				}
				tile_column(m, k, a, g->a_row, g->a_step, b, ldb, o);
			}
		}
	}
}

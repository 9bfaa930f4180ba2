// A few rows times rows of plain numbers stored along k: y = x·Wᵀ at decoding. Each weight is read once, in order, and
// goes straight into the sums: limited by memory, not by arithmetic. The sum over k is over lanes first, then within.

enum {
	FEW_ROWS = 8,
	FEW_CHUNK = 256 << 10, // bytes of weights: long stretches are what memory gives fastest
};

// few_dots computes weights × rows dot products: y[i·y_row + j] for row i of a and row j of w.
INLINE void few_dots(const int dtype, const int weights, const int rows, const gemm *g, int64_t m0, int64_t n0) {
	int64_t stride = g->b_cols * (dtype == DT_F32 ? 4 : 2), k = 0;
	const uint8_t *w = (const uint8_t *)g->b + (g->b_first + n0) * stride;
	const float *a = g->a + m0 * g->a_row;
	vf acc[4][4];
	UNROLL(4)
	for (int j = 0; j < weights; j++)
		UNROLL(4)
		for (int i = 0; i < rows; i++) acc[j][i] = vf_zero();
	for (; k + VL <= g->k; k += VL) {
		vf x[4];
		UNROLL(4)
		for (int i = 0; i < rows; i++) x[i] = vf_load(a + i * g->a_row + k);
		UNROLL(4)
		for (int j = 0; j < weights; j++) {
			vf v = lanes_load(dtype, w + j * stride, k);
			UNROLL(4)
			for (int i = 0; i < rows; i++) acc[j][i] = vf_fma(v, x[i], acc[j][i]);
		}
	}
	if (k < g->k) {
		int n = g->k - k;
		UNROLL(4)
		for (int j = 0; j < weights; j++) {
			vf v = lanes_load_n(dtype, w + j * stride, k, n);
			UNROLL(4)
			for (int i = 0; i < rows; i++) acc[j][i] = vf_fma(v, vf_load_n(a + i * g->a_row + k, n), acc[j][i]);
		}
	}
	UNROLL(4)
	for (int i = 0; i < rows; i++)
		UNROLL(4)
		for (int j = 0; j < weights; j++) {
			float base = g->c ? g->c[(m0 + i) * g->c_row + n0 + j] : 0;
			g->y[(m0 + i) * g->y_row + n0 + j] = g->alpha * vf_sum(acc[j][i]) + base;
		}
}

// few_dot4 is a row times four weights, summed together: with short rows of weights, as LoRA's, sums are most of it.
INLINE void few_dot4(const int dtype, const gemm *g, int64_t m, int64_t n) {
	int64_t stride = g->b_cols * (dtype == DT_F32 ? 4 : 2), k = 0;
	const uint8_t *w = (const uint8_t *)g->b + (g->b_first + n) * stride;
	const float *a = g->a + m * g->a_row;
	vf s[4] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
	for (; k + VL <= g->k; k += VL) {
		vf x = vf_load(a + k);
		UNROLL(4)
		for (int j = 0; j < 4; j++) s[j] = vf_fma(lanes_load(dtype, w + j * stride, k), x, s[j]);
	}
	if (k < g->k) {
		int left = g->k - k;
		vf x = vf_load_n(a + k, left);
		UNROLL(4)
		for (int j = 0; j < 4; j++) s[j] = vf_fma(lanes_load_n(dtype, w + j * stride, k, left), x, s[j]);
	}
	float sum[4];
	vf_sums4(sum, s[0], s[1], s[2], s[3]);
	for (int j = 0; j < 4; j++) g->y[m * g->y_row + n + j] = g->alpha * sum[j] + (g->c ? g->c[m * g->c_row + n + j] : 0);
}

INLINE void few_columns(const int dtype, const gemm *g, gemm_part t) {
	if (t.m1 - t.m0 == 1) {
		int64_t n = t.n0;
		for (; n + 4 <= t.n1; n += 4) few_dot4(dtype, g, t.m0, n);
		for (; n < t.n1; n++) few_dots(dtype, 1, 1, g, t.m0, n);
		return;
	}
	for (int64_t n = t.n0; n < t.n1;) {
		int many = t.n1 - n >= 3;
		for (int64_t m = t.m0; m < t.m1;) {
			int64_t left = t.m1 - m;
			if (left >= 4) {
				if (many) few_dots(dtype, 3, 4, g, m, n);
				else few_dots(dtype, 1, 4, g, m, n);
				m += 4;
			} else if (left >= 2) {
				if (many) few_dots(dtype, 3, 2, g, m, n);
				else few_dots(dtype, 1, 2, g, m, n);
				m += 2;
			} else {
				if (many) few_dots(dtype, 3, 1, g, m, n);
				else few_dots(dtype, 1, 1, g, m, n);
				m++;
			}
		}
		n += many ? 3 : 1;
	}
}

// gemm_few_fits: plain rows along k, few rows of a that lie along k too.
INLINE int gemm_few_fits(const gemm *g) { return g->tb && is_plain(g->dtype) && g->m <= FEW_ROWS && g->a_step == 1; }

// gemm_few_divide plans equal chunks, as many for each thread, of whole turns of few_columns.
INLINE void gemm_few_divide(gemm *g, int threads) {
	int64_t row = dtype_bytes(g->dtype, g->b_cols);
	g->m_chunk = most(g->m, 1);
	g->m_chunks = 1;
	int64_t chunks = most(threads, round_up(ceil_div(g->n * row, FEW_CHUNK), threads));
	g->n_chunk = most(12, round_up(ceil_div(g->n, chunks), 12));
	g->n_chunks = ceil_div(g->n, g->n_chunk);
}

static void gemm_few_task(const gemm *g, int64_t task) {
	gemm_part t = gemm_part_of(g, task);
	switch (g->dtype) {
	case DT_F32: few_columns(DT_F32, g, t); return;
	case DT_F16: few_columns(DT_F16, g, t); return;
	case DT_BF16: few_columns(DT_BF16, g, t); return;
	}
}

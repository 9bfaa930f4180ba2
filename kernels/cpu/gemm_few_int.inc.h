// A few rows times packed weights: how groups are shared out. Reading the weights is all the time there is, so each is
// read once (twice for more rows than a tile has, the second time from the first cache).

enum { FEW_INT_ROWS = 8 };

// gemm_few_int_fits: all but the last rows of b packed, int8 asked for.
INLINE int gemm_few_int_fits(const gemm *g, int activations) {
	return activations == 8 && g->m <= FEW_INT_ROWS && g->tb && g->layout == LAYOUT_PACKED16 && int_direct(g->dtype) && g->a_step == 1;
}

// gemm_few_int_of plans equal chunks, as many for each thread. The codes of activations lie at p.
INLINE gemm_int gemm_few_int_of(const gemm *g, uint8_t *p, int threads) {
	gemm_int r = {.g = *g, .direct = 1};
	r.c = codes_place(p, g->m, g->k, 8, 127, int_centre(g->dtype));
	r.g.n = least(g->n, packed_rows(g) - g->b_first);
	int64_t group = dtype_bytes(g->dtype, g->b_cols) * PACK_ROWS, groups = r.g.n / PACK_ROWS;
	int64_t chunks = most(threads, round_up(ceil_div(groups * group, FEW_CHUNK), threads));
	r.g.m_chunk = g->m;
	r.g.m_chunks = 1;
	r.g.n_chunk = PACK_ROWS * most(1, ceil_div(groups, chunks));
	r.g.n_chunks = ceil_div(r.g.n, r.g.n_chunk);
	return r;
}

// few_write stores rows × 16 results.
INLINE void few_write(const int rows, vf total[][PACK_ROWS / VL], const tile_out *o) {
	vf alpha = vf_set1(o->alpha);
	UNROLL(4)
	for (int i = 0; i < rows; i++) {
		UNROLL(2)
		for (int v = 0; v < PACK_ROWS / VL; v++) {
			vf base = o->base ? vf_load(o->base + i * o->base_stride + v * VL) : vf_zero();
			vf_store(o->y + i * o->stride + v * VL, vf_fma(alpha, total[i][v], base));
		}
	}
}

// FEW computes rows × 16 results of one group; dtype and rows are constants.
#if defined ISA_AVX2
#define FEW(dtype, rows, c, m, group, out) \
	do { \
		if ((dtype) == DT_Q6_K) few_group6(rows, c, m, group, out); \
		else few_group(dtype, rows, c, m, group, out); \
	} while (0)
#else
#define FEW few_group
#endif

INLINE void few_groups(const int dtype, const gemm_int *p, gemm_part t) {
	const gemm *g = &p->g;
	size_t bytes = dtype_bytes(dtype, g->b_cols);
	for (int64_t n = t.n0; n < t.n1; n += PACK_ROWS) {
		const uint8_t *group = (const uint8_t *)g->b + (g->b_first + n) * bytes;
		for (int64_t m = 0, rows; m < g->m; m += rows) {
			rows = least(4, g->m - m);
			tile_out o = {g->y + m * g->y_row + n, g->y_row, g->c ? g->c + m * g->c_row + n : NULL, g->c_row, g->alpha, PACK_ROWS};
			vf total[4][PACK_ROWS / VL];
			switch (rows) {
			case 1:
				FEW(dtype, 1, &p->c, m, group, total);
				few_write(1, total, &o);
				break;
			case 2:
				FEW(dtype, 2, &p->c, m, group, total);
				few_write(2, total, &o);
				break;
			case 3:
				FEW(dtype, 3, &p->c, m, group, total);
				few_write(3, total, &o);
				break;
			default:
				FEW(dtype, 4, &p->c, m, group, total);
				few_write(4, total, &o);
			}
		}
	}
}

static void gemm_few_int_task(const gemm_int *p, int64_t task) {
	gemm_part t = gemm_part_of(&p->g, task);
	switch (p->g.dtype) {
	case DT_Q8_0: few_groups(DT_Q8_0, p, t); return;
	case DT_Q4_0: few_groups(DT_Q4_0, p, t); return;
	case DT_Q4_1: few_groups(DT_Q4_1, p, t); return;
#ifdef ISA_INTEGERS // all that can be packed
	case DT_NF4: few_groups(DT_NF4, p, t); return;
	case DT_Q4_K: few_groups(DT_Q4_K, p, t); return;
	case DT_Q5_K: few_groups(DT_Q5_K, p, t); return;
	case DT_Q6_K: few_groups(DT_Q6_K, p, t); return;
#endif
	}
}

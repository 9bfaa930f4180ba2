// The op lora: z = y + scale[j]·b[j]·(a[j]·x) for each row, with its own adapter j, or y where j is negative.
//
// Rows are taken in runs of the same adapter, so a batch of one adapter is two matmuls and one of many adapters a few
// products each. Which way a run is computed depends on the whole run, never on how rows are divided among threads.

enum {
	LORA_ROWS = 64,        // in a chunk
	LORA_COLS = 256,
	LORA_ALONE = 1 << 16,  // up to so many products each thread computes a[j]·x itself rather than wait for others
};

typedef struct {
	int64_t rows, in, out, rank;
	const float *x, *y, *scale;
	const int32_t *index;
	const operand *a, *b;
	float *z, *low; // low: [rows, rank], a[j]·x
} lora;

static lora lora_of(const call *c) {
	return (lora){
		.rows = c->in[0].rows, .in = c->in[1].cols, .out = c->in[0].cols, .rank = c->in[3].cols,
		.y = c->in[0].data, .x = c->in[1].data, .scale = c->in[4].data, .index = c->in[5].data,
		.a = &c->in[2], .b = &c->in[3], .z = c->out[0].data,
	};
}

static int lora_alone(const lora *l) { return l->rows * l->rank * l->in <= LORA_ALONE; }

scratch_need ISA_NAME(lora_scratch)(const call *c, int threads) {
	(void)threads;
	lora l = lora_of(c);
	size_t low = round_up(l.rows * l.rank * 4, 64);
	return lora_alone(&l) ? (scratch_need){0, F32_LOCAL + low} : (scratch_need){low, F32_LOCAL};
}

// lora_product runs one product over rows m0 … m1, a part of a run of so many rows.
static void lora_product(gemm *g, int64_t run, uint8_t *local) {
	gemm whole = *g;
	whole.m = run;
	if (gemm_few_fits(&whole)) {
		gemm_part all = {0, g->m, 0, g->n};
		switch (g->dtype) {
		case DT_F32: few_columns(DT_F32, g, all); return;
		case DT_F16: few_columns(DT_F16, g, all); return;
		case DT_BF16: few_columns(DT_BF16, g, all); return;
		}
	}
	g->n_chunk = F32_PANELS * TILE_COLS;
	g->n_chunks = ceil_div(g->n, g->n_chunk);
	g->m_chunk = g->m;
	g->m_chunks = 1;
	for (int64_t i = 0; i < g->n_chunks; i++) gemm_f32_task(g, i, local);
}

// lora_run finds the run of rows around row m.
static void lora_run(const lora *l, int64_t m, int64_t *from, int64_t *to) {
	for (*from = m; *from > 0 && l->index[*from - 1] == l->index[m];) --*from;
	for (*to = m + 1; *to < l->rows && l->index[*to] == l->index[m];) ++*to;
}

// lora_down computes low for rows m0 … m1.
static void lora_down(const lora *l, int64_t m0, int64_t m1, uint8_t *local) {
	for (int64_t m = m0, from, to; m < m1; m = to) {
		lora_run(l, m, &from, &to);
		int64_t run = to - from, j = l->index[m];
		to = least(to, m1);
		if (j < 0) continue;
		gemm g = {
			.m = to - m, .n = l->rank, .k = l->in, .a = l->x + m * l->in, .a_row = l->in, .a_step = 1,
			.b = l->a->data, .tb = 1, .dtype = l->a->dtype, .b_rows = l->a->rows, .b_cols = l->in, .b_first = j * l->rank,
			.alpha = 1, .y = l->low + m * l->rank, .y_row = l->rank,
		};
		lora_product(&g, run, local);
	}
}

// lora_up computes rows m0 … m1, columns n0 … n1 of z.
static void lora_up(const lora *l, int64_t m0, int64_t m1, int64_t n0, int64_t n1, uint8_t *local) {
	for (int64_t m = m0, from, to; m < m1; m = to) {
		lora_run(l, m, &from, &to);
		int64_t run = to - from, j = l->index[m], at = m * l->out + n0;
		to = least(to, m1);
		if (j < 0) {
			for (int64_t i = m; i < to; i++, at += l->out) memcpy(l->z + at, l->y + at, (n1 - n0) * sizeof *l->z);
			continue;
		}
		gemm g = {
			.m = to - m, .n = n1 - n0, .k = l->rank, .a = l->low + m * l->rank, .a_row = l->rank, .a_step = 1,
			.b = l->b->data, .tb = 1, .dtype = l->b->dtype, .b_rows = l->b->rows, .b_cols = l->rank, .b_first = j * l->out + n0,
			.alpha = l->scale[j], .c = l->y + at, .c_row = l->out, .y = l->z + at, .y_row = l->out,
		};
		lora_product(&g, run, local);
	}
}

void ISA_NAME(lora)(const call *c, team *t) {
	lora l = lora_of(c);
	int64_t parts = ceil_div(l.rows, LORA_ROWS), columns = ceil_div(l.out, LORA_COLS);
	if (l.rank == 0) parts = columns = 0;
	int alone = lora_alone(&l), low = 0;
	l.low = (float *)(alone ? t->local + F32_LOCAL : t->scratch);
	if (!alone) {
		for (int64_t i; (i = team_take(t, 0, parts)) >= 0;) lora_down(&l, i * LORA_ROWS, least((i + 1) * LORA_ROWS, l.rows), t->local);
		team_barrier(t);
	}
	for (int64_t i; (i = team_take(t, 1, parts * columns)) >= 0; low = 1) {
		if (alone && !low) lora_down(&l, 0, l.rows, t->local);
		int64_t m = i / columns * LORA_ROWS, n = i % columns * LORA_COLS;
		lora_up(&l, m, least(m + LORA_ROWS, l.rows), n, least(n + LORA_COLS, l.out), t->local);
	}
}

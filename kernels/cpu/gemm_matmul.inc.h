// The op matmul: which way a product is computed.

// matmul_of describes the product of a call.
static gemm matmul_of(const call *c) {
	const struct attr_matmul *at = &c->cmd->matmul;
	const operand *a = &c->in[0], *b = &c->in[1], *y = &c->out[0];
	gemm g = {
		.m = at->ta ? a->cols : a->rows,
		.k = at->ta ? a->rows : a->cols,
		.n = at->tb ? b->rows : b->cols,
		.a = a->data,
		.a_row = at->ta ? 1 : a->cols,
		.a_step = at->ta ? a->cols : 1,
		.b = b->data,
		.tb = at->tb,
		.dtype = b->dtype,
		.layout = b->layout,
		.b_rows = b->rows,
		.b_cols = b->cols,
		.alpha = at->alpha,
		.y = y->data,
		.y_row = y->cols,
	};
	if (c->nin > 2) {
		g.c = c->in[2].data;
		g.c_row = c->in[2].rows == g.m && c->in[2].rows * c->in[2].cols == g.m * g.n ? g.n : 0;
	}
	return g;
}

#ifdef ISA_INTEGERS
// A matmul with integers runs in phase 0: codes of the activations, phase 1: packed columns, phase 2: the rest.
static int matmul_alone(const gemm *g, int activations) {
	return gemm_few_int_fits(g, activations) && g->m * g->k <= FEW_ALONE;
}

static void matmul_int(const gemm *g, int activations, team *t) {
	int few = gemm_few_int_fits(g, activations), alone = matmul_alone(g, activations);
	uint8_t *place = alone ? t->local + F32_LOCAL : t->scratch;
	gemm_int p = few ? gemm_few_int_of(g, place, t->threads) : gemm_int_of(g, activations, place, t->threads);
	if (alone) {
		codes_rows(&p.c, g->a, g->a_row, 0, g->m, g->k);
	} else {
		for (int64_t i; (i = team_take(t, 0)) < codes_chunks(g->m);) codes_chunk(&p.c, g->a, g->a_row, i, g->m, g->k);
		team_barrier(t);
	}
	for (int64_t i; (i = team_take(t, 1)) < gemm_tasks(&p.g);) {
		if (few) gemm_few_int_task(&p, i);
		else gemm_int_task(&p, i, t->local);
	}
	gemm rest = gemm_rest(&p, g, t->threads);
	for (int64_t i; (i = team_take(t, 2)) < gemm_tasks(&rest);) gemm_f32_task(&rest, i, t->local);
}
#endif

scratch_need ISA_NAME(matmul_scratch)(const call *c, int threads) {
	(void)threads;
	scratch_need n = {0, F32_LOCAL};
#ifdef ISA_INTEGERS
	gemm g = matmul_of(c);
	int activations = c->cmd->matmul.activations;
	if (gemm_int_fits(&g, activations)) {
		size_t codes = gemm_int_shared(&g, activations);
		if (matmul_alone(&g, activations)) n.local += codes;
		else n = (scratch_need){codes, most(F32_LOCAL, INT_LOCAL)};
	}
#else
	(void)c;
#endif
	return n;
}

void ISA_NAME(matmul)(const call *c, team *t) {
	gemm g = matmul_of(c);
	if (g.m == 0 || g.n == 0) return;
#ifdef ISA_INTEGERS
	if (gemm_int_fits(&g, c->cmd->matmul.activations)) {
		matmul_int(&g, c->cmd->matmul.activations, t);
		return;
	}
#endif
	if (gemm_few_fits(&g)) {
		gemm_few_divide(&g, t->threads);
		for (int64_t i; (i = team_take(t, 0)) < gemm_tasks(&g);) gemm_few_task(&g, i);
		return;
	}
	gemm_f32_divide(&g, t->threads);
	for (int64_t i; (i = team_take(t, 0)) < gemm_tasks(&g);) gemm_f32_task(&g, i, t->local);
}

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

scratch_need ISA_NAME(matmul_scratch)(const call *c, int threads) {
	(void)c;
	(void)threads;
	return (scratch_need){0, F32_LOCAL};
}

void ISA_NAME(matmul)(const call *c, team *t) {
	gemm g = matmul_of(c);
	if (g.m == 0 || g.n == 0) return;
	if (gemm_few_fits(&g)) {
		gemm_few_divide(&g, t->threads);
		for (int64_t i; (i = team_take(t, 0)) < gemm_tasks(&g);) gemm_few_task(&g, i);
		return;
	}
	gemm_f32_divide(&g, t->threads);
	for (int64_t i; (i = team_take(t, 0)) < gemm_tasks(&g);) gemm_f32_task(&g, i, t->local);
}

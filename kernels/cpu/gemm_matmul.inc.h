// The op matmul. Phase 0: the activations' codes, where the product takes them; phase 1: its tasks.

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

enum {
	MATMUL_ALONE = 1 << 14, // up to so many activations each thread rounds them itself rather than wait for others
	MATMUL_CODES = 8,       // rows rounded in a chunk
};

scratch_need ISA_NAME(matmul_scratch)(const call *c, int threads) {
	(void)threads;
	gemm g = matmul_of(c);
	size_t codes = plan_code_bytes(&g, c->cmd->matmul.activations);
	return g.m * g.k <= MATMUL_ALONE ? (scratch_need){0, PLAN_LOCAL + codes} : (scratch_need){codes, PLAN_LOCAL};
}

void ISA_NAME(matmul)(const call *c, team *t) {
	gemm g = matmul_of(c);
	if (g.m == 0 || g.n == 0) return;
	int alone = g.m * g.k <= MATMUL_ALONE;
	plan p = plan_of(&g, c->cmd->matmul.activations, alone ? t->local + PLAN_LOCAL : t->scratch, t->threads);
	int coded = !plan_coded(&p);
	if (!coded && !alone) {
		for (int64_t i; (i = team_take(t, 0, ceil_div(g.m, MATMUL_CODES))) >= 0;)
			plan_codes(&p, i * MATMUL_CODES, least((i + 1) * MATMUL_CODES, g.m));
		team_barrier(t);
		coded = 1;
	}
	for (int64_t i, tasks = plan_tasks(&p); (i = team_take(t, 1, tasks)) >= 0; coded = 1) {
		if (!coded) plan_codes(&p, 0, g.m);
		plan_task(&p, i, t->local);
	}
}

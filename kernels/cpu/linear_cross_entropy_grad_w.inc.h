// The op linear_cross_entropy_grad_w: a second pass over the vocabulary with the whole rows' peaks and sums. See
// linear_cross_entropy.inc.h.

// head_residual turns the logits of row r into dloss·(probability - 1 at the target).
static void head_residual(const head *d, int64_t r, int64_t v0, int64_t n) {
	float *l = d->logits + r * d->part, by = d->dloss[d->row[r]];
	vf peak = vf_set1(d->peak[r]), s = vf_set1(by / d->sum[r]);
	for (int64_t k = 0; k < n; k += VL) {
		int left = least(VL, n - k);
		vf_store_n(l + k, vf_mul(vf_exp(vf_sub(vf_load_n(l + k, left), peak)), s), left);
	}
	int64_t hit = d->target[d->row[r]] - v0;
	if (hit >= 0 && hit < n) l[hit] -= by;
}

scratch_need ISA_NAME(linear_cross_entropy_grad_w_scratch)(const call *c, int threads) {
	(void)threads;
	return head_scratch(c);
}

void ISA_NAME(linear_cross_entropy_grad_w)(const call *c, team *t) {
	size_t shared;
	head d = head_of(c, t, &shared);
	d.dloss = c->in[3].data;
	float *dw = c->out[0].data;
	int64_t done[3] = {0, 0, 0}, chunks = ceil_div(d.count, HEAD_ROWS);
	head_gather(&d, t);
	for (int pass = 0; pass < 2; pass++) {
		for (int64_t v = 0; v < d.vocabulary; v += d.part) {
			int64_t n = least(d.part, d.vocabulary - v);
			gemm logits = head_logits(&d, v, n);
			plan one = plan_of(&logits, 0, NULL, t->threads);
			int64_t tasks = d.count ? plan_tasks(&one) : 0;
			team_barrier(t);
			HEAD_EACH(t, 0, done[0] + tasks, i) plan_task(&one, i - done[0], t->local);
			done[0] += tasks;
			team_barrier(t);
			HEAD_EACH(t, 1, done[1] + chunks, i) {
				int64_t first = (i - done[1]) * HEAD_ROWS;
				for (int64_t r = first; r < least(first + HEAD_ROWS, d.count); r++) {
					if (pass == 0) head_row(&d, r, v, n);
					else head_residual(&d, r, v, n);
				}
			}
			done[1] += chunks;
			if (pass == 0) continue;
			gemm grad = {
				.m = n, .n = d.width, .k = d.count, .a = d.logits, .a_row = 1, .a_step = d.part,
				.b = d.x, .tb = 0, .dtype = DT_F32, .b_rows = d.count, .b_cols = d.width,
				.alpha = 1, .y = dw + v * d.width, .y_row = d.width,
			};
			plan two = plan_of(&grad, 0, NULL, t->threads);
			team_barrier(t);
			HEAD_EACH(t, 2, done[2] + plan_tasks(&two), i) plan_task(&two, i - done[2], t->local);
			done[2] += plan_tasks(&two);
		}
	}
}

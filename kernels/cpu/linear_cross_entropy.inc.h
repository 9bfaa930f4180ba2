// The cross-entropy of a linear layer over a large vocabulary, fused: logits exist only for a part of the vocabulary.
//
// linear_cross_entropy goes once over the vocabulary. After each part a row keeps the greatest logit m and the sum s of
// e^(logit-m); the gradient collects Σ e^(logit-m)·w and both are scaled when m grows, as in online softmax (Milakov and
// Gimelshein, arXiv:1805.02867). linear_cross_entropy_grad_w goes twice: first for m and s, then for the gradient.
//
// Rows without a target are left out of all products: the others are copied together first. Chunks of the same phase
// are numbered through all parts.

enum {
	HEAD_LOGITS = 1 << 20, // in a part
	HEAD_ROWS = 8,         // of a chunk of row-wise work
};

// head is one call.
typedef struct {
	int64_t rows, width, vocabulary; // T, D, V
	const float *h, *dloss;
	const int32_t *target;
	const operand *w;
	float *loss, *dh;

	int64_t count;       // of rows with a target
	int32_t *row;        // theirs, in this thread's memory
	int64_t part;        // vocabulary of a part
	float *x;            // [count, D]
	float *logits;       // [count, part]
	float *peak, *sum;   // [count]
	float *hit;          // [count], the target's logit
	float *grad;         // [count, D]
	int activations;
	uint8_t *x_code, *e_code; // of x; of the logits once they are exponentials
} head;

static int64_t head_part(int64_t rows, int64_t vocabulary) {
	int64_t part = most(512, HEAD_LOGITS / most(rows, 1) / 256 * 256);
	return least(part, round_up(vocabulary, 32));
}

static gemm head_logits(const head *d, int64_t v0, int64_t n) {
	return (gemm){
		.m = d->count, .n = n, .k = d->width, .a = d->x, .a_row = d->width, .a_step = 1,
		.b = d->w->data, .tb = 1, .dtype = d->w->dtype, .layout = d->w->layout,
		.b_rows = d->w->rows, .b_cols = d->width, .b_first = v0, .alpha = 1, .y = d->logits, .y_row = d->part,
	};
}

// head_grad adds the product of a part's exponentials with its weights to the gradient.
static gemm head_grad(const head *d, int64_t v0, int64_t n) {
	return (gemm){
		.m = d->count, .n = d->width, .k = n, .a = d->logits, .a_row = d->part, .a_step = 1,
		.b = d->w->data, .tb = 0, .dtype = d->w->dtype, .layout = d->w->layout,
		.b_rows = d->w->rows, .b_cols = d->width, .b_first = v0, .alpha = 1,
		.c = v0 ? d->grad : NULL, .c_row = d->width, .y = d->grad, .y_row = d->width,
	};
}

static head head_of(const call *c, const team *t, size_t *shared) {
	head d = {
		.rows = c->in[0].rows, .width = c->in[0].cols, .vocabulary = c->in[1].rows,
		.h = c->in[0].data, .w = &c->in[1], .target = c->in[2].data,
	};
	if (c->cmd->op == OP_LINEAR_CROSS_ENTROPY) d.activations = c->cmd->linear_cross_entropy.activations;
	d.part = head_part(d.rows, d.vocabulary);
	d.count = d.rows;
	gemm logits = head_logits(&d, 0, d.part), grad = head_grad(&d, 0, d.part);
	size_t at = 0;
	uint8_t *base = t ? t->scratch : NULL;
	#define HEAD_TAKE(bytes) (at += round_up(bytes, 64), base + (at - round_up(bytes, 64)))
	d.logits = (float *)HEAD_TAKE(d.rows * d.part * 4);
	d.x = (float *)HEAD_TAKE(d.rows * d.width * 4);
	d.grad = (float *)HEAD_TAKE(d.rows * d.width * 4);
	d.peak = (float *)HEAD_TAKE(d.rows * 4);
	d.sum = (float *)HEAD_TAKE(d.rows * 4);
	d.hit = (float *)HEAD_TAKE(d.rows * 4);
	d.x_code = HEAD_TAKE(plan_code_bytes(&logits, d.activations));
	d.e_code = HEAD_TAKE(plan_code_bytes(&grad, d.activations));
	#undef HEAD_TAKE
	*shared = at;
	if (!t) return d;
	d.row = (int32_t *)(t->local + PLAN_LOCAL);
	d.count = 0;
	for (int64_t i = 0; i < d.rows; i++)
		if (d.target[i] >= 0) d.row[d.count++] = i;
	return d;
}

static scratch_need head_scratch(const call *c) {
	size_t shared;
	head d = head_of(c, NULL, &shared);
	return (scratch_need){shared, PLAN_LOCAL + round_up(d.rows * 4, 64) + round_up(d.width * 4, 64)};
}

// HEAD_EACH runs its body for this phase's chunks below end that fall to this thread.
#define HEAD_EACH(t, phase, end, i) for (int64_t i; (i = team_take(t, phase, end)) >= 0;)

// head_gather copies the rows with a target together and makes their codes. Phase 3, the chunks from 0 on.
static int64_t head_gather(head *d, team *t) {
	int64_t chunks = ceil_div(d->count, HEAD_ROWS);
	int copy = d->count < d->rows;
	if (!copy) d->x = (float *)d->h;
	gemm logits = head_logits(d, 0, d->part);
	plan p = plan_of(&logits, d->activations, d->x_code, t->threads);
	if (!copy && !plan_coded(&p)) return 0;
	HEAD_EACH(t, 3, chunks, i) {
		int64_t first = i * HEAD_ROWS, end = least(first + HEAD_ROWS, d->count);
		for (int64_t r = first; r < end && copy; r++) memcpy(d->x + r * d->width, d->h + d->row[r] * d->width, d->width * sizeof(float));
		if (plan_coded(&p)) plan_codes(&p, first, end);
	}
	return chunks;
}

// head_row takes n more logits of row r, from v0 on, into its peak and sum; they become e^(logit - peak). Returned is
// what earlier terms must be multiplied by.
static float head_row(const head *d, int64_t r, int64_t v0, int64_t n) {
	float *l = d->logits + r * d->part;
	int64_t hit = d->target[d->row[r]] - v0;
	if (hit >= 0 && hit < n) d->hit[r] = l[hit];
	vf top = vf_set1(v0 ? d->peak[r] : -__builtin_inff());
	int64_t i = 0;
	for (; i + VL <= n; i += VL) top = vf_max(vf_load(l + i), top);
	float peak = vf_hmax(top);
	for (int64_t j = i; j < n; j++) peak = l[j] > peak ? l[j] : peak;
	vf p = vf_set1(peak), s = vf_zero();
	for (i = 0; i + VL <= n; i += VL) {
		vf e = vf_exp(vf_sub(vf_load(l + i), p));
		vf_store(l + i, e);
		s = vf_add(s, e);
	}
	float sum = vf_sum(s);
	if (i < n) {
		int left = n - i;
		vf e = vf_exp(vf_sub(vf_load_n(l + i, left), p));
		vf_store_n(l + i, e, left);
		float t[VL];
		vf_store(t, e);
		for (int j = 0; j < left; j++) sum += t[j];
	}
	float factor = 0;
	if (v0) {
		float t[VL];
		vf_store(t, vf_exp(vf_set1(d->peak[r] - peak)));
		factor = t[0];
	}
	d->peak[r] = peak;
	d->sum[r] = v0 ? d->sum[r] * factor + sum : sum;
	return factor;
}

static float head_log(float x) {
	float t[VL];
	vf_store(t, vf_log(vf_set1(x)));
	return t[0];
}

// head_finish writes loss and dh of row i of all, which is row r of those with a target, or -1.
static void head_finish(const head *d, int64_t i, int64_t r, float *tmp) {
	if (r < 0) {
		d->loss[i] = 0;
		if (d->dh) memset(d->dh + i * d->width, 0, d->width * sizeof(float));
		return;
	}
	d->loss[i] = head_log(d->sum[r]) + d->peak[r] - d->hit[r];
	if (!d->dh) return;
	packed_row_decode(d->w->dtype, d->w->layout, d->w->data, d->w->rows, d->width, d->target[i], tmp);
	const float *g = d->grad + r * d->width;
	float inverse = 1 / d->sum[r], *y = d->dh + i * d->width;
	for (int64_t k = 0; k < d->width; k++) y[k] = g[k] * inverse - tmp[k];
}

scratch_need ISA_NAME(linear_cross_entropy_scratch)(const call *c, int threads) {
	(void)threads;
	return head_scratch(c);
}

void ISA_NAME(linear_cross_entropy)(const call *c, team *t) {
	size_t shared;
	head d = head_of(c, t, &shared);
	d.loss = c->out[0].data;
	d.dh = c->nout > 1 ? c->out[1].data : NULL;
	int64_t gathered = head_gather(&d, t), done[3] = {0, 0, 0};
	for (int64_t v = 0; v < d.vocabulary && d.count; v += d.part) {
		int64_t n = least(d.part, d.vocabulary - v), chunks = ceil_div(d.count, HEAD_ROWS);
		gemm logits = head_logits(&d, v, n), grad = head_grad(&d, v, n);
		plan one = plan_of(&logits, d.activations, d.x_code, t->threads), two = plan_of(&grad, d.activations, d.e_code, t->threads);
		team_barrier(t);
		HEAD_EACH(t, 0, done[0] + plan_tasks(&one), i) plan_task(&one, i - done[0], t->local);
		done[0] += plan_tasks(&one);
		team_barrier(t);
		HEAD_EACH(t, 1, done[1] + chunks, i) {
			int64_t first = (i - done[1]) * HEAD_ROWS, end = least(first + HEAD_ROWS, d.count);
			for (int64_t r = first; r < end; r++) {
				float factor = head_row(&d, r, v, n);
				if (factor == 1 || v == 0 || !d.dh) continue;
				for (int64_t k = 0; k < d.width; k++) d.grad[r * d.width + k] *= factor;
			}
			if (d.dh && plan_coded(&two)) plan_codes(&two, first, end);
		}
		done[1] += chunks;
		if (!d.dh) continue;
		team_barrier(t);
		HEAD_EACH(t, 2, done[2] + plan_tasks(&two), i) plan_task(&two, i - done[2], t->local);
		done[2] += plan_tasks(&two);
	}
	team_barrier(t);
	float *tmp = (float *)((uint8_t *)d.row + round_up(d.rows * 4, 64));
	HEAD_EACH(t, 3, gathered + ceil_div(d.rows, HEAD_ROWS), i) {
		int64_t first = (i - gathered) * HEAD_ROWS, r = 0;
		while (r < d.count && d.row[r] < first) r++;
		for (int64_t k = first; k < least(first + HEAD_ROWS, d.rows); k++) head_finish(&d, k, r < d.count && d.row[r] == k ? r++ : -1, tmp);
	}
}

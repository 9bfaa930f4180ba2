// The cross-entropy of a linear layer over a large vocabulary, fused: logits exist only for a part of the vocabulary.
//
// linear_cross_entropy goes once over the vocabulary. After each part a row keeps the greatest logit m and the sum s of
// e^(logit-m); the gradient collects Σ e^(logit-m)·w and both are scaled when m grows, as in online softmax (Milakov and
// Gimelshein, arXiv:1805.02867). linear_cross_entropy_grad_w goes twice: first for m and s, then for the gradient.
//
// Rows without a target are left out of all products: the others are copied together first. Chunks of the same phase
// are numbered through all parts, so a thread may hold the number of a chunk of a later part; it waits until then.

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
	float *loss, *dh, *dw;

	int64_t count;       // of rows with a target
	int32_t *row;        // theirs, in this thread's memory
	int64_t part;        // vocabulary of a part
	float *x;            // [count, D]
	float *logits;       // [count, part]
	float *peak, *sum;   // [count]
	float *hit;          // [count], the target's logit
	float *grad;         // [count, D]
	int64_t taken[4];    // the chunk this thread holds of each phase
	uint8_t *local;
} head;

static int64_t head_part(int64_t rows, int64_t vocabulary) {
	int64_t part = most(512, HEAD_LOGITS / most(rows, 1) / 256 * 256);
	return least(part, round_up(vocabulary, 32));
}

static size_t head_floats(int64_t rows, int64_t width, int64_t vocabulary) {
	return (size_t)rows * (2 * width + head_part(rows, vocabulary) + 3) + 5 * 16;
}

static scratch_need head_scratch(const call *c) {
	int64_t rows = c->in[0].rows, width = c->in[0].cols;
	return (scratch_need){
		head_floats(rows, width, c->in[1].rows) * 4,
		F32_LOCAL + round_up(rows * 4, 64) + round_up(width * 4, 64),
	};
}

static head head_of(const call *c, const team *t) {
	head d = {
		.rows = c->in[0].rows, .width = c->in[0].cols, .vocabulary = c->in[1].rows,
		.h = c->in[0].data, .w = &c->in[1], .target = c->in[2].data,
		.local = t->local, .row = (int32_t *)(t->local + F32_LOCAL),
	};
	for (int64_t i = 0; i < d.rows; i++)
		if (d.target[i] >= 0) d.row[d.count++] = i;
	d.part = head_part(d.rows, d.vocabulary);
	float *p = (float *)t->scratch;
	#define HEAD_TAKE(n) (p += round_up(n, 16), p - round_up(n, 16))
	d.logits = HEAD_TAKE(d.rows * d.part);
	d.x = HEAD_TAKE(d.rows * d.width);
	d.grad = HEAD_TAKE(d.rows * d.width);
	d.peak = HEAD_TAKE(d.rows);
	d.sum = HEAD_TAKE(d.rows);
	d.hit = HEAD_TAKE(d.rows);
	#undef HEAD_TAKE
	return d;
}

// head_start takes the first chunk of each phase.
static void head_start(head *d, team *t) {
	for (int i = 0; i < 4; i++) d->taken[i] = team_take(t, i);
}

// HEAD_EACH runs its body for this phase's chunks below end that fall to this thread.
#define HEAD_EACH(d, t, phase, end, i) \
	for (int64_t i; (i = (d)->taken[phase]) < (end); (d)->taken[phase] = team_take(t, phase))

// head_gather copies the rows with a target together. Phase 3, the chunks from 0 on.
static int64_t head_gather(head *d, team *t) {
	int64_t chunks = ceil_div(d->count, HEAD_ROWS);
	if (d->count == d->rows) {
		d->x = (float *)d->h;
	} else {
		HEAD_EACH(d, t, 3, chunks, i) {
			for (int64_t r = i * HEAD_ROWS; r < least((i + 1) * HEAD_ROWS, d->count); r++)
				memcpy(d->x + r * d->width, d->h + d->row[r] * d->width, d->width * sizeof(float));
		}
	}
	return d->count == d->rows ? 0 : chunks;
}

static gemm head_logits(const head *d, int64_t v0, int64_t n, int threads) {
	gemm g = {
		.m = d->count, .n = n, .k = d->width, .a = d->x, .a_row = d->width, .a_step = 1,
		.b = d->w->data, .tb = 1, .dtype = d->w->dtype, .layout = d->w->layout,
		.b_rows = d->w->rows, .b_cols = d->width, .b_first = v0, .alpha = 1, .y = d->logits, .y_row = d->part,
	};
	gemm_f32_divide(&g, threads);
	return g;
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
	head d = head_of(c, t);
	d.loss = c->out[0].data;
	d.dh = c->nout > 1 ? c->out[1].data : NULL;
	head_start(&d, t);
	int64_t gathered = head_gather(&d, t), done[3] = {0, 0, 0};
	for (int64_t v = 0; v < d.vocabulary && d.count; v += d.part) {
		int64_t n = least(d.part, d.vocabulary - v);
		team_barrier(t);
		gemm logits = head_logits(&d, v, n, t->threads);
		HEAD_EACH(&d, t, 0, done[0] + gemm_tasks(&logits), i) gemm_f32_task(&logits, i - done[0], t->local);
		done[0] += gemm_tasks(&logits);
		team_barrier(t);
		int64_t chunks = ceil_div(d.count, HEAD_ROWS);
		HEAD_EACH(&d, t, 1, done[1] + chunks, i) {
			int64_t first = (i - done[1]) * HEAD_ROWS;
			for (int64_t r = first; r < least(first + HEAD_ROWS, d.count); r++) {
				float factor = head_row(&d, r, v, n);
				if (factor == 1 || v == 0 || !d.dh) continue;
				for (int64_t k = 0; k < d.width; k++) d.grad[r * d.width + k] *= factor;
			}
		}
		done[1] += chunks;
		team_barrier(t);
		if (!d.dh) continue;
		gemm grad = logits;
		grad.tb = 0;
		grad.n = d.width;
		grad.k = n;
		grad.a = d.logits;
		grad.a_row = d.part;
		grad.y = d.grad;
		grad.y_row = d.width;
		grad.c = v ? d.grad : NULL;
		grad.c_row = d.width;
		gemm_f32_divide(&grad, t->threads);
		HEAD_EACH(&d, t, 2, done[2] + gemm_tasks(&grad), i) gemm_f32_task(&grad, i - done[2], t->local);
		done[2] += gemm_tasks(&grad);
	}
	team_barrier(t);
	float *tmp = (float *)((uint8_t *)d.row + round_up(d.rows * 4, 64));
	HEAD_EACH(&d, t, 3, gathered + ceil_div(d.rows, HEAD_ROWS), i) {
		int64_t first = (i - gathered) * HEAD_ROWS, r = 0;
		while (r < d.count && d.row[r] < first) r++;
		for (int64_t k = first; k < least(first + HEAD_ROWS, d.rows); k++) head_finish(&d, k, r < d.count && d.row[r] == k ? r++ : -1, tmp);
	}
}

scratch_need ISA_NAME(linear_cross_entropy_grad_w_scratch)(const call *c, int threads) {
	(void)threads;
	return head_scratch(c);
}

void ISA_NAME(linear_cross_entropy_grad_w)(const call *c, team *t) {
	head d = head_of(c, t);
	d.dloss = c->in[3].data;
	d.dw = c->out[0].data;
	head_start(&d, t);
	int64_t gathered = head_gather(&d, t), done[3] = {0, 0, 0};
	(void)gathered;
	for (int pass = 0; pass < 2; pass++) {
		for (int64_t v = 0; v < d.vocabulary; v += d.part) {
			int64_t n = least(d.part, d.vocabulary - v);
			team_barrier(t);
			gemm logits = head_logits(&d, v, n, t->threads);
			if (d.count == 0) logits.n_chunks = 0;
			HEAD_EACH(&d, t, 0, done[0] + gemm_tasks(&logits), i) gemm_f32_task(&logits, i - done[0], t->local);
			done[0] += gemm_tasks(&logits);
			team_barrier(t);
			int64_t chunks = ceil_div(d.count, HEAD_ROWS);
			HEAD_EACH(&d, t, 1, done[1] + chunks, i) {
				int64_t first = (i - done[1]) * HEAD_ROWS;
				for (int64_t r = first; r < least(first + HEAD_ROWS, d.count); r++) {
					if (pass == 0) {
						head_row(&d, r, v, n);
						continue;
					}
					float *l = d.logits + r * d.part, by = d.dloss[d.row[r]], peak = d.peak[r];
					vf p = vf_set1(peak), s = vf_set1(by / d.sum[r]);
					for (int64_t k = 0; k < n; k += VL) {
						int left = least(VL, n - k);
						vf_store_n(l + k, vf_mul(vf_exp(vf_sub(vf_load_n(l + k, left), p)), s), left);
					}
					int64_t hit = d.target[d.row[r]] - v;
					if (hit >= 0 && hit < n) l[hit] -= by;
				}
			}
			done[1] += chunks;
			if (pass == 0) continue;
			team_barrier(t);
			gemm grad = {
				.m = n, .n = d.width, .k = d.count, .a = d.logits, .a_row = 1, .a_step = d.part,
				.b = d.x, .tb = 0, .dtype = DT_F32, .b_rows = d.count, .b_cols = d.width,
				.alpha = 1, .y = d.dw + v * d.width, .y_row = d.width,
			};
			gemm_f32_divide(&grad, t->threads);
			HEAD_EACH(&d, t, 2, done[2] + gemm_tasks(&grad), i) gemm_f32_task(&grad, i - done[2], t->local);
			done[2] += gemm_tasks(&grad);
		}
	}
}

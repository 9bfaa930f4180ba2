// softmax and cross_entropy with their gradients.
//
// A chunk is rows; a row belongs to one thread. The greatest value is taken off before exponentials, so that none
// overflows.
#include "chunk.h"

enum { SOFTMAX_VALUES = 4096 };

#define EACH(i, n) for (int64_t i = 0, left = n; left > 0; i += VL, left -= VL)

// load_or is up to VL values with the lanes past them set to other.
INLINE vf load_or(const float *p, int64_t left, vf other) {
	return left >= VL ? vf_load(p) : vf_sel(vm_first((int)left), vf_load_n(p, (int)left), other);
}

INLINE float row_max(const float *x, int64_t n) {
	vf top = vf_neg(VF_INF);
	EACH(i, n)
		top = vf_max(load_or(x + i, left, top), top);
	return vf_hmax(top);
}

// row_exp writes exp(x - top) to y, which may be NULL, and returns the sum. Sums of 64 vectors are summed apart, so
// that rounding does not grow with the length of a vocabulary.
INLINE float row_exp(const float *x, int64_t n, float top, float *y) {
	const vf t = vf_set1(top);
	vf total = vf_zero(), s = vf_zero();
	EACH(i, n) {
		vf e = vf_exp(vf_sub(load_or(x + i, left, vf_neg(VF_INF)), t));
		if (y)
			vf_store_upto(y + i, e, left);
		s = vf_add(s, left >= VL ? e : vf_sel(vm_first((int)left), e, vf_zero()));
		if (i / VL % 64 == 63) {
			total = vf_add(total, s);
			s = vf_zero();
		}
	}
	return vf_sum(vf_add(total, s));
}

void ISA_NAME(softmax)(const call *c, team *t) {
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	int64_t n = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(n, SOFTMAX_VALUES), &r, &end);)
		for (; r < end; r++) {
			float *ys = y + r * n;
			const vf scale = vf_set1(1 / row_exp(x + r * n, n, row_max(x + r * n, n), ys));
			EACH(i, n)
				vf_store_upto(ys + i, vf_mul(vf_load_upto(ys + i, left), scale), left);
		}
}

void ISA_NAME(softmax_grad)(const call *c, team *t) {
	const float *y = c->in[0].data, *dy = c->in[1].data;
	float *dx = c->out[0].data;
	int64_t n = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(n, SOFTMAX_VALUES), &r, &end);)
		for (; r < end; r++) {
			const float *ys = y + r * n, *dys = dy + r * n;
			vf s = vf_zero();
			EACH(i, n)
				s = vf_fma(vf_load_upto(ys + i, left), vf_load_upto(dys + i, left), s);
			const vf inner = vf_set1(vf_sum(s));
			EACH(i, n)
				vf_store_upto(dx + r * n + i, vf_mul(vf_load_upto(ys + i, left), vf_sub(vf_load_upto(dys + i, left), inner)), left);
		}
}

// log_of is the logarithm of one number.
static float log_of(float x) {
	float y[VL];
	vf_store(y, vf_log(vf_set1(x)));
	return y[0];
}

void ISA_NAME(cross_entropy)(const call *c, team *t) {
	const float *x = c->in[0].data;
	const int32_t *target = c->in[1].data;
	float *loss = c->out[0].data, eps = c->cmd->cross_entropy.label_smoothing;
	int64_t n = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(n, SOFTMAX_VALUES), &r, &end);)
		for (; r < end; r++) {
			const float *xs = x + r * n;
			loss[r] = 0;
			if (target[r] < 0 || target[r] >= n)
				continue;
			float top = row_max(xs, n), lse = log_of(row_exp(xs, n, top, NULL)), mean = 0;
			if (eps > 0) { // of x - top, which keeps the digits of the loss
				vf s = vf_zero();
				EACH(i, n)
					s = vf_add(s, vf_sub(load_or(xs + i, left, vf_set1(top)), vf_set1(top)));
				mean = vf_sum(s) / (float)n;
			}
			loss[r] = lse - (1 - eps) * (xs[target[r]] - top) - eps * mean;
		}
}

void ISA_NAME(cross_entropy_grad)(const call *c, team *t) {
	const float *x = c->in[0].data, *dloss = c->in[2].data;
	const int32_t *target = c->in[1].data;
	float *dx = c->out[0].data, eps = c->cmd->cross_entropy_grad.label_smoothing;
	int64_t n = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(n, SOFTMAX_VALUES), &r, &end);)
		for (; r < end; r++) {
			float *d = dx + r * n;
			if (target[r] < 0 || target[r] >= n) {
				memset(d, 0, (size_t)n * sizeof(float));
				continue;
			}
			const vf scale = vf_set1(1 / row_exp(x + r * n, n, row_max(x + r * n, n), d));
			const vf less = vf_set1(eps / (float)n), by = vf_set1(dloss[r]);
			float hit = dloss[r] * (1 - eps);
			EACH(i, n)
				vf_store_upto(d + i, vf_mul(by, vf_sub(vf_mul(vf_load_upto(d + i, left), scale), less)), left);
			d[target[r]] -= hit;
		}
}

// rmsnorm and layernorm with their gradients.
//
// A row (of rmsnorm: a group of D values of a row) is normalised by one thread. The gradients keep each row's 1/root
// mean square (and mean) in the shared scratch for a second phase, in which dw and db are summed over the rows by who
// owns the columns; they may be left out.
#include "chunk.h"

enum { NORM_VALUES = 4096, NORM_COLS = 64, NORM_ROWS = 64 };

// weight_load is up to VL values of w from i on, whatever its plain type.
INLINE vf weight_load(const operand *w, int64_t i) {
	int64_t n = w->cols - i;
	if (w->dtype == DT_F32)
		return vf_load_upto((const float *)w->data + i, n);
	const uint16_t *p = (const uint16_t *)w->data + i;
	uint16_t tail[VL] = {0};
	if (n < VL) {
		memcpy(tail, p, (size_t)n * 2);
		p = tail;
	}
	return w->dtype == DT_F16 ? vf_load_f16(p) : vf_load_bf16(p);
}

INLINE float sum_squares(const float *x, int64_t n) {
	vf s[2] = {vf_zero(), vf_zero()};
	int64_t i = 0;
	for (; i + 2 * VL <= n; i += 2 * VL)
		for (int j = 0; j < 2; j++) {
			vf v = vf_load(x + i + j * VL);
			s[j] = vf_fma(v, v, s[j]);
		}
	for (; i < n; i += VL) {
		vf v = vf_load_upto(x + i, n - i);
		s[0] = vf_fma(v, v, s[0]);
	}
	return vf_sum(vf_add(s[0], s[1]));
}

#define EACH(i, n) for (int64_t i = 0, left = n; left > 0; i += VL, left -= VL)

INLINE float inverse_rms(const float *x, int64_t n, float eps) { return 1 / f32_sqrt(sum_squares(x, n) / (float)n + eps); }

void ISA_NAME(rmsnorm)(const call *c, team *t) {
	const operand *w = &c->in[1];
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	int64_t d = w->cols, groups = value_count(&c->in[0]) / d;
	const vf offset = vf_set1(c->cmd->rmsnorm.offset);
	for (int64_t g, end; chunk_next(t, 0, groups, chunk_rows(d, NORM_VALUES), &g, &end);)
		for (; g < end; g++) {
			const vf r = vf_set1(inverse_rms(x + g * d, d, c->cmd->rmsnorm.eps));
			EACH(i, d)
				vf_store_upto(y + g * d + i, vf_mul(vf_mul(vf_load_upto(x + g * d + i, left), r), vf_add(offset, weight_load(w, i))), left);
		}
}

scratch_need ISA_NAME(rmsnorm_grad_scratch)(const call *c, int threads) {
	(void)threads;
	return (scratch_need){(size_t)(value_count(&c->in[0]) / c->in[1].cols) * sizeof(float), 0};
}

// With n = x·r and u = dy·(offset+w): dx = r·(u - n·mean(u·n)), dw = Σ dy·n over all groups.
void ISA_NAME(rmsnorm_grad)(const call *c, team *t) {
	const operand *w = &c->in[1];
	const float *x = c->in[0].data, *dy = c->in[2].data;
	float *dx = c->out[0].data, *dw = c->out[1].data, *rs = (float *)t->scratch;
	int64_t d = w->cols, groups = value_count(&c->in[0]) / d;
	const vf offset = vf_set1(c->cmd->rmsnorm_grad.offset);
	for (int64_t g, end; chunk_next(t, 0, groups, chunk_rows(d, NORM_VALUES), &g, &end);)
		for (; g < end; g++) {
			const float *xs = x + g * d, *dys = dy + g * d;
			float r = inverse_rms(xs, d, c->cmd->rmsnorm_grad.eps);
			rs[g] = r;
			vf s = vf_zero();
			EACH(i, d)
				s = vf_fma(vf_mul(vf_load_upto(dys + i, left), vf_add(offset, weight_load(w, i))), vf_load_upto(xs + i, left), s);
			const vf scale = vf_set1(r), mean = vf_set1(vf_sum(s) * r * r / (float)d); // of u·n, times r
			EACH(i, d) {
				vf u = vf_mul(vf_load_upto(dys + i, left), vf_add(offset, weight_load(w, i)));
				vf_store_upto(dx + g * d + i, vf_mul(scale, vf_fnma(vf_load_upto(xs + i, left), mean, u)), left);
			}
		}
	if (!dw)
		return;
	team_barrier(t);
	for (int64_t from, to; chunk_next(t, 1, d, NORM_COLS, &from, &to);)
		for (int64_t j = from, left = to - from; left > 0; j += VL, left -= VL) {
			vf total = vf_zero();
			for (int64_t g = 0; g < groups;) {
				int64_t end = groups - g < NORM_ROWS ? groups : g + NORM_ROWS;
				vf s = vf_zero();
				for (; g < end; g++)
					s = vf_fma(vf_mul(vf_load_upto(x + g * d + j, left), vf_set1(rs[g])), vf_load_upto(dy + g * d + j, left), s);
				total = vf_add(total, s);
			}
			vf_store_upto(dw + j, total, left);
		}
}

typedef struct {
	float mean, inverse; // of the standard deviation
} moments;

INLINE moments row_moments(const float *x, int64_t d, float eps) {
	vf s = vf_zero();
	EACH(i, d)
		s = vf_add(s, vf_load_upto(x + i, left));
	float mean = vf_sum(s) / (float)d;
	s = vf_zero();
	EACH(i, d) {
		vf v = vf_sub(vf_load_upto(x + i, left), vf_set1(mean));
		v = left >= VL ? v : vf_sel(vm_first((int)left), v, vf_zero());
		s = vf_fma(v, v, s);
	}
	return (moments){mean, 1 / f32_sqrt(vf_sum(s) / (float)d + eps)};
}

void ISA_NAME(layernorm)(const call *c, team *t) {
	const float *x = c->in[0].data, *w = c->in[1].data, *b = c->in[2].data;
	float *y = c->out[0].data;
	int64_t d = c->in[0].cols;
	for (int64_t g, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(d, NORM_VALUES), &g, &end);)
		for (; g < end; g++) {
			moments m = row_moments(x + g * d, d, c->cmd->layernorm.eps);
			const vf mean = vf_set1(m.mean), r = vf_set1(m.inverse);
			EACH(i, d) {
				vf n = vf_mul(vf_sub(vf_load_upto(x + g * d + i, left), mean), r);
				vf_store_upto(y + g * d + i, vf_fma(n, vf_load_upto(w + i, left), vf_load_upto(b + i, left)), left);
			}
		}
}

scratch_need ISA_NAME(layernorm_grad_scratch)(const call *c, int threads) {
	(void)threads;
	return (scratch_need){(size_t)c->in[0].rows * sizeof(moments), 0};
}

// With n the normalised row and u = dy·w: dx = r·(u - mean(u) - n·mean(u·n)), dw = Σ dy·n, db = Σ dy.
void ISA_NAME(layernorm_grad)(const call *c, team *t) {
	const float *x = c->in[0].data, *w = c->in[1].data, *dy = c->in[2].data;
	float *dx = c->out[0].data, *dw = c->out[1].data, *db = c->out[2].data;
	moments *ms = (moments *)t->scratch;
	int64_t rows = c->in[0].rows, d = c->in[0].cols;
	for (int64_t g, end; chunk_next(t, 0, rows, chunk_rows(d, NORM_VALUES), &g, &end);)
		for (; g < end; g++) {
			const float *xs = x + g * d, *dys = dy + g * d;
			moments m = ms[g] = row_moments(xs, d, c->cmd->layernorm_grad.eps);
			const vf mean = vf_set1(m.mean), r = vf_set1(m.inverse);
			vf su = vf_zero(), sun = vf_zero();
			EACH(i, d) {
				vf u = vf_mul(vf_load_upto(dys + i, left), vf_load_upto(w + i, left));
				su = vf_add(su, u);
				sun = vf_fma(u, vf_mul(vf_sub(vf_load_upto(xs + i, left), mean), r), sun);
			}
			const vf mu = vf_set1(vf_sum(su) / (float)d), mun = vf_set1(vf_sum(sun) / (float)d);
			EACH(i, d) {
				vf u = vf_mul(vf_load_upto(dys + i, left), vf_load_upto(w + i, left));
				vf n = vf_mul(vf_sub(vf_load_upto(xs + i, left), mean), r);
				vf_store_upto(dx + g * d + i, vf_mul(r, vf_fnma(n, mun, vf_sub(u, mu))), left);
			}
		}
	if (!dw && !db)
		return;
	team_barrier(t);
	for (int64_t from, to; chunk_next(t, 1, d, NORM_COLS, &from, &to);)
		for (int64_t j = from, left = to - from; left > 0; j += VL, left -= VL) {
			vf total = vf_zero(), plain = vf_zero();
			for (int64_t g = 0; g < rows;) {
				int64_t end = rows - g < NORM_ROWS ? rows : g + NORM_ROWS;
				vf s = vf_zero(), p = vf_zero();
				for (; g < end; g++) {
					vf v = vf_load_upto(dy + g * d + j, left);
					vf n = vf_mul(vf_sub(vf_load_upto(x + g * d + j, left), vf_set1(ms[g].mean)), vf_set1(ms[g].inverse));
					s = vf_fma(v, n, s);
					p = vf_add(p, v);
				}
				total = vf_add(total, s);
				plain = vf_add(plain, p);
			}
			if (dw)
				vf_store_upto(dw + j, total, left);
			if (db)
				vf_store_upto(db + j, plain, left);
		}
}

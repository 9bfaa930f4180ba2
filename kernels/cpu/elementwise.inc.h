// Ops of one value at a time: add, mul, scale, scale_rows, broadcast, rsqrt, dropout, accumulate, adamw.
//
// A chunk is a run of values (or rows) of fixed size; each result is written once, by whom takes its chunk. Loads may
// run into the padding of a buffer, stores do not. accumulate and adamw overwrite their operands in place.
#include "chunk.h"

enum { CHUNK = 16384, CHUNK_DEAR = 4096 }; // values; DEAR where a value costs more than moving it

// EACH walks [from, to) of a chunk in vectors; left is what is left of it at i.
#define EACH(i, from, to) for (int64_t i = from, left = to - from; left > 0; i += VL, left -= VL)

typedef vf two_operands(vf a, vf b);
INLINE vf do_add(vf a, vf b) { return vf_add(a, b); }
INLINE vf do_mul(vf a, vf b) { return vf_mul(a, b); }

// spread is y = f(a, b) with b of a's shape, a row of it, or one value.
INLINE void spread(const call *c, team *t, two_operands *f) {
	const float *a = c->in[0].data, *b = c->in[1].data;
	float *y = c->out[0].data;
	int64_t n = value_count(&c->in[0]), cols = c->in[0].cols, nb = value_count(&c->in[1]);
	if (nb == n || nb == 1) {
		const vf one = vf_set1(b[0]);
		for (int64_t from, to; chunk_next(t, 0, n, CHUNK, &from, &to);)
			EACH(i, from, to)
				vf_store_upto(y + i, f(vf_load(a + i), nb == 1 ? one : vf_load(b + i)), left);
		return;
	}
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(cols, CHUNK), &r, &end);)
		for (; r < end; r++)
			EACH(i, 0, cols)
				vf_store_upto(y + r * cols + i, f(vf_load_upto(a + r * cols + i, left), vf_load_upto(b + i, left)), left);
}

void ISA_NAME(add)(const call *c, team *t) { spread(c, t, do_add); }
void ISA_NAME(mul)(const call *c, team *t) { spread(c, t, do_mul); }

void ISA_NAME(scale)(const call *c, team *t) {
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	const vf by = vf_set1(c->cmd->scale.by);
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), CHUNK, &from, &to);)
		EACH(i, from, to)
			vf_store_upto(y + i, vf_mul(vf_load(x + i), by), left);
}

void ISA_NAME(rsqrt)(const call *c, team *t) {
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), CHUNK_DEAR, &from, &to);)
		EACH(i, from, to)
			vf_store_upto(y + i, vf_div(vf_set1(1), vf_sqrt(vf_load(x + i))), left);
}

void ISA_NAME(scale_rows)(const call *c, team *t) {
	const float *x = c->in[0].data, *s = c->in[1].data;
	float *y = c->out[0].data;
	int64_t cols = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(cols, CHUNK), &r, &end);)
		for (; r < end; r++)
			EACH(i, 0, cols)
				vf_store_upto(y + r * cols + i, vf_mul(vf_load_upto(x + r * cols + i, left), vf_set1(s[r])), left);
}

void ISA_NAME(broadcast)(const call *c, team *t) {
	const vf x = vf_set1(*(const float *)c->in[0].data);
	float *y = c->out[0].data;
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->out[0]), CHUNK, &from, &to);)
		EACH(i, from, to)
			vf_store_upto(y + i, x, left);
}

// mix is a permutation of 32 bits that spreads every bit over all (Wellons, lowbias32).
INLINE vi mix(vi x) {
	x = vi_mul(vi_xor(x, vi_shr(x, 16)), vi_set1(0x7feb352d));
	x = vi_mul(vi_xor(x, vi_shr(x, 15)), vi_set1((int32_t)0x846ca68b));
	return vi_xor(x, vi_shr(x, 16));
}

void ISA_NAME(dropout)(const call *c, team *t) {
	const float *x = c->in[0].data;
	const uint32_t *seed = c->in[1].data;
	float *y = c->out[0].data;
	double p = (double)c->cmd->dropout.p;
	const vi s0 = vi_set1((int32_t)seed[0]);
	const vi s1 = vi_set1((int32_t)(seed[1] * 0x9E3779B9u + (uint32_t)c->cmd->dropout.stream * 0x85EBCA6Bu));
	const vi drop = vi_set1((int32_t)((uint32_t)(p * 4294967296.0) ^ 0x80000000u)), top = vi_set1((int32_t)0x80000000u);
	const vf keep = vf_set1((float)(1 / (1 - p)));
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), CHUNK_DEAR, &from, &to);)
		EACH(i, from, to) {
			vi h = mix(vi_add(mix(vi_xor(vi_add(vi_set1((int32_t)(uint32_t)i), vi_iota()), s0)), s1));
			vm dropped = vi_gt(drop, vi_xor(h, top)); // unsigned h < drop
			vf_store_upto(y + i, vf_sel(dropped, vf_zero(), vf_mul(vf_load(x + i), keep)), left);
		}
}

void ISA_NAME(accumulate)(const call *c, team *t) {
	const float *g = c->in[1].data;
	float keep = *(const float *)c->in[2].data, *acc = c->out[0].data;
	const vf k = vf_set1(keep);
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[1]), CHUNK, &from, &to);)
		EACH(i, from, to) {
			vf v = vf_load(g + i);
			vf_store_upto(acc + i, keep == 0 ? v : vf_fma(vf_load(acc + i), k, v), left);
		}
}

void ISA_NAME(adamw)(const call *c, team *t) {
	float *p = c->out[0].data, *m = c->out[1].data, *v = c->out[2].data;
	const float *g = c->in[3].data, *hyper = c->in[4].data;
	const struct attr_adamw *a = &c->cmd->adamw;
	double lr = (double)hyper[0];
	const vf b1 = vf_set1(a->beta1), c1 = vf_set1((float)(1 - (double)a->beta1));
	const vf b2 = vf_set1(a->beta2), c2 = vf_set1((float)(1 - (double)a->beta2));
	const vf step = vf_set1((float)(lr / (double)hyper[1])), root = vf_set1(1 / f32_sqrt(hyper[2])), scale = vf_set1(hyper[3]);
	const vf keep = vf_set1((float)(1 - lr * (double)a->weight_decay)), eps = vf_set1(a->eps);
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[3]), CHUNK_DEAR, &from, &to);)
		EACH(i, from, to) {
			vf gi = vf_mul(vf_load(g + i), scale);
			vf mi = vf_fma(b1, vf_load(m + i), vf_mul(c1, gi));
			vf vi1 = vf_fma(b2, vf_load(v + i), vf_mul(vf_mul(c2, gi), gi));
			vf down = vf_div(vf_mul(step, mi), vf_fma(vf_sqrt(vi1), root, eps));
			vf_store_upto(p + i, vf_sub(vf_mul(vf_load(p + i), keep), down), left);
			vf_store_upto(m + i, mi, left);
			vf_store_upto(v + i, vi1, left);
		}
}

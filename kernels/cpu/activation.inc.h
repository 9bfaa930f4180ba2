// activation and glu (act(gate)·up) with their gradients.
//
// A chunk is a run of values. Loads may run into the padding of a buffer, stores do not.
#include "chunk.h"

enum { ACT_CHUNK = 4096 };

#define GELU_SCALE 0.797884561f // √(2/π)
#define GELU_CUBIC 0.044715f

INLINE vf gelu_inner(vf x) {
	return vf_mul(vf_mul(vf_set1(GELU_SCALE), x), vf_fma(vf_mul(vf_set1(GELU_CUBIC), x), x, vf_set1(1)));
}

// act_value is the function and act_slope its derivative. act is a constant where they are used.
INLINE vf act_value(const int act, vf x) {
	const vf half = vf_mul(vf_set1(0.5f), x);
	switch (act) {
	case ACT_SILU:
		return vf_mul(x, vf_sigmoid(x));
	case ACT_GELU_TANH: // (1+tanh u)/2 = σ(2u), which does not cancel for large negative u
		return vf_mul(x, vf_sigmoid(vf_mul(vf_set1(2), gelu_inner(x))));
	case ACT_GELU:
		return vf_mul(half, vf_erf1(vf_mul(x, vf_set1(0.707106781f))));
	case ACT_RELU:
		return vf_sel(vf_lt(x, vf_zero()), vf_zero(), x);
	case ACT_TANH:
		return vf_tanh(x);
	default:
		return vf_sigmoid(x);
	}
}

INLINE vf act_slope(const int act, vf x) {
	const vf one = vf_set1(1);
	switch (act) {
	case ACT_SILU: {
		vf s = vf_sigmoid(x);
		return vf_mul(s, vf_fma(x, vf_sub(one, s), one));
	}
	case ACT_GELU_TANH: { // with s = σ(2u): 1-tanh²u = 4·s·(1-s)
		vf s = vf_sigmoid(vf_mul(vf_set1(2), gelu_inner(x)));
		vf du = vf_mul(vf_set1(GELU_SCALE), vf_fma(vf_mul(vf_set1(3 * GELU_CUBIC), x), x, one));
		return vf_fma(vf_mul(vf_mul(vf_set1(2), x), vf_mul(s, vf_sub(one, s))), du, s);
	}
	case ACT_GELU: {
		vf phi = vf_mul(vf_set1(0.398942280f), vf_exp(vf_mul(vf_set1(-0.5f), vf_mul(x, x))));
		return vf_fma(x, phi, vf_mul(vf_set1(0.5f), vf_erf1(vf_mul(x, vf_set1(0.707106781f)))));
	}
	case ACT_RELU:
		return vf_sel(vf_lt(vf_zero(), x), one, vf_zero());
	case ACT_TANH: {
		vf v = vf_tanh(x);
		return vf_fnma(v, v, one);
	}
	default: {
		vf s = vf_sigmoid(x);
		return vf_mul(s, vf_sub(one, s));
	}
	}
}

// For each activation its own loop over a chunk.
#define EACH_ACT(act, X) \
	switch (act) { \
	case ACT_SILU: X(ACT_SILU) break; \
	case ACT_GELU_TANH: X(ACT_GELU_TANH) break; \
	case ACT_GELU: X(ACT_GELU) break; \
	case ACT_RELU: X(ACT_RELU) break; \
	case ACT_TANH: X(ACT_TANH) break; \
	case ACT_SIGMOID: X(ACT_SIGMOID) break; \
	}
#define EACH for (int64_t i = from, left = to - from; left > 0; i += VL, left -= VL)

void ISA_NAME(activation)(const call *c, team *t) {
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), ACT_CHUNK, &from, &to);) {
#define LOOP(act) EACH vf_store_upto(y + i, act_value(act, vf_load(x + i)), left);
		EACH_ACT(c->cmd->activation.act, LOOP)
#undef LOOP
	}
}

void ISA_NAME(activation_grad)(const call *c, team *t) {
	const float *x = c->in[0].data, *dy = c->in[1].data;
	float *dx = c->out[0].data;
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), ACT_CHUNK, &from, &to);) {
#define LOOP(act) EACH vf_store_upto(dx + i, vf_mul(vf_load(dy + i), act_slope(act, vf_load(x + i))), left);
		EACH_ACT(c->cmd->activation_grad.act, LOOP)
#undef LOOP
	}
}

void ISA_NAME(glu)(const call *c, team *t) {
	const float *gate = c->in[0].data, *up = c->in[1].data;
	float *y = c->out[0].data;
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), ACT_CHUNK, &from, &to);) {
#define LOOP(act) EACH vf_store_upto(y + i, vf_mul(act_value(act, vf_load(gate + i)), vf_load(up + i)), left);
		EACH_ACT(c->cmd->glu.act, LOOP)
#undef LOOP
	}
}

void ISA_NAME(glu_grad)(const call *c, team *t) {
	const float *gate = c->in[0].data, *up = c->in[1].data, *dy = c->in[2].data;
	float *dgate = c->out[0].data, *dup = c->out[1].data;
	for (int64_t from, to; chunk_next(t, 0, value_count(&c->in[0]), ACT_CHUNK, &from, &to);) {
#define LOOP(act) \
	EACH { \
		vf g = vf_load(gate + i), d = vf_load(dy + i); \
		vf_store_upto(dgate + i, vf_mul(vf_mul(d, vf_load(up + i)), act_slope(act, g)), left); \
		vf_store_upto(dup + i, vf_mul(d, act_value(act, g)), left); \
	}
		EACH_ACT(c->cmd->glu_grad.act, LOOP)
#undef LOOP
	}
}

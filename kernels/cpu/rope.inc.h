// rope: turning pairs of values of each head by an angle that grows with the position.
//
// A chunk is rows. Cosines and sines of a row are computed once, in this thread's scratch, and serve all its heads.
#include "chunk.h"

enum { ROPE_VALUES = 4096 };

scratch_need ISA_NAME(rope_scratch)(const call *c, int threads) {
	(void)threads;
	return (scratch_need){0, (size_t)c->in[2].cols * 3 * sizeof(float)};
}

void ISA_NAME(rope)(const call *c, team *t) {
	const struct attr_rope *a = &c->cmd->rope;
	const float *x = c->in[0].data, *freq = c->in[2].data;
	const int32_t *pos = c->in[1].data;
	float *y = c->out[0].data;
	int64_t cols = c->in[0].cols, half = c->in[2].cols, d = a->head_dim;
	float *angle = (float *)t->local, *sine = angle + half, *cosine = sine + half;
	float sine_scale = a->inverse ? -a->scale : a->scale;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(cols, ROPE_VALUES), &r, &end);)
		for (; r < end; r++) {
			for (int64_t j = 0; j < half; j++)
				angle[j] = (float)pos[r] * freq[j];
			f32_sincos(angle, sine, cosine, half);
			for (int64_t j = 0; j < half; j++) {
				sine[j] *= sine_scale;
				cosine[j] *= a->scale;
			}
			for (int64_t h = r * cols; h < (r + 1) * cols; h += d) {
				const float *from = x + h;
				float *to = y + h;
				memcpy(to + 2 * half, from + 2 * half, (size_t)(d - 2 * half) * sizeof(float));
				if (a->interleaved) {
					for (int64_t j = 0; j < half; j++) {
						float p = from[2 * j], q = from[2 * j + 1];
						to[2 * j] = p * cosine[j] - q * sine[j];
						to[2 * j + 1] = q * cosine[j] + p * sine[j];
					}
					continue;
				}
				for (int64_t j = 0, left = half; left > 0; j += VL, left -= VL) {
					vf p = vf_load_upto(from + j, left), q = vf_load_upto(from + half + j, left);
					vf sj = vf_load_upto(sine + j, left), cj = vf_load_upto(cosine + j, left);
					vf_store_upto(to + j, vf_fnma(q, sj, vf_mul(p, cj)), left);
					vf_store_upto(to + half + j, vf_fma(p, sj, vf_mul(q, cj)), left);
				}
			}
		}
}

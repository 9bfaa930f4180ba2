// Reductions: sum, sum_squares, sum_rows, row_dot, clip_scale, argmax.
//
// A sum over everything is taken over chunks of a fixed size in float32 vectors and over the chunks in float64, in
// order; a sum over rows by who owns the columns. So no result depends on the number of threads.
#include "chunk.h"

enum { SUM_CHUNK = 16384, SUM_COLS = 64, SUM_ROWS = 64, ROW_VALUES = 8192 };

// sum_values is Σ a·b over n values, b NULL: Σ a. Four vectors are summed side by side.
INLINE float sum_values(const float *a, const float *b, int64_t n) {
	vf s[4] = {vf_zero(), vf_zero(), vf_zero(), vf_zero()};
	int64_t i = 0;
	for (; i + 4 * VL <= n; i += 4 * VL)
		for (int j = 0; j < 4; j++) {
			vf v = vf_load(a + i + j * VL);
			s[j] = b ? vf_fma(v, vf_load(b + i + j * VL), s[j]) : vf_add(s[j], v);
		}
	for (; i < n; i += VL) {
		vf v = vf_load_upto(a + i, n - i);
		s[0] = b ? vf_fma(v, vf_load_upto(b + i, n - i), s[0]) : vf_add(s[0], v);
	}
	return vf_sum(vf_add(vf_add(s[0], s[1]), vf_add(s[2], s[3])));
}

static scratch_need partial_sums(const call *c) {
	return (scratch_need){(size_t)chunk_count(value_count(&c->in[0]), SUM_CHUNK) * sizeof(float), 0};
}
scratch_need ISA_NAME(sum_scratch)(const call *c, int threads) { (void)threads; return partial_sums(c); }
scratch_need ISA_NAME(sum_squares_scratch)(const call *c, int threads) { (void)threads; return partial_sums(c); }

INLINE void sum_all(const call *c, team *t, const int squares) {
	const float *x = c->in[0].data;
	float *part = (float *)t->scratch, *y = c->out[0].data;
	int64_t n = value_count(&c->in[0]);
	for (int64_t from, to; chunk_next(t, 0, n, SUM_CHUNK, &from, &to);)
		part[from / SUM_CHUNK] = sum_values(x + from, squares ? x + from : NULL, to - from);
	team_barrier(t);
	if (team_take(t, 1, 1) != 0)
		return;
	double s = 0;
	for (int64_t i = 0; i < chunk_count(n, SUM_CHUNK); i++)
		s += (double)part[i];
	*y = (float)s;
}

void ISA_NAME(sum)(const call *c, team *t) { sum_all(c, t, 0); }
void ISA_NAME(sum_squares)(const call *c, team *t) { sum_all(c, t, 1); }

void ISA_NAME(sum_rows)(const call *c, team *t) {
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	int64_t rows = c->in[0].rows, cols = c->in[0].cols;
	for (int64_t from, to; chunk_next(t, 0, cols, SUM_COLS, &from, &to);)
		for (int64_t j = from, left = to - from; left > 0; j += VL, left -= VL) {
			vf total = vf_zero();
			for (int64_t r = 0; r < rows;) { // SUM_ROWS at a time, so that rounding does not grow with the rows
				int64_t end = rows - r < SUM_ROWS ? rows : r + SUM_ROWS;
				vf s = vf_zero();
				for (; r < end; r++)
					s = vf_add(s, vf_load_upto(x + r * cols + j, left));
				total = vf_add(total, s);
			}
			vf_store_upto(y + j, total, left);
		}
}

void ISA_NAME(row_dot)(const call *c, team *t) {
	const float *a = c->in[0].data, *b = c->in[1].data;
	float *y = c->out[0].data;
	int64_t cols = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(cols, ROW_VALUES), &r, &end);)
		for (; r < end; r++)
			y[r] = sum_values(a + r * cols, b + r * cols, cols);
}

void ISA_NAME(clip_scale)(const call *c, team *t) {
	if (team_take(t, 0, 1) != 0)
		return;
	float norm = f32_sqrt(*(const float *)c->in[0].data), most = c->cmd->clip_scale.max_norm;
	float scale = most > 0 ? most / (norm + 1e-6f) : 1;
	*(float *)c->out[0].data = scale > 1 ? 1 : scale;
	*(float *)c->out[1].data = norm;
}

// best_of is the lowest index of the greatest of n values: of those that are comparable, if the first is.
static int64_t best_of(const float *x, int64_t n) {
	vf top = vf_set1(x[0]);
	for (int64_t i = 0; i < n; i += VL)
		top = vf_max(i + VL <= n ? vf_load(x + i) : vf_sel(vm_first((int)(n - i)), vf_load_n(x + i, (int)(n - i)), top), top);
	float most = vf_hmax(top);
	for (int64_t i = 0; i < n; i += VL)
		if (i + VL > n || vm_any(vf_eq(vf_load(x + i), vf_set1(most))))
			for (int64_t j = i; j < n && j < i + VL; j++)
				if (x[j] == most)
					return j;
	return 0;
}

void ISA_NAME(argmax)(const call *c, team *t) {
	const float *x = c->in[0].data;
	int32_t *y = c->out[0].data;
	int64_t cols = c->in[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(cols, ROW_VALUES), &r, &end);)
		for (; r < end; r++)
			y[r] = (int32_t)best_of(x + r * cols, cols);
}

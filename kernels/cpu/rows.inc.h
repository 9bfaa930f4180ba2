// Ops on rows: gather, scatter_add, write, cast, columns, columns_grad.
//
// A row of a result belongs to one thread, in scatter_add a stretch of columns does: it adds in the order of the
// index. Indices outside the table are taken like negative ones.
#include "chunk.h"
#include "rows.h"

enum { ROW_VALUES = 8192, SCATTER_COLS = 128 };

static int inside(int32_t i, int64_t rows) { return i >= 0 && i < rows; }

void ISA_NAME(gather)(const call *c, team *t) {
	const operand *table = &c->in[0];
	const int32_t *index = c->in[1].data;
	float *y = c->out[0].data;
	int64_t d = table->cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[1].cols, chunk_rows(d, ROW_VALUES), &r, &end);)
		for (; r < end; r++)
			if (inside(index[r], table->rows))
				row_load(table, index[r], y + r * d);
			else
				memset(y + r * d, 0, (size_t)d * sizeof(float));
}

void ISA_NAME(scatter_add)(const call *c, team *t) {
	const float *x = c->in[0].data;
	const int32_t *index = c->in[1].data;
	float *y = c->out[0].data;
	int64_t d = c->in[0].cols, rows = c->out[0].rows;
	for (int64_t r, end; chunk_next(t, 0, rows, chunk_rows(d, ROW_VALUES), &r, &end);)
		memset(y + r * d, 0, (size_t)((end - r) * d) * sizeof(float));
	team_barrier(t);
	for (int64_t from, to; chunk_next(t, 1, d, SCATTER_COLS, &from, &to);)
		for (int64_t r = 0; r < c->in[0].rows; r++) {
			if (!inside(index[r], rows))
				continue;
			const float *xs = x + r * d;
			float *ys = y + index[r] * d;
			for (int64_t j = from, left = to - from; left > 0; j += VL, left -= VL)
				vf_store_upto(ys + j, vf_add(vf_load_upto(ys + j, left), vf_load_upto(xs + j, left)), left);
		}
}

void ISA_NAME(write)(const call *c, team *t) {
	const operand *cache = &c->out[0];
	const float *x = c->in[1].data;
	const int32_t *index = c->in[2].data;
	int64_t d = cache->cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[1].rows, chunk_rows(d, ROW_VALUES), &r, &end);)
		for (; r < end; r++)
			if (inside(index[r], cache->rows))
				row_store(cache, index[r], x + r * d);
}

scratch_need ISA_NAME(cast_scratch)(const call *c, int threads) {
	(void)threads;
	return (scratch_need){0, (size_t)c->in[0].cols * sizeof(float)};
}

void ISA_NAME(cast)(const call *c, team *t) {
	const operand *x = &c->in[0], *y = &c->out[0];
	float *row = (float *)t->local;
	for (int64_t r, end; chunk_next(t, 0, x->rows, chunk_rows(x->cols, ROW_VALUES), &r, &end);)
		for (; r < end; r++) {
			row_load(x, r, row);
			row_store(y, r, row);
		}
}

void ISA_NAME(columns)(const call *c, team *t) {
	const float *x = (const float *)c->in[0].data + c->cmd->columns.from;
	float *y = c->out[0].data;
	int64_t d = c->in[0].cols, n = c->out[0].cols;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(n, ROW_VALUES), &r, &end);)
		for (; r < end; r++)
			memcpy(y + r * n, x + r * d, (size_t)n * sizeof(float));
}

void ISA_NAME(columns_grad)(const call *c, team *t) {
	const float *x = c->in[0].data;
	float *y = c->out[0].data;
	int64_t n = c->in[0].cols, d = c->out[0].cols, from = c->cmd->columns_grad.from;
	for (int64_t r, end; chunk_next(t, 0, c->in[0].rows, chunk_rows(d, ROW_VALUES), &r, &end);)
		for (; r < end; r++) {
			memset(y + r * d, 0, (size_t)d * sizeof(float));
			memcpy(y + r * d + from, x + r * n, (size_t)n * sizeof(float));
		}
}

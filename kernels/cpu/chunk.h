// Dividing the work of a command among the team. Included after simd.h.
//
// The bounds of chunks follow from the sizes of the operands alone, so that results are the same for any number of
// threads.
#ifndef GRAFT_CHUNK_H
#define GRAFT_CHUNK_H

#include "simd.h"

// chunk_next takes the next chunk [*from, *to) of size of the n items of a phase, and tells whether there was one.
INLINE int chunk_next(team *t, int phase, int64_t n, int64_t size, int64_t *from, int64_t *to) {
	int64_t i = team_take(t, phase, n > 0 ? (n - 1) / size + 1 : 0);
	if (i < 0)
		return 0;
	*from = i * size;
	*to = n - *from < size ? n : *from + size;
	return 1;
}

// chunk_rows is how many rows of cols values make a chunk of about values values.
INLINE int64_t chunk_rows(int64_t cols, int64_t values) { return cols >= values ? 1 : values / cols; }

// chunk_count is the number of chunks.
INLINE int64_t chunk_count(int64_t n, int64_t size) { return (n + size - 1) / size; }

// Loads and stores of what is left of a row: n may be more than VL. Past n nothing is read or written.
INLINE vf vf_load_upto(const float *p, int64_t n) { return n >= VL ? vf_load(p) : vf_load_n(p, (int)n); }
INLINE void vf_store_upto(float *p, vf v, int64_t n) {
	if (n >= VL)
		vf_store(p, v);
	else
		vf_store_n(p, v, (int)n);
}

// value_count is the number of values of an operand.
INLINE int64_t value_count(const operand *o) { return o->rows * o->cols; }


#endif

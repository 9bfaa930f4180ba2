// What the parts of a matmul share: the product to be computed, and how it is divided.
//
// y[m,n] = alpha·Σk A(m,k)·B(k,n) + c[m,n], where A is a or its transpose and B is b, its transpose, or rows of it.
// A product is divided into tasks, m_chunk × n_chunk results each; a task owns its results and computes them over all
// of k in one order, so neither the division nor who takes a task changes a bit. Strides are in elements.
#include "pack.h"
#include "simd.h"

// UNROLL(n) before a loop of a constant few turns: they become straight code, arrays indexed in them registers. The
// emulation does without, or compiling it takes forever.
#define UNROLL_PRAGMA(x) _Pragma(#x)
#if defined GRAFT_SIMDE
#define UNROLL(n)
#elif defined __clang__
#define UNROLL(n) UNROLL_PRAGMA(clang loop unroll_count(n))
#else
#define UNROLL(n) UNROLL_PRAGMA(GCC unroll n)
#endif

typedef struct {
	int64_t m, n, k;
	const float *a;
	int64_t a_row, a_step; // element (m, k) at a[m·a_row + k·a_step]

	// b is stored with b_cols values a row, tb: B(k,n) is row b_first+n, column k; else row b_first+k, column n.
	const void *b;
	int tb, dtype, layout;
	int64_t b_rows, b_cols, b_first;

	float alpha;
	const float *c; // or NULL
	int64_t c_row;  // 0: one row repeated
	float *y;
	int64_t y_row;

	int64_t n_chunk, m_chunk, n_chunks, m_chunks; // gemm_divide
} gemm;

INLINE int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
INLINE int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }
INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

INLINE int is_plain(int dtype) { return dtype == DT_F32 || dtype == DT_F16 || dtype == DT_BF16; }

// packed_rows is the number of b's rows that lie in groups of 16.
INLINE int64_t packed_rows(const gemm *g) { return g->layout == LAYOUT_PACKED16 ? g->b_rows / PACK_ROWS * PACK_ROWS : 0; }

// gemm_divide chooses chunks for a team: columns in multiples of unit and at most most_n, rows in multiples of rows.
INLINE void gemm_divide(gemm *g, int threads, int64_t unit, int64_t most_n, int64_t rows) {
	int64_t wanted = threads > 1 ? threads * 4 : 1;
	int64_t units = ceil_div(g->n, unit), per = most(1, least(most_n / unit, units / wanted));
	g->n_chunk = per * unit;
	g->n_chunks = ceil_div(g->n, g->n_chunk);
	g->m_chunk = most(g->m, 1);
	if (g->n_chunks > 0 && g->n_chunks < wanted) {
		int64_t parts = ceil_div(wanted, g->n_chunks);
		g->m_chunk = most(rows, round_up(ceil_div(g->m, parts), rows));
	}
	g->m_chunks = ceil_div(g->m, g->m_chunk);
}

INLINE int64_t gemm_tasks(const gemm *g) { return g->n_chunks * g->m_chunks; }

// gemm_part is the rectangle of results of one task.
typedef struct {
	int64_t m0, m1, n0, n1;
} gemm_part;

INLINE gemm_part gemm_part_of(const gemm *g, int64_t task) {
	int64_t i = task % g->m_chunks, j = task / g->m_chunks;
	return (gemm_part){
		i * g->m_chunk, least((i + 1) * g->m_chunk, g->m),
		j * g->n_chunk, least((j + 1) * g->n_chunk, g->n),
	};
}

// The product of a few rows with one panel: the innermost loop of every f32 matmul.
//
// A tile is TILE_ROWS × TILE_COLS results, held in registers over the whole of k. Element (i, k) of the left matrix is
// a[i·row + k·step], so rows of activations (step 1) and columns (row 1) are read where they lie, by broadcasts.
// The right one is a panel: TILE_COLS consecutive floats for each k, ldb apart.
// A tile overwrites its results: y = alpha·product + base, where base may be y itself (the sum over an earlier part
// of k), the summand c, or nothing.

#if defined ISA_AVX512
#define TILE_LIMIT 14
enum { TILE_VECTORS = 2 };
#elif defined ISA_AVX2
#define TILE_LIMIT 6
enum { TILE_VECTORS = 2 };
#else
#define TILE_LIMIT 2
enum { TILE_VECTORS = 4 };
#endif
enum { TILE_ROWS = TILE_LIMIT, TILE_COLS = TILE_VECTORS * VL };

// tile_out is where results go. base is NULL for nothing; base_stride 0 repeats one row.
typedef struct {
	float *y;
	int64_t stride;
	const float *base;
	int64_t base_stride;
	float alpha;
	int cols; // of the tile that exist
} tile_out;

INLINE void tile_write(const int rows, vf acc[][TILE_VECTORS], const tile_out *o) {
	vf alpha = vf_set1(o->alpha);
	if (o->cols == TILE_COLS) {
		UNROLL(14)
		for (int i = 0; i < rows; i++) {
			UNROLL(4)
			for (int v = 0; v < TILE_VECTORS; v++) {
				vf base = o->base ? vf_load(o->base + i * o->base_stride + v * VL) : vf_zero();
				vf_store(o->y + i * o->stride + v * VL, vf_fma(alpha, acc[i][v], base));
			}
		}
		return;
	}
	float t[TILE_ROWS][TILE_COLS];
	UNROLL(14)
	for (int i = 0; i < rows; i++) {
		UNROLL(4)
		for (int v = 0; v < TILE_VECTORS; v++) vf_store(t[i] + v * VL, acc[i][v]);
	}
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < o->cols; j += VL) {
			int n = o->cols - j < VL ? o->cols - j : VL;
			vf base = o->base ? vf_load_n(o->base + i * o->base_stride + j, n) : vf_zero();
			vf_store_n(o->y + i * o->stride + j, vf_fma(alpha, vf_load(t[i] + j), base), n);
		}
}

INLINE void tile(const int rows, int64_t k, const float *a, int64_t row, int64_t step, const float *b, int64_t ldb, const tile_out *o) {
	vf acc[TILE_ROWS][TILE_VECTORS];
	UNROLL(14)
	for (int i = 0; i < rows; i++) {
		UNROLL(4)
		for (int v = 0; v < TILE_VECTORS; v++) acc[i][v] = vf_zero();
	}
	const float *p[(TILE_ROWS + 2) / 3]; // one pointer for three rows: the others are at one and two times row
	UNROLL(5)
	for (int i = 0; i < rows; i += 3) p[i / 3] = a + i * row;
	for (; k > 0; k--, b += ldb) {
		vf w[TILE_VECTORS];
		UNROLL(4)
		for (int v = 0; v < TILE_VECTORS; v++) w[v] = vf_load(b + v * VL);
		UNROLL(14)
		for (int i = 0; i < rows; i++) {
			vf x = vf_set1(p[i / 3][i % 3 * row]);
			UNROLL(4)
			for (int v = 0; v < TILE_VECTORS; v++) acc[i][v] = vf_fma(x, w[v], acc[i][v]);
		}
		UNROLL(5)
		for (int i = 0; i < rows; i += 3) p[i / 3] += step;
	}
	tile_write(rows, acc, o);
}

typedef void tile_fn(int64_t k, const float *a, int64_t row, int64_t step, const float *b, int64_t ldb, const tile_out *o);

#define TILE(rows) \
	static void tile_##rows(int64_t k, const float *a, int64_t row, int64_t step, const float *b, int64_t ldb, const tile_out *o) { \
		tile(rows, k, a, row, step, b, ldb, o); \
	}
TILE(1)
TILE(2)
#if TILE_LIMIT > 2
TILE(3)
TILE(4)
TILE(5)
TILE(6)
#endif
#if TILE_LIMIT > 6
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
TILE(13)
TILE(14)
#endif

// tiles[r] computes r rows.
static tile_fn *const tiles[TILE_ROWS + 1] = {
	NULL, tile_1, tile_2,
#if TILE_LIMIT > 2
	tile_3, tile_4, tile_5, tile_6,
#endif
#if TILE_LIMIT > 6
	tile_7, tile_8, tile_9, tile_10, tile_11, tile_12, tile_13, tile_14,
#endif
};

// tile_column multiplies m rows with one panel, in tiles as equal as can be: few rows in a tile wait for their sums.
static void tile_column(int64_t m, int64_t k, const float *a, int64_t row, int64_t step, const float *b, int64_t ldb, tile_out o) {
	for (int64_t n = (m + TILE_ROWS - 1) / TILE_ROWS; n > 0; n--) {
		int64_t rows = (m + n - 1) / n;
		tiles[rows](k, a, row, step, b, ldb, &o);
		m -= rows;
		a += rows * row;
		o.y += rows * o.stride;
		if (o.base) o.base += rows * o.base_stride;
	}
}

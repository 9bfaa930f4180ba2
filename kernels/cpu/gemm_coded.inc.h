// What products on codes have in common, whether of few rows or of many.

// codes_rows quantises rows m0 … m1 of k values.
static void codes_rows(const codes *c, const float *a, int64_t a_row, int64_t m0, int64_t m1, int64_t k) {
	for (int64_t m = m0; m < m1; m++) {
		const float *x = a + m * a_row;
		uint8_t *q = c->code + m * c->code_row;
		for (int64_t b = 0; b < c->blocks; b++) {
			const float *v = x + b * 32;
			float part[32] = {0};
			if (k - b * 32 < 32) v = memcpy(part, v, (k - b * 32) * sizeof *v);
#ifdef ISA_INTEGERS
			if (c->bits == 16) {
				codes_block16(v, c, m * c->blocks + b, (int16_t *)q + b * 32);
				continue;
			}
#endif
			codes_block8(v, c, m * c->blocks + b, (int8_t *)q + b * 32);
		}
	}
}

// gemm_int is a product with its plan.
typedef struct {
	gemm g;
	codes c;
	int direct;
} gemm_int;

// gemm_rest is the product with the rows past the packed ones, which goes in f32; its n may be 0.
INLINE gemm gemm_rest(const gemm_int *p, const gemm *g, int threads) {
	gemm r = *g;
	r.n = g->n - p->g.n;
	r.b_first += p->g.n;
	r.y += p->g.n;
	if (r.c) r.c += p->g.n;
	gemm_f32_divide(&r, threads);
	return r;
}

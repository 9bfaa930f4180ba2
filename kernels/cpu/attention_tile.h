// What attention and its gradient share: the operands, small products in registers, and tiles of keys and queries.
//
// Queries stand in lanes. A panel is up to PANEL queries (rows and heads that share a key head) side by side, stored
// transposed, [D][PANEL]; a tile is KEYS keys or values of one head, copied to float32, [KEYS][D]. Then every product
// of a tile with a panel is a broadcast of the one times vectors of the other, softmax runs down the lanes, and no
// cache has to be transposed. Included after simd.h.
#ifndef GRAFT_ATTENTION_TILE_H
#define GRAFT_ATTENTION_TILE_H

#include "chunk.h"
#include "rows.h"

enum {
	NV = 3,                  // vectors of a panel
	MR = VL == 16 ? 8 : 4,   // rows of a product in registers: MR·NV sums, NV vectors and a broadcast fit the register file
	PANEL = NV * VL,
	KEYS = 64,               // a multiple of MR
};

typedef struct {
	int64_t rows, keys, heads, kv_heads, group, d;
	int64_t prefix;
	float scale, softcap;
	const operand *q, *k, *v;
	const int32_t *lo, *hi;
} attn;

INLINE attn attn_of(const call *c, int lo) {
	const struct attr_attention *a = &c->cmd->attention; // its gradient has the same attributes
	return (attn){
		.rows = c->in[0].rows, .keys = c->in[1].rows, .heads = a->heads, .kv_heads = a->kv_heads, .group = a->heads / a->kv_heads,
		.d = c->in[0].cols / a->heads, .prefix = a->prefix, .scale = a->scale, .softcap = a->softcap,
		.q = &c->in[0], .k = &c->in[1], .v = &c->in[2], .lo = c->in[lo].data, .hi = c->in[lo + 1].data,
	};
}

// span is a range of keys past the prefix.
typedef struct {
	int64_t from, to;
} span;

INLINE span attn_span(const attn *a, int64_t row) {
	int64_t from = a->lo[row] > a->prefix ? a->lo[row] : a->prefix, to = a->hi[row] < a->keys ? a->hi[row] : a->keys;
	return (span){from, to > from ? to : from};
}

INLINE int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }
INLINE int64_t round_to(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

// How a product begins: at zero, at what c holds, or at that times a vector for each column.
enum { FRESH, ADD, SCALED };

// product is c[i][·] (+)= Σk a(i,k)·b[k][·] for mr rows of nv vectors; element (i,k) of a is a[i·ai + k·ak].
INLINE void product(const int mr, const int nv, const int begin, int64_t n, const float *a, const int64_t ai, const int64_t ak, const float *b,
	int64_t ldb, float *c, int64_t ldc, const float *scale) {
	vf s[MR][NV];
#pragma GCC unroll 8
	for (int i = 0; i < mr; i++)
#pragma GCC unroll 3
		for (int j = 0; j < nv; j++) {
			s[i][j] = begin == FRESH ? vf_zero() : vf_load(c + i * ldc + j * VL);
			if (begin == SCALED)
				s[i][j] = vf_mul(s[i][j], vf_load(scale + j * VL));
		}
	for (int64_t k = 0; k < n; k++) {
		vf v[NV];
#pragma GCC unroll 3
		for (int j = 0; j < nv; j++)
			v[j] = vf_load(b + k * ldb + j * VL);
#pragma GCC unroll 8
		for (int i = 0; i < mr; i++) {
			vf x = vf_set1(a[i * ai + k * ak]);
#pragma GCC unroll 3
			for (int j = 0; j < nv; j++)
				s[i][j] = vf_fma(x, v[j], s[i][j]);
		}
	}
#pragma GCC unroll 8
	for (int i = 0; i < mr; i++)
#pragma GCC unroll 3
		for (int j = 0; j < nv; j++)
			vf_store(c + i * ldc + j * VL, s[i][j]);
}

INLINE void products_of(const int nv, const int begin, int64_t rows, int64_t n, const float *a, const int64_t ai, const int64_t ak, const float *b,
	int64_t ldb, float *c, int64_t ldc, const float *scale) {
	int64_t i = 0;
	for (; i + MR <= rows; i += MR)
		product(MR, nv, begin, n, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, scale);
	for (; i < rows; i++)
		product(1, nv, begin, n, a + i * ai, ai, ak, b, ldb, c + i * ldc, ldc, scale);
}

INLINE void products(int nv, const int begin, int64_t rows, int64_t n, const float *a, const int64_t ai, const int64_t ak, const float *b,
	int64_t ldb, float *c, int64_t ldc, const float *scale) {
	switch (nv) {
	case 3: products_of(3, begin, rows, n, a, ai, ak, b, ldb, c, ldc, scale); break;
	case 2: products_of(2, begin, rows, n, a, ai, ak, b, ldb, c, ldc, scale); break;
	default: products_of(1, begin, rows, n, a, ai, ak, b, ldb, c, ldc, scale); break;
	}
}

// along is products with a's rows one after the other (keys of a tile), n inner values each: c[rows][PANEL].
static void along(int nv, int64_t rows, int64_t n, const float *a, const float *b, float *c) {
	products(nv, FRESH, rows, n, a, n, 1, b, PANEL, c, PANEL, NULL);
}

// across_scaled and across_add are products with a transposed: a[n][rows] (values of a tile), b[n][PANEL]: c[rows][PANEL].
static __attribute__((unused)) void across_scaled(int nv, int64_t rows, int64_t n, const float *a, const float *b, float *c, const float *scale) {
	products(nv, SCALED, rows, n, a, 1, rows, b, PANEL, c, PANEL, scale);
}
static __attribute__((unused)) void across_add(int nv, int64_t rows, int64_t n, const float *a, const float *b, float *c) {
	products(nv, ADD, rows, n, a, 1, rows, b, PANEL, c, PANEL, NULL);
}

// tile_load copies columns [col, col+d) of n rows of w, from row on, to tile, stride values apart; past d up to stride
// it writes zeros.
static void tile_load(const operand *w, int64_t row, int64_t n, int64_t col, int64_t d, float *tile, int64_t stride) {
	for (int64_t r = 0; r < n; r++, tile += stride) {
		int64_t at = (row + r) * w->cols + col, i = 0;
		if (w->dtype == DT_Q8_0 && (d % 32 || col % 32)) { // blocks reach over the borders of heads
			for (; i < d; i++) {
				const uint8_t *p = (const uint8_t *)w->data + (at + i) / 32 * 34;
				uint16_t h;
				memcpy(&h, p, 2);
				tile[i] = f32_from_f16(h) * (float)(int8_t)p[2 + (at + i) % 32];
			}
		} else if (w->dtype == DT_Q8_0) {
			const uint8_t *p = (const uint8_t *)w->data + at / 32 * 34;
			for (; i < d; i += 32, p += 34) {
				uint16_t h;
				memcpy(&h, p, 2);
				const vf scale = vf_set1(f32_from_f16(h));
				for (int j = 0; j < 32; j += VL)
					vf_store(tile + i + j, vf_mul(vf_load_i8((const int8_t *)p + 2 + j), scale));
			}
		} else if (w->dtype == DT_F32) {
			const float *p = (const float *)w->data + at;
			for (; i + VL <= d; i += VL)
				vf_store(tile + i, vf_load(p + i));
			for (; i < d; i++)
				tile[i] = p[i];
		} else {
			const uint16_t *p = (const uint16_t *)w->data + at;
			for (; i + VL <= d; i += VL)
				vf_store(tile + i, w->dtype == DT_F16 ? vf_load_f16(p + i) : vf_load_bf16(p + i));
			for (; i < d; i++)
				tile[i] = w->dtype == DT_F16 ? f32_from_f16(p[i]) : f32_from_bf16(p[i]);
		}
		for (; i < stride; i++)
			tile[i] = 0;
	}
}

// panel_load stores n rows of d values, lane i's at x[i], transposed and scaled: panel[d][PANEL]. Lanes from n to the
// next multiple of VL repeat the last row.
static void panel_load(const float *const *x, int64_t n, int64_t d, float scale, float *panel) {
	const vf by = vf_set1(scale);
	for (int64_t lane = 0; lane < n; lane += VL)
		for (int64_t j = 0, left = d; left > 0; j += VL, left -= VL) {
			vf r[VL];
			for (int i = 0; i < VL; i++)
				r[i] = vf_load_upto(x[min64(lane + i, n - 1)] + j, left);
			vf_transpose(r);
			for (int i = 0; i < VL && i < left; i++)
				vf_store(panel + (j + i) * PANEL + lane, vf_mul(r[i], by));
		}
}

// panel_store is the reverse for the first n lanes, each multiplied by its element of scale.
static void panel_store(const float *panel, int64_t n, int64_t d, const float *scale, float *const *y) {
	for (int64_t lane = 0; lane < n; lane += VL) {
		const vf by = vf_load(scale + lane);
		for (int64_t j = 0, left = d; left > 0; j += VL, left -= VL) {
			vf r[VL];
			for (int i = 0; i < VL; i++)
				r[i] = i < left ? vf_mul(vf_load(panel + (j + i) * PANEL + lane), by) : vf_zero();
			vf_transpose(r);
			for (int i = 0; i < VL && lane + i < n; i++)
				vf_store_upto(y[lane + i] + j, r[i], left);
		}
	}
}

// panel_range is what the lanes of a panel attend past the prefix: some of them (any), all of them (all).
typedef struct {
	span any, all;
	int32_t lo[PANEL], hi[PANEL];
} panel_range;

// attended tells which lanes of vector j attend key.
INLINE vm attended(const panel_range *p, int j, int64_t key) {
	return vm_and(vi_gt(vi_load(p->hi + j * VL), vi_set1((int32_t)key)), vi_gt(vi_set1((int32_t)key + 1), vi_load(p->lo + j * VL)));
}

INLINE int64_t panel_vectors(int64_t lanes) { return (lanes + VL - 1) / VL; }

// panel_ranges fills p in for lanes whose rows are row[i]; lanes past n repeat the last.
static void panel_ranges(const attn *a, const int64_t *row, int64_t n, panel_range *p) {
	p->any = p->all = attn_span(a, row[0]);
	for (int64_t i = 0; i < PANEL; i++) {
		span s = attn_span(a, row[min64(i, n - 1)]);
		p->lo[i] = (int32_t)s.from;
		p->hi[i] = (int32_t)s.to;
		p->any = (span){min64(p->any.from, s.from), max64(p->any.to, s.to)};
		p->all = (span){max64(p->all.from, s.from), min64(p->all.to, s.to)};
	}
}

#endif

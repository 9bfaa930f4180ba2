// attention_grad: gradients toward queries, keys and values, with the probabilities computed again from lse (Dao 2023).
//
// Rows fall into parts that share no key: the segments of a packed batch. A task is one part of one key head, which
// owns its gradients of queries, keys and values; where there are few of those, one part of one query head, with the
// gradients of keys and values of each query head in scratch, added up in the order of the heads afterwards. Within a
// task the order of sums is fixed. Which it is follows from sizes and ranges alone. See attention_tile.h for panels and
// tiles; a panel here is rows of one head.
#include "attention_tile.h"

enum { FEW_TASKS = 16, GRAD_ROWS = 16 };

// The most bytes of scratch for the gradients of single heads.
#define MOST_PARTIAL ((int64_t)256 << 20)

typedef struct {
	attn a;
	const float *o, *lse, *dy;
	float *dq, *dk, *dv;
	float *delta;            // [rows][heads]: Σ dy·o
	float *part_k, *part_v;  // [heads][keys][d], NULL if tasks are whole key heads
	int64_t stride;          // d in whole vectors
} grad;

// grad_memory is a thread's own memory.
typedef struct {
	int64_t *row;          // parts: part i is rows [row[i], row[i+1])
	span *keys;            // and these keys past the prefix
	float *k, *v, *dk, *dv; // tiles, [KEYS][stride]; k and v also without padding, see grad_tile
	float *q, *dy, *dq;    // all panels of a part of one head, [d][PANEL] each
	float *rows_q, *rows_dy; // a panel by rows, [PANEL][stride], where rows of q cannot be read in whole vectors
	float *p, *ds;         // [KEYS][PANEL]
} grad_memory;

static int64_t grad_panels(const attn *a) { return (a->rows + PANEL - 1) / PANEL; }

static size_t grad_memory_of(const grad *g, uint8_t *at, grad_memory *m) {
	const attn *a = &g->a;
	uint8_t *begin = at;
#define TAKE(field, count) m->field = (void *)at, at += round_to((int64_t)sizeof *m->field * (count), 64)
	TAKE(row, a->rows + 1);
	TAKE(keys, a->rows);
	TAKE(k, (KEYS + MR) * g->stride);
	TAKE(v, (KEYS + MR) * g->stride);
	TAKE(dk, KEYS * g->stride);
	TAKE(dv, KEYS * g->stride);
	TAKE(q, grad_panels(a) * PANEL * a->d);
	TAKE(dy, grad_panels(a) * PANEL * a->d);
	TAKE(dq, grad_panels(a) * PANEL * a->d);
	TAKE(rows_q, PANEL * g->stride);
	TAKE(rows_dy, PANEL * g->stride);
	TAKE(p, (KEYS + MR) * PANEL);
	TAKE(ds, (KEYS + MR) * PANEL);
#undef TAKE
	return (size_t)(at - begin);
}

// grad_of resolves the operands; scratch is NULL where only sizes are wanted. It returns the bytes of shared scratch.
static size_t grad_of(const call *c, uint8_t *scratch, grad *g) {
	attn a = attn_of(c, 6);
	int64_t delta = round_to(a.rows * a.heads * (int64_t)sizeof(float), 64), part = a.heads * a.keys * a.d * (int64_t)sizeof(float);
	int apart = a.group > 1 && 2 * part <= MOST_PARTIAL;
	*g = (grad){.a = a, .o = c->in[3].data, .lse = c->in[4].data, .dy = c->in[5].data, .dq = c->out[0].data, .dk = c->out[1].data,
		.dv = c->out[2].data, .delta = (float *)scratch, .stride = round_to(a.d, VL)};
	if (apart && scratch) {
		g->part_k = (float *)(scratch + delta);
		g->part_v = (float *)(scratch + delta + part);
	}
	return (size_t)(delta + (apart ? 2 * part : 0));
}

scratch_need ISA_NAME(attention_grad_scratch)(const call *c, int threads) {
	(void)threads;
	grad g;
	grad_memory m;
	size_t shared = grad_of(c, NULL, &g);
	return (scratch_need){shared, grad_memory_of(&g, NULL, &m)};
}

// grad_parts finds the parts and returns their number. Keys of a prefix are shared by all rows.
static int64_t grad_parts(const attn *a, grad_memory *m) {
	span all = {a->keys, a->prefix};
	int64_t parts = 0, floor = a->prefix; // no key of this part is below floor
	int one = a->prefix > 0;
	for (int64_t r = 0; r < a->rows; r++) {
		span s = attn_span(a, r);
		if (s.from < s.to) {
			one |= s.from < floor;
			if (parts == 0 || s.from >= all.to) {
				floor = all.to;
				m->row[parts] = parts == 0 ? 0 : r;
				m->keys[parts++] = s;
			}
			span *k = &m->keys[parts - 1];
			*k = (span){min64(k->from, s.from), max64(k->to, s.to)};
			all = (span){min64(all.from, s.from), max64(all.to, s.to)};
		}
	}
	if (one || parts == 0) {
		m->row[0] = 0;
		m->keys[0] = all.from < all.to ? all : (span){0, 0};
		parts = 1;
	}
	m->row[parts] = a->rows;
	return parts;
}

// grad_scores turns scores p and products ds = dy·v of n keys from key on into probabilities and gradients of the
// scores before scaling and cap; lanes are rows from row on.
INLINE void grad_scores(const grad *g, const int nv, const int masked, int64_t n, int64_t key, const panel_range *r, const float *lse,
	const float *delta, float *p, float *ds) {
	const float softcap = g->a.softcap;
	const vf cap = vf_set1(softcap), inv = vf_set1(1 / softcap), scale = vf_set1(g->a.scale), one = vf_set1(1);
	for (int j = 0; j < nv; j++) {
		const vf l = vf_load(lse + j * VL), dl = vf_load(delta + j * VL);
		for (int64_t i = 0; i < n; i++) {
			float *at = p + i * PANEL + j * VL, *dat = ds + i * PANEL + j * VL;
			vf x = vf_load(at), slope = scale;
			if (softcap > 0) {
				vf th = vf_tanh(vf_mul(x, inv));
				x = vf_mul(cap, th);
				slope = vf_mul(slope, vf_fnma(th, th, one));
			}
			vf e = vf_exp(vf_sub(x, l)), d = vf_mul(vf_mul(e, vf_sub(vf_load(dat), dl)), slope);
			if (masked) {
				vm in = attended(r, j, key + i);
				e = vf_sel(in, e, vf_zero());
				d = vf_sel(in, d, vf_zero());
			}
			vf_store(at, e);
			vf_store(dat, d);
		}
	}
}

// by_rows is c[n][stride] += Σ over lanes of a[n][PANEL] · b[lanes][·], in groups of vectors of d.
static void by_rows(int64_t n, int64_t lanes, int64_t stride, const float *a, const float *b, int64_t ldb, float *c) {
	for (int64_t left = stride / VL, j = 0; left > 0;) {
		int nv = (int)(left == NV + 1 ? NV - 1 : min64(NV, left));
		products(nv, ADD, n, lanes, a, PANEL, 1, b + j, ldb, c + j, stride, NULL);
		j += nv * VL;
		left -= nv;
	}
}

// grad_tile adds what keys [key, key+n) and rows [from, to) of head have to do with each other to the tile's and the
// panels' gradients.
static void grad_tile(const grad *g, grad_memory *m, int64_t head, int64_t from, int64_t to, int64_t key, int64_t n, int prefix) {
	const attn *a = &g->a;
	const int64_t d = a->d, width = a->heads * d;
	for (int64_t row = from, panel = 0; row < to; row += PANEL, panel += PANEL * d) {
		int64_t lanes = min64(PANEL, to - row), rows[PANEL];
		panel_range r;
		float lse[PANEL], delta[PANEL];
		for (int64_t i = 0; i < PANEL; i++) {
			rows[i] = row + min64(i, lanes - 1);
			lse[i] = g->lse[rows[i] * a->heads + head];
			delta[i] = g->delta[rows[i] * a->heads + head];
		}
		panel_ranges(a, rows, lanes, &r);
		span in = prefix ? (span){0, n} : (span){max64(0, r.any.from - key), min64(n, r.any.to - key)};
		if (in.from >= in.to)
			continue;
		const int64_t keys = in.to - in.from, padded = round_to(keys, MR);
		const int nv = (int)panel_vectors(lanes);
		along(nv, padded, d, m->k + in.from * d, m->q + panel, m->p);
		along(nv, padded, d, m->v + in.from * d, m->dy + panel, m->ds);
		if (!prefix && (key + in.from < r.all.from || key + in.to > r.all.to))
			grad_scores(g, nv, 1, keys, key + in.from, &r, lse, delta, m->p, m->ds);
		else
			grad_scores(g, nv, 0, keys, key + in.from, &r, lse, delta, m->p, m->ds);
		across_add(nv, d, keys, m->k + in.from * d, m->ds, m->dq + panel);

		const float *q = (const float *)a->q->data + row * width + head * d, *dy = g->dy + row * width + head * d;
		int64_t stride = width;
		if (d != g->stride) {
			operand rows_of_dy = *a->q;
			rows_of_dy.data = (void *)g->dy;
			tile_load(a->q, row, lanes, head * d, d, m->rows_q, g->stride);
			tile_load(&rows_of_dy, row, lanes, head * d, d, m->rows_dy, g->stride);
			q = m->rows_q, dy = m->rows_dy, stride = g->stride;
		}
		by_rows(keys, lanes, g->stride, m->p, dy, stride, m->dv + in.from * g->stride);
		by_rows(keys, lanes, g->stride, m->ds, q, stride, m->dk + in.from * g->stride);
	}
}

// grad_head computes one part of one query head; dk and dv are where the gradients of its keys go, to stride values a
// key; first: they hold nothing yet.
static void grad_head(const grad *g, grad_memory *m, int64_t part, int64_t head, float *dk, float *dv, int64_t stride, int first) {
	const attn *a = &g->a;
	const int64_t d = a->d, width = a->heads * d, from = m->row[part], to = m->row[part + 1], kv = head / a->group;
	for (int64_t row = from, panel = 0; row < to; row += PANEL, panel += PANEL * d) {
		const float *q[PANEL], *dy[PANEL];
		int64_t lanes = min64(PANEL, to - row);
		for (int64_t i = 0; i < lanes; i++) {
			q[i] = (const float *)a->q->data + (row + i) * width + head * d;
			dy[i] = g->dy + (row + i) * width + head * d;
		}
		panel_load(q, lanes, d, a->scale, m->q + panel);
		panel_load(dy, lanes, d, 1, m->dy + panel);
		memset(m->dq + panel, 0, (size_t)(PANEL * d) * sizeof(float));
	}
	const span both[2] = {{0, a->prefix}, m->keys[part]};
	for (int i = 0; i < 2; i++)
		for (int64_t key = both[i].from; key < both[i].to; key += KEYS) {
			int64_t n = min64(KEYS, both[i].to - key);
			tile_load(a->k, key, n, kv * d, d, m->k, d);
			tile_load(a->v, key, n, kv * d, d, m->v, d);
			memset(m->k + n * d, 0, (size_t)(MR * d) * sizeof(float)); // a last product may take MR keys
			memset(m->v + n * d, 0, (size_t)(MR * d) * sizeof(float));
			for (int64_t j = 0; j < n; j++) {
				float *tk = m->dk + j * g->stride, *tv = m->dv + j * g->stride;
				memset(tk, 0, (size_t)g->stride * sizeof(float));
				memset(tv, 0, (size_t)g->stride * sizeof(float));
				if (!first) {
					memcpy(tk, dk + (key + j) * stride, (size_t)d * sizeof(float));
					memcpy(tv, dv + (key + j) * stride, (size_t)d * sizeof(float));
				}
			}
			grad_tile(g, m, head, from, to, key, n, i == 0);
			for (int64_t j = 0; j < n; j++) {
				memcpy(dk + (key + j) * stride, m->dk + j * g->stride, (size_t)d * sizeof(float));
				memcpy(dv + (key + j) * stride, m->dv + j * g->stride, (size_t)d * sizeof(float));
			}
		}
	float one[PANEL];
	for (int i = 0; i < PANEL; i++)
		one[i] = 1;
	for (int64_t row = from, panel = 0; row < to; row += PANEL, panel += PANEL * d) {
		float *dq[PANEL];
		int64_t lanes = min64(PANEL, to - row);
		for (int64_t i = 0; i < lanes; i++)
			dq[i] = g->dq + (row + i) * width + head * d;
		panel_store(m->dq + panel, lanes, d, one, dq);
	}
}

// grad_prepare clears the gradients of keys and computes delta.
static void grad_prepare(const grad *g, team *t) {
	const attn *a = &g->a;
	const int64_t d = a->d, width = a->kv_heads * d;
	for (int64_t r, end; chunk_next(t, 0, max64(a->rows, a->keys), GRAD_ROWS, &r, &end);)
		for (; r < end; r++) {
			if (r < a->keys) {
				memset(g->dk + r * width, 0, (size_t)width * sizeof(float));
				memset(g->dv + r * width, 0, (size_t)width * sizeof(float));
			}
			for (int64_t h = 0; h < a->heads && r < a->rows; h++) {
				const float *o = g->o + (r * a->heads + h) * d, *dy = g->dy + (r * a->heads + h) * d;
				vf s = vf_zero();
				for (int64_t j = 0; j < d; j += VL)
					s = vf_fma(vf_load_upto(o + j, d - j), vf_load_upto(dy + j, d - j), s);
				g->delta[r * a->heads + h] = vf_sum(s);
			}
		}
}

// grad_join adds up the gradients of the heads of each key head.
static void grad_join(const grad *g, const grad_memory *m, int64_t parts, team *t) {
	const attn *a = &g->a;
	const int64_t d = a->d, size = a->keys * d, blocks = (a->keys + KEYS - 1) / KEYS;
	for (int64_t i; (i = team_take(t, 2, blocks * a->kv_heads)) >= 0;) {
		const int64_t block = i / a->kv_heads * KEYS, kv = i % a->kv_heads;
		for (int64_t part = -1; part < parts; part++) { // -1: the prefix
			span s = part < 0 ? (span){0, a->prefix} : m->keys[part];
			for (int64_t key = max64(s.from, block); key < min64(s.to, block + KEYS); key++)
				for (int64_t j = 0; j < d; j += VL) {
					const float *pk = g->part_k + kv * a->group * size + key * d + j, *pv = g->part_v + kv * a->group * size + key * d + j;
					vf sk = vf_load_upto(pk, d - j), sv = vf_load_upto(pv, d - j);
					for (int64_t h = 1; h < a->group; h++) {
						sk = vf_add(sk, vf_load_upto(pk + h * size, d - j));
						sv = vf_add(sv, vf_load_upto(pv + h * size, d - j));
					}
					vf_store_upto(g->dk + (key * a->kv_heads + kv) * d + j, sk, d - j);
					vf_store_upto(g->dv + (key * a->kv_heads + kv) * d + j, sv, d - j);
				}
		}
	}
}

void ISA_NAME(attention_grad)(const call *c, team *t) {
	grad g;
	grad_memory m;
	grad_of(c, t->scratch, &g);
	grad_memory_of(&g, t->local, &m);
	const attn *a = &g.a;
	const int64_t d = a->d, width = a->kv_heads * d;
	grad_prepare(&g, t);
	int64_t parts = grad_parts(a, &m);
	team_barrier(t);
	if (!g.part_k || parts * a->kv_heads >= FEW_TASKS) {
		for (int64_t i; (i = team_take(t, 1, parts * a->kv_heads)) >= 0;) {
			int64_t kv = i % a->kv_heads;
			for (int64_t h = 0; h < a->group; h++)
				grad_head(&g, &m, i / a->kv_heads, kv * a->group + h, g.dk + kv * d, g.dv + kv * d, width, h == 0);
		}
		return;
	}
	for (int64_t i; (i = team_take(t, 1, parts * a->heads)) >= 0;) {
		int64_t head = i % a->heads, at = head * a->keys * d;
		grad_head(&g, &m, i / a->heads, head, g.part_k + at, g.part_v + at, d, 1);
	}
	team_barrier(t);
	grad_join(&g, &m, parts, t);
}

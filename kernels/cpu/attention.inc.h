// attention: softmax of scaled, capped scores over ranges of keys, times values; see attention_tile.h for the layout.
//
// Rows are put together in tiles while they attend about the same keys: causal prefill and training run through the
// keys once for up to LANES queries, with a running maximum and sum (Milakov and Gimelshein 2018; Dao 2023). A row
// that stands alone, as in decoding, goes another way (attention_few.inc.h), along the values of a head, and is split
// over ranges of keys whose results are put together in order. Which way a row goes and how it is split follows from
// the sizes and ranges alone. A task owns its results.
#include "attention_tile.h"

enum { PANELS = 4, LANES = PANELS * PANEL, SPLIT_KEYS = 128, SPLITS = 64 };

#define NEG_INF vf_neg(VF_INF)

// attn_pieces is the most ranges a lone row's keys are split into.
INLINE int64_t attn_pieces(const attn *a) { return max64(1, SPLITS / (a->rows * a->kv_heads)); }

// attn_lone tells whether a tile of n rows is computed by attention_few.inc.h.
INLINE int attn_lone(const attn *a, int64_t n) { return n == 1 && a->group < 2 * VL; }

// attn_stride is d in whole vectors.
INLINE int64_t attn_stride(const attn *a) { return round_to(a->d, VL); }

// attn_memory is a thread's own memory for either way.
typedef struct {
	int64_t *start, *task; // of each tile of rows: its first row, its first task
	float *k, *v;          // KEYS rows of a tile
	float *q, *o;          // PANELS panels
	float *score;          // one panel's
	float *top, *sum, *scale; // a value a lane: greatest score, sum of exponentials, what o is multiplied by
} attn_memory;

static size_t attn_memory_of(const attn *a, uint8_t *at, attn_memory *m) {
	uint8_t *begin = at;
#define TAKE(field, count) m->field = (void *)at, at += round_to((int64_t)sizeof *m->field * (count), 64)
	TAKE(start, a->rows + 1);
	TAKE(task, a->rows + 1);
	TAKE(k, (KEYS + MR) * attn_stride(a));
	TAKE(v, KEYS * attn_stride(a));
	TAKE(q, LANES * attn_stride(a));
	TAKE(o, LANES * attn_stride(a));
	TAKE(score, KEYS * LANES); // a lone row has up to 2·VL heads of KEYS scores
	TAKE(top, LANES);
	TAKE(sum, LANES);
	TAKE(scale, LANES);
#undef TAKE
	return (size_t)(at - begin);
}

#include "attention_few.inc.h"

scratch_need ISA_NAME(attention_scratch)(const call *c, int threads) {
	(void)threads;
	attn a = attn_of(c, 3);
	attn_memory m;
	size_t pieces = attn_pieces(&a) > 1 ? (size_t)(a.rows * a.heads * attn_pieces(&a)) : 0;
	return (scratch_need){pieces * piece_size(&a) * sizeof(float), attn_memory_of(&a, NULL, &m)};
}

// attn_tiles puts rows together and returns the number of tiles; the tile after the last holds the ends.
static int64_t attn_tiles(const attn *a, attn_memory *m) {
	int64_t most = max64(1, LANES / a->group), tiles = 0, task = 0;
	for (int64_t r = 0; r < a->rows;) {
		span all = attn_span(a, r);
		int64_t longest = all.to - all.from, n = 1;
		for (; n < most && r + n < a->rows; n++) {
			span s = attn_span(a, r + n), both = {min64(all.from, s.from), max64(all.to, s.to)};
			longest = max64(longest, s.to - s.from);
			if (both.to - both.from > longest + KEYS) // mostly other keys
				break;
			all = both;
		}
		m->start[tiles] = r;
		m->task[tiles++] = task;
		task += a->kv_heads * (attn_lone(a, n) ? attn_splits(a, r) : (n * a->group + LANES - 1) / LANES);
		r += n;
	}
	m->start[tiles] = a->rows;
	m->task[tiles] = task;
	return tiles;
}

// panel_softmax turns n scores a lane into exponentials and updates the running maximum and sum of nv vectors of lanes.
// m->scale is what earlier sums are worth now. masked: not every lane attends every key from key on.
INLINE void panel_softmax(const attn *a, const int nv, const int masked, int64_t n, int64_t key, const panel_range *p, float *score, float *top,
	float *sum, float *scale) {
	const vf cap = vf_set1(a->softcap), inv = vf_set1(1 / a->softcap);
	for (int j = 0; j < nv; j++) {
		float *s = score + j * VL;
		vf before = vf_load(top + j * VL), most = before;
		for (int64_t i = 0; i < n; i++) {
			vf x = vf_load(s + i * PANEL);
			if (a->softcap > 0)
				x = vf_mul(cap, vf_tanh(vf_mul(x, inv)));
			if (masked)
				x = vf_sel(attended(p, j, key + i), x, NEG_INF);
			if (masked || a->softcap > 0)
				vf_store(s + i * PANEL, x);
			most = vf_max(x, most);
		}
		vf shift = vf_sel(vf_eq(most, NEG_INF), vf_zero(), most); // nothing attended yet: exponentials are 0
		vf worth = vf_exp(vf_sub(before, shift)), total = vf_zero();
		for (int64_t i = 0; i < n; i++) {
			vf e = vf_exp(vf_sub(vf_load(s + i * PANEL), shift));
			vf_store(s + i * PANEL, e);
			total = vf_add(total, e);
		}
		vf_store(top + j * VL, most);
		vf_store(scale + j * VL, worth);
		vf_store(sum + j * VL, vf_fma(vf_load(sum + j * VL), worth, total));
	}
}

// attn_tile computes lanes [lane, lane+n) of the rows from row on, for one key head. Lane i is head i%group of row i/group.
static void attn_tile(const attn *a, attn_memory *m, int64_t row, int64_t lane, int64_t n, int64_t kv, float *o, float *lse) {
	const float *from[LANES];
	float *to[LANES];
	float *lses[LANES];
	int64_t rows[LANES];
	panel_range ranges[PANELS];
	span any = {a->keys, 0};
	const int64_t d = a->d, width = a->q->cols;
	for (int64_t i = 0; i < n; i++) {
		rows[i] = row + (lane + i) / a->group;
		int64_t head = kv * a->group + (lane + i) % a->group, at = rows[i] * width + head * d;
		from[i] = (const float *)a->q->data + at;
		to[i] = o + at;
		lses[i] = lse ? lse + rows[i] * a->heads + head : NULL;
	}
	for (int64_t p = 0; p * PANEL < n; p++) {
		int64_t lanes = min64(PANEL, n - p * PANEL);
		panel_ranges(a, rows + p * PANEL, lanes, &ranges[p]);
		panel_load(from + p * PANEL, lanes, d, a->scale, m->q + p * PANEL * d);
		if (ranges[p].any.from < ranges[p].any.to)
			any = (span){min64(any.from, ranges[p].any.from), max64(any.to, ranges[p].any.to)};
	}
	memset(m->o, 0, (size_t)(round_to(n, PANEL) * d) * sizeof(float));
	for (int64_t i = 0; i < LANES; i += VL) {
		vf_store(m->top + i, NEG_INF);
		vf_store(m->sum + i, vf_zero());
	}
	const span parts[2] = {{0, a->prefix}, any};
	for (int part = 0; part < 2; part++)
		for (int64_t key = parts[part].from; key < parts[part].to; key += KEYS) {
			int64_t keys = min64(KEYS, parts[part].to - key);
			tile_load(a->k, key, keys, kv * d, d, m->k, d);
			tile_load(a->v, key, keys, kv * d, d, m->v, d);
			memset(m->k + keys * d, 0, (size_t)(MR * d) * sizeof(float)); // a last product may take MR keys
			for (int64_t p = 0; p * PANEL < n; p++) {
				const panel_range *r = &ranges[p];
				span in = {0, keys}; // the part of the tile some lane attends
				if (part == 1)
					in = (span){max64(0, r->any.from - key), min64(keys, r->any.to - key)};
				if (in.from >= in.to)
					continue;
				int64_t n_in = in.to - in.from;
				int masked = part == 1 && (key + in.from < r->all.from || key + in.to > r->all.to);
				int nv = (int)panel_vectors(min64(PANEL, n - p * PANEL));
				float *top = m->top + p * PANEL, *sum = m->sum + p * PANEL, *scale = m->scale + p * PANEL;
				along(nv, round_to(n_in, MR), d, m->k + in.from * d, m->q + p * PANEL * d, m->score);
				if (masked)
					panel_softmax(a, nv, 1, n_in, key + in.from, r, m->score, top, sum, scale);
				else
					panel_softmax(a, nv, 0, n_in, key + in.from, r, m->score, top, sum, scale);
				across_scaled(nv, d, n_in, m->v + in.from * d, m->score, m->o + p * PANEL * d, scale);
			}
		}
	for (int64_t i = 0; i < n; i += VL) {
		vf sum = vf_load(m->sum + i);
		vf none = vf_zero(), one = vf_set1(1);
		vf_store(m->scale + i, vf_sel(vf_eq(sum, none), none, vf_div(one, sum)));
		vf_store(m->top + i, vf_add(vf_load(m->top + i), vf_log(sum))); // -∞ + -∞ where nothing is attended
	}
	for (int64_t p = 0; p * PANEL < n; p++)
		panel_store(m->o + p * PANEL * d, min64(PANEL, n - p * PANEL), d, m->scale + p * PANEL, to + p * PANEL);
	for (int64_t i = 0; i < n && lse; i++)
		*lses[i] = m->top[i];
}

void ISA_NAME(attention)(const call *c, team *t) {
	attn a = attn_of(c, 3);
	float *o = c->out[0].data, *lse = c->out[1].data;
	attn_memory m;
	attn_memory_of(&a, t->local, &m);
	int64_t tiles = attn_tiles(&a, &m), tasks = m.task[tiles];
	for (int64_t i; (i = team_take(t, 0, tasks)) >= 0;) {
		i = tasks - 1 - i; // the last first: in causal attention they are the longest
		int64_t lo = 0, hi = tiles - 1;
		while (lo < hi) { // the last tile whose first task is not past i
			int64_t mid = (lo + hi + 1) / 2;
			if (m.task[mid] <= i)
				lo = mid;
			else
				hi = mid - 1;
		}
		int64_t row = m.start[lo], n = m.start[lo + 1] - row, part = i - m.task[lo], kv = part % a.kv_heads;
		part /= a.kv_heads;
		if (attn_lone(&a, n))
			attn_few(&a, &m, row, kv, part, (float *)t->scratch, o, lse);
		else
			attn_tile(&a, &m, row, part * LANES, min64(LANES, n * a.group - part * LANES), kv, o, lse);
	}
	if (attn_pieces(&a) == 1)
		return;
	team_barrier(t);
	for (int64_t i; (i = team_take(t, 1, tiles * a.heads)) >= 0;) {
		int64_t tile = i / a.heads;
		if (attn_lone(&a, m.start[tile + 1] - m.start[tile]))
			attn_join(&a, m.start[tile], i % a.heads, (const float *)t->scratch, o, lse);
	}
}

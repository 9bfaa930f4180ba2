// A lone row of attention: one query of each head of a group against the keys of their key head, along the values of
// a head, read in their own type. A row's keys are split into pieces; each leaves its sum of values, its greatest score
// and its sum of exponentials in the shared scratch, and attn_join puts a head's pieces together in order.

enum {
	HEADS_AT_ONCE = VL == 16 ? 4 : 3, // 4 keys times so many heads are summed in registers
	KEYS_AHEAD = 24,                  // from reading a key to prefetching one
};

// piece_size is the floats of a piece of one head: values, then maximum and sum.
INLINE int64_t piece_size(const attn *a) { return a->d + 2; }

INLINE int64_t attn_keys(const attn *a, int64_t row) {
	span s = attn_span(a, row);
	return a->prefix + s.to - s.from;
}

// attn_splits is the number of pieces of a lone row.
INLINE int64_t attn_splits(const attn *a, int64_t row) {
	return max64(1, min64(attn_pieces(a), (attn_keys(a, row) + SPLIT_KEYS - 1) / SPLIT_KEYS));
}

// typed_load is VL values at p in one of the plain types.
INLINE vf typed_load(const int dtype, const void *p, int64_t i) {
	switch (dtype) {
	case DT_F16: return vf_load_f16((const uint16_t *)p + i);
	case DT_BF16: return vf_load_bf16((const uint16_t *)p + i);
	default: return vf_load((const float *)p + i);
	}
}

// few_prefetch asks for the lines of 4 keys of d values. Heads of other keys lie between, so that the processor does not
// see by itself which lines come next.
INLINE void few_prefetch(const int dtype, const void *k, int64_t key, int64_t d, int64_t stride) {
	const int64_t size = dtype == DT_F32 ? 4 : 2;
	for (int i = 0; i < 4; i++)
		for (int64_t j = 0; j < d * size; j += 64)
			__builtin_prefetch((const char *)k + (key + i) * stride * size + j);
}

// few_scores writes the products of n keys, stride values apart, with heads queries: score[head][KEYS]. d is whole vectors.
// The values that are wanted next are fetched meanwhile.
INLINE void few_scores(const int dtype, const int heads, int64_t n, int64_t d, const void *k, const void *v, int64_t stride, const float *q,
	float *score) {
	for (int64_t key = 0; key < n; key += 4) {
		few_prefetch(dtype, k, key + KEYS_AHEAD, d, stride);
		few_prefetch(dtype, v, key, d, stride);
		vf s[4][HEADS_AT_ONCE];
		int64_t at[4];
		for (int i = 0; i < 4; i++)
			at[i] = min64(key + i, n - 1) * stride;
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++)
#pragma GCC unroll 4
			for (int h = 0; h < heads; h++)
				s[i][h] = vf_zero();
		for (int64_t j = 0; j < d; j += VL) {
			vf x[HEADS_AT_ONCE]; // the queries, so that one more register holds each key in turn
#pragma GCC unroll 4
			for (int h = 0; h < heads; h++)
				x[h] = vf_load(q + h * d + j);
#pragma GCC unroll 4
			for (int i = 0; i < 4; i++) {
				vf k4 = typed_load(dtype, k, at[i] + j);
#pragma GCC unroll 4
				for (int h = 0; h < heads; h++)
					s[i][h] = vf_fma(k4, x[h], s[i][h]);
			}
		}
#pragma GCC unroll 4
		for (int h = 0; h < heads; h++)
			vf_sums4(score + h * KEYS + key, s[0][h], s[1][h], s[2][h], s[3][h]);
	}
}

// few_values is o[head] = o[head]·scale[head] + Σ score·value for nv vectors of the values of heads heads.
INLINE void few_values(const int dtype, const int heads, const int nv, int64_t n, int64_t d, const void *v, int64_t stride, const float *score,
	const float *scale, float *o) {
	vf s[HEADS_AT_ONCE][NV];
#pragma GCC unroll 4
	for (int h = 0; h < heads; h++)
#pragma GCC unroll 3
		for (int j = 0; j < nv; j++)
			s[h][j] = vf_mul(vf_load(o + h * d + j * VL), vf_set1(scale[h]));
	for (int64_t key = 0; key < n; key++) {
		vf x[NV];
#pragma GCC unroll 3
		for (int j = 0; j < nv; j++)
			x[j] = typed_load(dtype, v, key * stride + j * VL);
#pragma GCC unroll 4
		for (int h = 0; h < heads; h++) {
			vf p = vf_set1(score[h * KEYS + key]);
#pragma GCC unroll 3
			for (int j = 0; j < nv; j++)
				s[h][j] = vf_fma(p, x[j], s[h][j]);
		}
	}
#pragma GCC unroll 4
	for (int h = 0; h < heads; h++)
#pragma GCC unroll 3
		for (int j = 0; j < nv; j++)
			vf_store(o + h * d + j * VL, s[h][j]);
}

// few_softmax turns n scores of one head into exponentials; what lies behind them up to KEYS may be written.
static __attribute__((noinline)) void few_softmax(const attn *a, int64_t n, float *score, float *top, float *sum, float *scale) {
	const vf cap = vf_set1(a->softcap), inv = vf_set1(1 / a->softcap);
	vf most = vf_set1(*top);
	for (int64_t i = 0, left = n; left > 0; i += VL, left -= VL) {
		vf x = vf_load(score + i);
		if (a->softcap > 0)
			x = vf_mul(cap, vf_tanh(vf_mul(x, inv)));
		if (left < VL)
			x = vf_sel(vm_first((int)left), x, NEG_INF);
		vf_store(score + i, x);
		most = vf_max(x, most);
	}
	float shift = vf_hmax(most), before = *top;
	*top = shift;
	vf total = vf_zero();
	for (int64_t i = 0; i < n; i += VL) {
		vf e = vf_exp(vf_sub(vf_load(score + i), vf_set1(shift)));
		vf_store(score + i, e);
		total = vf_add(total, e);
	}
	float worth[VL];
	vf_store(worth, vf_exp(vf_set1(before - shift)));
	*scale = worth[0];
	*sum = *sum * worth[0] + vf_sum(total);
}

// few_tile adds n keys and values to the sums of one group of heads. k and v are of type dtype, stride values apart.
INLINE void few_tile(const attn *a, attn_memory *m, const int dtype, int64_t n, const void *k, const void *v, int64_t stride) {
	const int64_t d = attn_stride(a);
	for (int64_t h = 0, heads; h < a->group; h += heads) {
		heads = min64(HEADS_AT_ONCE, a->group - h);
		if (a->group - h == HEADS_AT_ONCE + 1 && HEADS_AT_ONCE > 2)
			heads = HEADS_AT_ONCE - 1; // 4 is 2 and 2 rather than 3 and 1
		float *q = m->q + h * d, *o = m->o + h * d, *score = m->score + h * KEYS;
		switch (heads) {
#define HEADS(count) \
	case count: \
		few_scores(dtype, count, n, d, k, v, stride, q, score); \
		for (int i = 0; i < count; i++) \
			few_softmax(a, n, score + i * KEYS, m->top + h + i, m->sum + h + i, m->scale + h + i); \
		for (int64_t j = 0, nv = d / VL, left; j < nv; j += left) { \
			const char *at = (const char *)v + j * VL * (dtype == DT_F32 ? 4 : 2); \
			left = min64(NV, nv - j); \
			if (nv - j == NV + 1) \
				left = NV - 1; \
			switch (left) { \
			case 3: few_values(dtype, count, 3, n, d, at, stride, score, m->scale + h, o + j * VL); break; \
			case 2: few_values(dtype, count, 2, n, d, at, stride, score, m->scale + h, o + j * VL); break; \
			case 1: few_values(dtype, count, 1, n, d, at, stride, score, m->scale + h, o + j * VL); break; \
			} \
		} \
		break;
			HEADS(1)
			HEADS(2)
			HEADS(3)
#if VL == 16
			HEADS(4)
#endif
#undef HEADS
		}
	}
}

// attn_few computes piece number part of a lone row for one key head.
static void attn_few(const attn *a, attn_memory *m, int64_t row, int64_t kv, int64_t part, float *pieces, float *o, float *lse) {
	const int64_t d = a->d, stride = attn_stride(a), splits = attn_splits(a, row), n = attn_keys(a, row);
	const int64_t per = round_to((n + splits - 1) / splits, 4);
	const span s = attn_span(a, row);
	const float *q = (const float *)a->q->data + row * a->q->cols + kv * a->group * d;
	for (int64_t h = 0; h < a->group; h++) {
		for (int64_t j = 0; j < stride; j++)
			m->q[h * stride + j] = j < d ? q[h * d + j] * a->scale : 0;
		m->top[h] = -__builtin_inff();
		m->sum[h] = 0;
	}
	memset(m->o, 0, (size_t)(a->group * stride) * sizeof(float));
	const int dtype = a->k->dtype, direct = dtype == a->v->dtype && dtype != DT_Q8_0 && d == stride;
	for (int64_t i = part * per, end = min64(n, i + per), keys; i < end; i += keys) {
		// keys [0,prefix), then those of the row's span: a tile keeps to one of them
		int64_t key = i < a->prefix ? i : s.from + i - a->prefix;
		keys = min64(KEYS, (i < a->prefix ? min64(end, a->prefix) : end) - i);
		if (!direct) {
			tile_load(a->k, key, keys, kv * d, d, m->k, stride);
			tile_load(a->v, key, keys, kv * d, d, m->v, stride);
			few_tile(a, m, DT_F32, keys, m->k, m->v, stride);
			continue;
		}
		const size_t at = (size_t)(key * a->k->cols + kv * d) * (dtype == DT_F32 ? 4 : 2);
		const char *k = (const char *)a->k->data + at, *v = (const char *)a->v->data + at;
		if (dtype == DT_F16)
			few_tile(a, m, DT_F16, keys, k, v, a->k->cols);
		else if (dtype == DT_BF16)
			few_tile(a, m, DT_BF16, keys, k, v, a->k->cols);
		else
			few_tile(a, m, DT_F32, keys, k, v, a->k->cols);
	}
	for (int64_t h = 0; h < a->group; h++) {
		int64_t head = kv * a->group + h;
		float *to = o + row * a->q->cols + head * d;
		if (attn_pieces(a) > 1) {
			to = pieces + ((row * a->heads + head) * attn_pieces(a) + part) * piece_size(a);
			to[d] = m->top[h];
			to[d + 1] = m->sum[h];
			memcpy(to, m->o + h * stride, (size_t)d * sizeof(float));
			continue;
		}
		const vf by = vf_set1(m->sum[h] > 0 ? 1 / m->sum[h] : m->sum[h]); // NaN stays
		for (int64_t j = 0; j < d; j += VL)
			vf_store_upto(to + j, vf_mul(vf_load(m->o + h * stride + j), by), d - j);
		if (lse) {
			float l[VL];
			vf_store(l, vf_log(vf_set1(m->sum[h])));
			lse[row * a->heads + head] = m->top[h] + l[0];
		}
	}
}

// attn_join puts the pieces of a head of a lone row together.
static void attn_join(const attn *a, int64_t row, int64_t head, const float *pieces, float *o, float *lse) {
	const int64_t d = a->d, size = piece_size(a), n = attn_splits(a, row);
	const float *p = pieces + (row * a->heads + head) * attn_pieces(a) * size;
	float top = -__builtin_inff(), sum = 0, worth[SPLITS][VL];
	for (int64_t i = 0; i < n; i++)
		top = p[i * size + d] > top ? p[i * size + d] : top;
	for (int64_t i = 0; i < n; i++) {
		vf_store(worth[i], vf_exp(vf_set1(p[i * size + d] - (top == -__builtin_inff() ? 0 : top))));
		sum += p[i * size + d + 1] * worth[i][0];
	}
	const vf by = vf_set1(sum > 0 ? 1 / sum : sum);
	float *to = o + row * a->q->cols + head * d;
	for (int64_t j = 0; j < d; j += VL) {
		vf s = vf_zero();
		for (int64_t i = 0; i < n; i++)
			s = vf_fma(vf_load_upto(p + i * size + j, d - j), vf_load(worth[i]), s);
		vf_store_upto(to + j, vf_mul(s, by), d - j);
	}
	if (lse) {
		float l[VL];
		vf_store(l, vf_log(vf_set1(sum)));
		lse[row * a->heads + head] = top + l[0];
	}
}

#include "check.h"

#include "pack.h"

// The most bytes of one value, and the most values: offsets and products of sizes stay far from overflow. The widest
// type takes four bytes a value.
static const int64_t most_bytes = (int64_t)1 << (sizeof(size_t) == 4 ? 31 : 44), most_values = (int64_t)1 << (sizeof(size_t) == 4 ? 29 : 44);

const char *check_value(const struct value *v) {
	if (v->dtype < 1 || v->dtype >= DT_COUNT)
		return "the dtype is not known";
	if (v->rank < 1 || v->rank > MAX_RANK)
		return "the rank is not 1 to 4";
	int64_t n = 1;
	for (int i = 0; i < MAX_RANK; i++) {
		if (v->dims[i] < 1 || (i >= v->rank && v->dims[i] != 1))
			return "a dimension is not a size";
		if (n > most_values / v->dims[i])
			return "the shape has too many values";
		n *= v->dims[i];
	}
	if (v->dims[v->rank - 1] % dtype_block(v->dtype))
		return "rows do not divide into blocks";
	return dtype_bytes(v->dtype, n) > (size_t)most_bytes ? "the shape has too many bytes" : NULL;
}

int64_t value_size(const struct value *v) {
	int64_t n = 1;
	for (int i = 0; i < MAX_RANK; i++)
		n *= v->dims[i];
	return (int64_t)dtype_bytes(v->dtype, n);
}

operand value_operand(const struct value *v) {
	operand o = {.rows = 1, .cols = v->dims[v->rank - 1], .rank = v->rank, .dtype = v->dtype};
	for (int i = 0; i < MAX_RANK; i++)
		o.dims[i] = v->dims[i];
	for (int i = 0; i < v->rank - 1; i++)
		o.rows *= v->dims[i];
	return o;
}

// Sets of types.
#define SET(code) (1u << (code))
enum {
	F32 = SET(DT_F32),
	I32 = SET(DT_I32),
	PLAIN = F32 | SET(DT_F16) | SET(DT_BF16),
	CACHES = PLAIN | SET(DT_Q8_0),
	REALS = (SET(DT_COUNT) - 1) & ~(SET(0) | I32 | SET(DT_U8)),
};

static int is(const operand *o, unsigned set) { return set >> o->dtype & 1; }

// shaped tells whether o is of a type of the set with the dimensions rows x cols.
static int shaped(const operand *o, unsigned set, int64_t rows, int64_t cols) {
	return is(o, set) && o->rank == 2 && o->rows == rows && o->cols == cols;
}
static int vector(const operand *o, unsigned set, int64_t n) { return is(o, set) && o->rank == 1 && o->cols == n; }
static int like(const operand *o, const operand *x) {
	int same = is(o, F32) && o->rank == x->rank;
	for (int i = 0; i < MAX_RANK; i++)
		same = same && o->dims[i] == x->dims[i];
	return same;
}
static int matrix(const operand *o, unsigned set) { return is(o, set) && o->rank == 2; }
static int is_act(int32_t act) { return act >= ACT_SILU && act <= ACT_SIGMOID; }
static int is_activations(int32_t bits) { return bits == 0 || bits == 8 || bits == 16; }

#define MUST(condition) \
	if (!(condition)) \
	return #condition

typedef const char *check_fn(const operand *in, const operand *out, const struct command *cmd, int nin);
#define CHECK(name) static const char *check_##name(const operand *in, const operand *out, const struct command *cmd, int nin)
#define UNUSED (void)out, (void)cmd, (void)nin

CHECK(add) {
	UNUSED;
	const operand *a = &in[0], *b = &in[1], *y = &out[0];
	MUST(is(a, F32) && is(b, F32) && like(y, a));
	MUST(like(b, a) || (b->rank == 1 && (b->cols == a->cols || b->cols == 1)));
	return NULL;
}

// same is for ops all of whose operands and results have one shape.
CHECK(same) {
	UNUSED;
	const operand *x = &in[0];
	MUST(is(x, F32));
	for (int i = 1; i < nin; i++)
		MUST(like(&in[i], x));
	for (int i = 0; i < cmd->nout; i++)
		MUST(like(&out[i], x));
	return NULL;
}
CHECK(same_rows) {
	MUST(matrix(&in[0], F32));
	return check_same(in, out, cmd, nin);
}
CHECK(glu) {
	int32_t act = cmd->glu.act;
	MUST(is_act(act)); // activation, glu and their gradients have it in the same place
	return check_same(in, out, cmd, nin);
}
CHECK(scale_rows) {
	UNUSED;
	const operand *x = &in[0], *s = &in[1], *y = &out[0];
	MUST(matrix(x, F32) && vector(s, F32, x->rows) && like(y, x));
	return NULL;
}
CHECK(row_dot) {
	UNUSED;
	const operand *a = &in[0], *b = &in[1], *y = &out[0];
	MUST(matrix(a, F32) && like(b, a) && vector(y, F32, a->rows));
	return NULL;
}
CHECK(sum) {
	UNUSED;
	const operand *x = &in[0], *y = &out[0];
	MUST(is(x, F32) && vector(y, F32, 1));
	return NULL;
}
CHECK(sum_rows) {
	UNUSED;
	const operand *x = &in[0], *y = &out[0];
	MUST(is(x, F32) && vector(y, F32, x->cols));
	return NULL;
}
CHECK(broadcast) {
	UNUSED;
	const operand *x = &in[0], *y = &out[0];
	MUST(vector(x, F32, 1) && is(y, F32));
	return NULL;
}
CHECK(matmul) {
	const operand *a = &in[0], *b = &in[1], *y = &out[0];
	const struct attr_matmul *m = &cmd->matmul;
	MUST((m->ta == 0 || m->ta == 1) && (m->tb == 0 || m->tb == 1) && m->ta + m->tb < 2);
	MUST(is_activations(m->activations));
	MUST(matrix(a, F32) && matrix(b, m->ta ? F32 : REALS) && matrix(y, F32));
	int64_t inner = m->ta ? a->rows : a->cols;
	MUST(inner == (m->tb ? b->cols : b->rows));
	MUST(y->rows == (m->ta ? a->cols : a->rows) && y->cols == (m->tb ? b->rows : b->cols));
	if (nin == 3) {
		const operand *c = &in[2];
		MUST(like(c, y) || vector(c, F32, y->cols));
	}
	return NULL;
}
CHECK(lora) {
	UNUSED;
	const operand *y = &in[0], *x = &in[1], *a = &in[2], *b = &in[3], *scale = &in[4], *index = &in[5], *z = &out[0];
	MUST(matrix(y, F32) && matrix(x, F32) && x->rows == y->rows && like(z, y));
	MUST(is(a, PLAIN) && a->rank == 3 && a->cols == x->cols);
	MUST(is(b, PLAIN) && b->rank == 3 && b->dims[0] == a->dims[0] && b->dims[1] == y->cols && b->cols == a->dims[1]);
	MUST(vector(scale, F32, a->dims[0]) && vector(index, I32, y->rows));
	return NULL;
}
CHECK(rmsnorm) {
	UNUSED;
	const operand *x = &in[0], *w = &in[1], *y = &out[0];
	MUST(matrix(x, F32) && is(w, PLAIN) && w->rank == 1 && x->cols % w->cols == 0 && like(y, x));
	return NULL;
}
CHECK(rmsnorm_grad) {
	UNUSED;
	const operand *x = &in[0], *w = &in[1], *dy = &in[2], *dx = &out[0], *dw = &out[1];
	MUST(matrix(x, F32) && is(w, PLAIN) && w->rank == 1 && x->cols % w->cols == 0 && like(dy, x));
	MUST(like(dx, x) && vector(dw, F32, w->cols));
	return NULL;
}
CHECK(layernorm) {
	UNUSED;
	const operand *x = &in[0], *w = &in[1], *b = &in[2], *y = &out[0];
	MUST(matrix(x, F32) && vector(w, F32, x->cols) && vector(b, F32, x->cols) && like(y, x));
	return NULL;
}
CHECK(layernorm_grad) {
	UNUSED;
	const operand *x = &in[0], *w = &in[1], *dy = &in[2], *dx = &out[0], *dw = &out[1], *db = &out[2];
	MUST(matrix(x, F32) && vector(w, F32, x->cols) && like(dy, x));
	MUST(like(dx, x) && vector(dw, F32, x->cols) && vector(db, F32, x->cols));
	return NULL;
}
CHECK(rope) {
	UNUSED;
	const operand *x = &in[0], *pos = &in[1], *freq = &in[2], *y = &out[0];
	MUST(matrix(x, F32) && vector(pos, I32, x->rows) && like(y, x));
	MUST(is(freq, F32) && freq->rank == 1);
	MUST(cmd->rope.head_dim > 0 && x->cols % cmd->rope.head_dim == 0 && 2 * freq->cols <= cmd->rope.head_dim);
	return NULL;
}

// heads checks what attention and its gradient have in common; lo and hi are operands from lo on.
static const char *check_heads(const operand *in, const struct attr_attention *a, unsigned types, int lo) {
	const operand *q = &in[0], *k = &in[1], *v = &in[2];
	MUST(matrix(q, F32) && matrix(k, types) && shaped(v, types, k->rows, k->cols));
	MUST(vector(&in[lo], I32, q->rows) && vector(&in[lo + 1], I32, q->rows));
	MUST(a->heads > 0 && a->kv_heads > 0 && a->heads % a->kv_heads == 0 && q->cols % a->heads == 0);
	MUST(k->cols == q->cols / a->heads * a->kv_heads);
	MUST(a->prefix >= 0 && a->prefix <= k->rows);
	return NULL;
}
CHECK(attention) {
	UNUSED;
	const operand *q = &in[0], *o = &out[0], *lse = &out[1];
	const char *bad = check_heads(in, &cmd->attention, CACHES, 3);
	if (bad)
		return bad;
	MUST(like(o, q) && shaped(lse, F32, q->rows, cmd->attention.heads));
	return NULL;
}
CHECK(attention_grad) {
	UNUSED;
	const operand *q = &in[0], *k = &in[1], *v = &in[2], *o = &in[3], *lse = &in[4], *dy = &in[5];
	const char *bad = check_heads(in, &cmd->attention, F32, 6);
	if (bad)
		return bad;
	MUST(like(o, q) && shaped(lse, F32, q->rows, cmd->attention.heads) && like(dy, q));
	MUST(like(&out[0], q) && like(&out[1], k) && like(&out[2], v));
	return NULL;
}
CHECK(cross_entropy) {
	UNUSED;
	const operand *logits = &in[0], *target = &in[1], *loss = &out[0];
	MUST(matrix(logits, F32) && vector(target, I32, logits->rows) && vector(loss, F32, logits->rows));
	return NULL;
}
CHECK(cross_entropy_grad) {
	UNUSED;
	const operand *logits = &in[0], *target = &in[1], *dloss = &in[2], *dlogits = &out[0];
	MUST(matrix(logits, F32) && vector(target, I32, logits->rows) && vector(dloss, F32, logits->rows) && like(dlogits, logits));
	return NULL;
}
CHECK(linear_cross_entropy) {
	UNUSED;
	const operand *h = &in[0], *w = &in[1], *target = &in[2], *loss = &out[0], *dh = &out[1];
	MUST(is_activations(cmd->linear_cross_entropy.activations));
	MUST(matrix(h, F32) && matrix(w, REALS) && w->cols == h->cols && vector(target, I32, h->rows));
	MUST(vector(loss, F32, h->rows) && like(dh, h));
	return NULL;
}
CHECK(linear_cross_entropy_grad_w) {
	UNUSED;
	const operand *h = &in[0], *w = &in[1], *target = &in[2], *dloss = &in[3], *dw = &out[0];
	MUST(matrix(h, F32) && matrix(w, F32) && w->cols == h->cols && vector(target, I32, h->rows));
	MUST(vector(dloss, F32, h->rows) && like(dw, w));
	return NULL;
}
CHECK(gather) {
	UNUSED;
	const operand *table = &in[0], *index = &in[1], *y = &out[0];
	MUST(matrix(table, REALS) && is(index, I32) && index->rank == 1 && shaped(y, F32, index->cols, table->cols));
	return NULL;
}
CHECK(columns) {
	UNUSED;
	const operand *x = &in[0], *y = &out[0];
	int64_t from = cmd->columns.from;
	MUST(matrix(x, F32) && shaped(y, F32, x->rows, y->cols));
	MUST(y->cols == cmd->columns.count && from >= 0 && y->cols <= x->cols - from);
	return NULL;
}
CHECK(columns_grad) {
	UNUSED;
	const operand *x = &in[0], *y = &out[0];
	int64_t from = cmd->columns_grad.from;
	MUST(matrix(x, F32) && shaped(y, F32, x->rows, y->cols));
	MUST(y->cols == cmd->columns_grad.cols && from >= 0 && x->cols <= y->cols - from);
	return NULL;
}
CHECK(scatter_add) {
	UNUSED;
	const operand *x = &in[0], *index = &in[1], *y = &out[0];
	MUST(matrix(x, F32) && vector(index, I32, x->rows) && matrix(y, F32) && y->cols == x->cols);
	return NULL;
}
CHECK(write) {
	UNUSED;
	const operand *cache = &in[0], *x = &in[1], *index = &in[2], *y = &out[0];
	MUST(matrix(cache, CACHES) && matrix(x, F32) && x->cols == cache->cols && vector(index, I32, x->rows));
	MUST(y->dtype == cache->dtype && shaped(y, CACHES, cache->rows, cache->cols));
	return NULL;
}
CHECK(dropout) {
	UNUSED;
	const operand *x = &in[0], *seed = &in[1], *y = &out[0];
	MUST(is(x, F32) && vector(seed, I32, 2) && like(y, x));
	MUST(cmd->dropout.p >= 0 && cmd->dropout.p < 1);
	return NULL;
}
CHECK(adamw) {
	UNUSED;
	const operand *hyper = &in[4];
	MUST(vector(hyper, F32, 4));
	return check_same(in, out, cmd, 4);
}
CHECK(accumulate) {
	UNUSED;
	const operand *keep = &in[2];
	MUST(vector(keep, F32, 1));
	return check_same(in, out, cmd, 2);
}
CHECK(clip_scale) {
	UNUSED;
	MUST(vector(&in[0], F32, 1) && vector(&out[0], F32, 1) && vector(&out[1], F32, 1));
	return NULL;
}
CHECK(cast) {
	UNUSED;
	operand y = out[0];
	MUST(is(&in[0], REALS) && is(&y, PLAIN) && y.dtype == cmd->cast.dtype);
	y.dtype = DT_F32;
	MUST(like(&y, &in[0]));
	return NULL;
}
CHECK(argmax) {
	UNUSED;
	const operand *x = &in[0], *y = &out[0];
	MUST(matrix(x, F32) && vector(y, I32, x->rows));
	return NULL;
}

// The operands (least, most) and results of each op, which result takes the place of which operand, and its check.
static const struct {
	int8_t least, most, results, overwrites;
	check_fn *check;
} rules[OP_COUNT] = {
	[OP_ADD] = {2, 2, 1, 0, check_add},
	[OP_MUL] = {2, 2, 1, 0, check_add},
	[OP_SCALE] = {1, 1, 1, 0, check_same},
	[OP_SCALE_ROWS] = {2, 2, 1, 0, check_scale_rows},
	[OP_ROW_DOT] = {2, 2, 1, 0, check_row_dot},
	[OP_SUM] = {1, 1, 1, 0, check_sum},
	[OP_SUM_ROWS] = {1, 1, 1, 0, check_sum_rows},
	[OP_BROADCAST] = {1, 1, 1, 0, check_broadcast},
	[OP_MATMUL] = {2, 3, 1, 0, check_matmul},
	[OP_LORA] = {6, 6, 1, 0, check_lora},
	[OP_RMSNORM] = {2, 2, 1, 0, check_rmsnorm},
	[OP_RMSNORM_GRAD] = {3, 3, 2, 0, check_rmsnorm_grad},
	[OP_LAYERNORM] = {3, 3, 1, 0, check_layernorm},
	[OP_LAYERNORM_GRAD] = {3, 3, 3, 0, check_layernorm_grad},
	[OP_ROPE] = {3, 3, 1, 0, check_rope},
	[OP_ATTENTION] = {5, 5, 2, 0, check_attention},
	[OP_ATTENTION_GRAD] = {8, 8, 3, 0, check_attention_grad},
	[OP_GLU] = {2, 2, 1, 0, check_glu},
	[OP_GLU_GRAD] = {3, 3, 2, 0, check_glu},
	[OP_ACTIVATION] = {1, 1, 1, 0, check_glu},
	[OP_ACTIVATION_GRAD] = {2, 2, 1, 0, check_glu},
	[OP_SOFTMAX] = {1, 1, 1, 0, check_same_rows},
	[OP_SOFTMAX_GRAD] = {2, 2, 1, 0, check_same_rows},
	[OP_CROSS_ENTROPY] = {2, 2, 1, 0, check_cross_entropy},
	[OP_CROSS_ENTROPY_GRAD] = {3, 3, 1, 0, check_cross_entropy_grad},
	[OP_LINEAR_CROSS_ENTROPY] = {3, 3, 2, 0, check_linear_cross_entropy},
	[OP_LINEAR_CROSS_ENTROPY_GRAD_W] = {4, 4, 1, 0, check_linear_cross_entropy_grad_w},
	[OP_GATHER] = {2, 2, 1, 0, check_gather},
	[OP_SCATTER_ADD] = {2, 2, 1, 0, check_scatter_add},
	[OP_WRITE] = {3, 3, 1, 1, check_write},
	[OP_DROPOUT] = {2, 2, 1, 0, check_dropout},
	[OP_ADAMW] = {5, 5, 3, 3, check_adamw},
	[OP_ACCUMULATE] = {3, 3, 1, 1, check_accumulate},
	[OP_SUM_SQUARES] = {1, 1, 1, 0, check_sum},
	[OP_CLIP_SCALE] = {1, 1, 2, 0, check_clip_scale},
	[OP_CAST] = {1, 1, 1, 0, check_cast},
	[OP_ARGMAX] = {1, 1, 1, 0, check_argmax},
	[OP_RSQRT] = {1, 1, 1, 0, check_same},
	[OP_COLUMNS] = {1, 1, 1, 0, check_columns},
	[OP_COLUMNS_GRAD] = {1, 1, 1, 0, check_columns_grad},
};

int check_overwrites(int op) { return rules[op].overwrites; }

const char *check_command(const call *c) {
	int op = c->cmd->op;
	MUST(op > 0 && op < OP_COUNT);
	MUST(c->nin >= rules[op].least && c->nin <= rules[op].most && c->nout == rules[op].results);
	return rules[op].check(c->in, c->out, c->cmd, c->nin);
}

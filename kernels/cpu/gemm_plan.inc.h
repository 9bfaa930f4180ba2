// Which way a product is computed, and its tasks under one numbering.
//
//	few rows of plain numbers along k           GEMM_FEW      each weight read once, dot products
//	few rows, packed blocks, int8 allowed       GEMM_FEW_INT  the same on codes
//	blocks, int8 or int16 allowed               GEMM_INT      panels of codes
//	anything else                               GEMM_F32      panels of f32
//
// The integer ways need the codes of the activations first: plan_codes, then a barrier.

enum { GEMM_F32, GEMM_FEW, GEMM_INT, GEMM_FEW_INT };

typedef struct {
	int way;
	gemm g;
#ifdef ISA_FEW_INTEGERS
	gemm_int i;
	gemm rest; // rows of a packed weight past its last group
#endif
} plan;

INLINE int plan_way(const gemm *g, int activations) {
	(void)activations;
#ifdef ISA_FEW_INTEGERS
	if (gemm_few_int_fits(g, activations)) return GEMM_FEW_INT;
#endif
#ifdef ISA_INTEGERS
	if (gemm_int_fits(g, activations)) return GEMM_INT;
#endif
	return gemm_few_fits(g) ? GEMM_FEW : GEMM_F32;
}

// plan_code_bytes is the room for the activations' codes.
INLINE size_t plan_code_bytes(const gemm *g, int activations) {
	switch (plan_way(g, activations)) {
#ifdef ISA_INTEGERS
	case GEMM_INT: return codes_bytes(g->m, g->k, gemm_int_bits(g, activations));
#endif
#ifdef ISA_FEW_INTEGERS
	case GEMM_FEW_INT: return codes_bytes(g->m, g->k, 8);
#endif
	}
	return 0;
}

// plan_local is the memory a thread needs for any task.
#ifdef ISA_INTEGERS
enum { PLAN_LOCAL = (int)INT_LOCAL > (int)F32_LOCAL ? (int)INT_LOCAL : (int)F32_LOCAL };
#else
enum { PLAN_LOCAL = F32_LOCAL };
#endif

// plan_of plans g for a team; code is where the activations' codes are or will be.
static plan plan_of(const gemm *g, int activations, uint8_t *code, int threads) {
	plan p = {.way = plan_way(g, activations), .g = *g};
	switch (p.way) {
#ifdef ISA_INTEGERS
	case GEMM_INT:
		p.i = gemm_int_of(g, activations, code, threads);
		p.rest = gemm_rest(&p.i, g, threads);
		break;
#endif
#ifdef ISA_FEW_INTEGERS
	case GEMM_FEW_INT:
		p.i = gemm_few_int_of(g, code, threads);
		p.rest = gemm_rest(&p.i, g, threads);
		break;
#endif
	case GEMM_FEW: gemm_few_divide(&p.g, threads); break;
	default: gemm_f32_divide(&p.g, threads);
	}
	(void)code;
	return p;
}

INLINE int plan_coded(const plan *p) { return p->way == GEMM_INT || p->way == GEMM_FEW_INT; }

INLINE int64_t plan_tasks(const plan *p) {
#ifdef ISA_FEW_INTEGERS
	if (plan_coded(p)) return gemm_tasks(&p->i.g) + gemm_tasks(&p->rest);
#endif
	return gemm_tasks(&p->g);
}

static void plan_task(const plan *p, int64_t task, uint8_t *local) {
	switch (p->way) {
#ifdef ISA_FEW_INTEGERS
	case GEMM_INT:
	case GEMM_FEW_INT:
		if (task >= gemm_tasks(&p->i.g)) gemm_f32_task(&p->rest, task - gemm_tasks(&p->i.g), local);
#ifdef ISA_INTEGERS
		else if (p->way == GEMM_INT) gemm_int_task(&p->i, task, local);
#endif
		else gemm_few_int_task(&p->i, task);
		return;
#endif
	case GEMM_FEW: gemm_few_task(&p->g, task); return;
	default: gemm_f32_task(&p->g, task, local);
	}
}

// plan_codes rounds rows m0 … m1 of the activations.
INLINE void plan_codes(const plan *p, int64_t m0, int64_t m1) {
#ifdef ISA_FEW_INTEGERS
	codes_rows(&p->i.c, p->g.a, p->g.a_row, m0, m1, p->g.k);
#else
	(void)p;
	(void)m0;
	(void)m1;
#endif
}

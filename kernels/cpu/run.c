// Running a program: threads walk the list of commands and take part in each.
//
// Steps up to a barrier are a section. Who finds nothing more to take in a section waits until the chunks that others
// took are done, says in reached that the section is over, and goes on. Who comes late goes on from there, wherever it
// was: what it may have read of a section that is over does no harm, since team_take gives it nothing more (see
// kernel.h).
#include <string.h>

#include "dispatch.h"
#include "program.h"

// team_say counts this thread's chunks of a phase as done.
static void team_say(team *t, int phase) {
	if (!t->mine[phase])
		return;
	atomic_fetch_add(&t->counters->done[phase], t->mine[phase]);
	t->mine[phase] = 0;
	pool_progress(t->pool);
}

int64_t team_take(team *t, int phase, int64_t end) {
	_Atomic int64_t *next = &t->counters->next[phase];
	int64_t i = atomic_load_explicit(next, memory_order_acquire);
	t->end[phase] = end;
	while (i < end)
		if (atomic_compare_exchange_weak(next, &i, i + 1)) {
			// Looked at last: if end followed from memory that has another use by now, the step is over.
			if (atomic_load(t->reached) > t->step)
				break;
			t->mine[phase]++;
			return i;
		}
	team_say(t, phase);
	return -1;
}

static int chunks_done(const void *arg) {
	const team *t = arg;
	int done = 1;
	for (int i = 0; i < PHASES; i++)
		done &= atomic_load(&t->counters->done[i]) >= t->end[i];
	return done || atomic_load(t->reached) > t->step;
}

void team_barrier(team *t) {
	for (int i = 0; i < PHASES; i++)
		team_say(t, i);
	if (t->threads > 1)
		pool_await(t->pool, t->thread, chunks_done, t);
}

static size_t lines(size_t bytes) { return (bytes + 63) & ~(size_t)63; }

// scratch_plan gives every step its part of the shared scratch. Steps between two barriers may run at the same time,
// so their parts are apart; a barrier more is cheaper than very much memory.
static void scratch_plan(graft_program *p) {
	const size_t slack = 256 << 10;
	size_t most = 0, at = 0;
	p->shared = p->local = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < p->nsteps; i++) {
			step *s = &p->steps[i];
			scratch_fn *need = kernel_scratch(s->call.cmd->op, p->device->isa);
			scratch_need n = need ? need(&s->call, pool_threads(p->device->pool)) : (scratch_need){0, 0};
			size_t shared = lines(n.shared), local = lines(n.local);
			if (pass == 0) {
				most = shared > most ? shared : most;
				p->local = local > p->local ? local : p->local;
				continue;
			}
			s->waits = i > 0 && s->call.cmd->flags & FLAG_BARRIER;
			if (at + shared > most + slack)
				s->waits = 1;
			if (s->waits)
				at = 0;
			s->scratch = at;
			at += shared;
			p->shared = at > p->shared ? at : p->shared;
		}
	}
}

// resolve_layouts and resolve_data fill the operands in from slots and arena.
static void resolve_layouts(graft_program *p) {
	for (int i = 0; i < p->nsteps; i++) {
		call *c = &p->steps[i].call;
		for (int j = 0; j < c->nin; j++) {
			int slot = p->values[c->cmd->ids[j]].slot;
			c->in[j].layout = slot < 0 ? LAYOUT_ROWS : p->slots[slot].layout;
		}
	}
}
static void resolve_data(graft_program *p) {
	for (int i = 0; i < p->nsteps; i++) {
		call *c = &p->steps[i].call;
		for (int j = 0; j < c->nin + c->nout; j++) {
			const struct value *v = &p->values[c->cmd->ids[j]];
			int left_out = j >= c->nin && p->steps[i].left_out >> (j - c->nin) & 1;
			c->in[j].data = left_out ? NULL : v->slot >= 0 ? p->slots[v->slot].data : p->arena_at + v->offset;
		}
	}
}

size_t graft_scratch(graft_program *p) {
	if (!p->planned) {
		resolve_layouts(p);
		scratch_plan(p);
		p->planned = 1;
	}
	return p->shared + (size_t)pool_threads(p->device->pool) * p->local;
}

// section is the steps from one barrier to the next.
typedef struct {
	graft_program *p;
	int from, to;
} section;

// section_over tells whether all chunks of a section are done. Whoever asks has taken until there were no more.
static int section_over(const void *arg) {
	const section *s = arg;
	if (atomic_load(&s->p->reached) >= s->to)
		return 1;
	for (int i = s->from; i < s->to; i++)
		for (int j = 0; j < PHASES; j++)
			if (atomic_load(&s->p->counters[i].done[j]) != atomic_load(&s->p->counters[i].next[j]))
				return 0;
	return 1;
}

// section_end waits for the end of a section and returns the step to go on with.
static int section_end(graft_program *p, int thread, int from, int to) {
	section s = {p, from, to};
	if (pool_threads(p->device->pool) > 1)
		pool_await(p->device->pool, thread, section_over, &s);
	int32_t reached = atomic_load(&p->reached);
	while (reached < to)
		if (atomic_compare_exchange_weak(&p->reached, &reached, to)) {
			pool_progress(p->device->pool);
			return to;
		}
	return reached;
}

static void walk(void *arg, int thread) {
	graft_program *p = arg;
	team t = {.thread = thread, .threads = pool_threads(p->device->pool), .pool = p->device->pool, .local_size = p->local};
	t.local = p->scratch_at + p->shared + (size_t)thread * p->local;
	t.reached = &p->reached;
	for (int from = atomic_load(&p->reached), i = from; i < p->nsteps && !atomic_load(&p->cancel);) {
		step *s = &p->steps[i];
		t.step = i;
		t.counters = &p->counters[i];
		t.scratch = p->scratch_at + s->scratch;
		t.scratch_size = p->shared - s->scratch;
		memset(t.end, 0, sizeof t.end);
		s->run(&s->call, &t);
		for (int j = 0; j < PHASES; j++)
			team_say(&t, j);
		if (++i == p->nsteps || p->steps[i].waits)
			from = i = section_end(p, thread, from, i);
	}
}

int graft_run(graft_program *p, void *arena, size_t arena_size, void *scratch, size_t scratch_size, graft_message *m) {
	if (!p->resolved || p->arena_at != arena) {
		for (int i = 0; i < p->nslots; i++)
			if (p->slots[i].need && !p->slots[i].data)
				return message_set(m, GRAFT_UNBOUND, "slot %d is not bound", i);
		p->arena_at = arena;
		resolve_data(p);
		p->resolved = 1;
	}
	size_t need = graft_scratch(p);
	if (arena_size < p->arena || scratch_size < need)
		return message_set(m, GRAFT_INVALID, "%zu bytes of arena and %zu of scratch, expected %zu and %zu", arena_size, scratch_size,
			p->arena, need);
	if ((uintptr_t)arena % 64 || (uintptr_t)scratch % 64)
		return message_set(m, GRAFT_INVALID, "arena or scratch is not 64-byte aligned");
	p->scratch_at = scratch;
	memset(p->counters, 0, (size_t)p->nsteps * sizeof *p->counters);
	atomic_store(&p->reached, 0);
	pool_run(p->device->pool, walk, p);
	if (atomic_load(&p->reached) < p->nsteps)
		return message_set(m, GRAFT_CANCELLED, "cancelled");
	return GRAFT_OK;
}

void graft_cancel(graft_program *p, int on) { atomic_store(&p->cancel, on); }

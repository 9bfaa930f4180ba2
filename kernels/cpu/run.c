// Running a program: every thread walks the list of commands and takes part in each.
#include <string.h>

#include "dispatch.h"
#include "program.h"

int64_t team_take(team *t, int phase) {
	return atomic_fetch_add_explicit(&t->counters->next[phase], 1, memory_order_relaxed);
}

void team_barrier(team *t) {
	if (t->threads > 1)
		pool_barrier(t->pool, t->thread);
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

static void walk(void *arg, int thread) {
	graft_program *p = arg;
	pool *pool = p->device->pool;
	int threads = pool_threads(pool);
	team t = {.thread = thread, .threads = threads, .pool = pool, .local_size = p->local};
	t.local = p->scratch_at + p->shared + (size_t)thread * p->local;
	for (int i = 0; i < p->nsteps; i++) {
		step *s = &p->steps[i];
		if (s->waits)
			pool_barrier(pool, thread);
		if (pool_stopped(pool))
			return;
		t.counters = &p->counters[i];
		t.scratch = p->scratch_at + s->scratch;
		t.scratch_size = p->shared - s->scratch;
		s->run(&s->call, &t);
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
	pool_run(p->device->pool, walk, p, &p->cancel);
	if (pool_stopped(p->device->pool))
		return message_set(m, GRAFT_CANCELLED, "cancelled");
	return GRAFT_OK;
}

void graft_cancel(graft_program *p, int on) { atomic_store(&p->cancel, on); }

// Reading a program: everything a kernel will rely on is checked here, once.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dispatch.h"
#include "pack.h"
#include "program.h"

// Limits on hostile input; real programs have a hundredth of it.
enum { MOST_VALUES = 1 << 22, MOST_STEPS = 1 << 20, MOST_SLOTS = 1 << 20 };
#define MOST_ARENA ((uint64_t)1 << (sizeof(size_t) == 4 ? 31 : 44))

int message_set(graft_message *m, int code, const char *format, ...) {
	if (m) {
		va_list args;
		va_start(args, format);
		vsnprintf(m->text, sizeof m->text, format, args);
		va_end(args);
	}
	return code;
}

static const char *const op_names[OP_COUNT] = {
#define NAME(code, name) [code] = #name,
	GRAFT_OPS(NAME)
#undef NAME
};

// reads_packed tells whether op can read operand number i in a packed layout; gains, whether that is faster.
static int reads_packed(int op, int i, int *gains) {
	int product = (op == OP_MATMUL || op == OP_LINEAR_CROSS_ENTROPY) && i == 1;
	*gains = product;
	return product || (op == OP_GATHER && i == 0) || (op == OP_CAST && i == 0);
}

int graft_supports(const struct command *cmd, const struct value *values, graft_message *m) {
	operand o[MAX_OPERANDS];
	if (cmd->nin < 0 || cmd->nout < 0 || cmd->nin > MAX_OPERANDS || cmd->nout > MAX_OPERANDS - cmd->nin)
		return message_set(m, GRAFT_INVALID, "%d operands and %d results, expected at most %d", cmd->nin, cmd->nout, MAX_OPERANDS);
	for (int i = 0; i < cmd->nin + cmd->nout; i++) {
		const char *bad = check_value(&values[i]);
		if (bad)
			return message_set(m, GRAFT_INVALID, "operand %d: %s", i, bad);
		o[i] = value_operand(&values[i]);
	}
	call c = {.cmd = cmd, .in = o, .out = o + cmd->nin, .nin = cmd->nin, .nout = cmd->nout};
	const char *bad = check_command(&c);
	if (bad)
		return message_set(m, GRAFT_UNSUPPORTED, "expected %s", bad);
	return GRAFT_OK;
}

static int load_values(graft_program *p, const uint8_t *bytes, graft_message *m) {
	memcpy(p->values, bytes, (size_t)p->nvalues * sizeof(struct value));
	for (int i = 0; i < p->nvalues; i++) {
		const struct value *v = &p->values[i];
		const char *bad = check_value(v);
		if (bad)
			return message_set(m, GRAFT_INVALID, "value %d: %s", i, bad);
		uint64_t size = (uint64_t)value_size(v);
		if (v->slot >= p->nslots || v->slot < -1)
			return message_set(m, GRAFT_INVALID, "value %d: slot %d of %d", i, v->slot, p->nslots);
		if (v->slot >= 0) {
			if (p->slots[v->slot].need < size)
				p->slots[v->slot].need = size;
		} else if (v->offset % 64 || v->offset > p->arena || size > p->arena - v->offset) {
			return message_set(m, GRAFT_INVALID, "value %d: %llu bytes at %llu of an arena of %zu", i, (unsigned long long)size,
				(unsigned long long)v->offset, p->arena);
		}
	}
	return GRAFT_OK;
}

// load_step checks command number n, whose operands are put at o.
static int load_step(graft_program *p, int n, operand *o, uint8_t *read, graft_message *m) {
	const struct command *cmd = &p->commands[n];
	if (cmd->op < 1 || cmd->op >= OP_COUNT)
		return message_set(m, GRAFT_INVALID, "step %d: op %d is not known", n, cmd->op);
	const char *name = op_names[cmd->op];
	for (int i = 0; i < cmd->nin + cmd->nout; i++) {
		if (cmd->ids[i] < 0 || cmd->ids[i] >= p->nvalues)
			return message_set(m, GRAFT_INVALID, "step %d: %s: value %d of %d", n, name, cmd->ids[i], p->nvalues);
		const struct value *v = &p->values[cmd->ids[i]];
		o[i] = value_operand(v);
		if (i >= cmd->nin)
			continue;
		read[cmd->ids[i]] = 1;
		if (v->slot >= 0) {
			int gains;
			slot *s = &p->slots[v->slot];
			s->packs &= reads_packed(cmd->op, i, &gains);
			s->gains |= gains;
		}
	}
	step *s = &p->steps[n];
	s->call = (call){.cmd = cmd, .in = o, .out = o + cmd->nin, .nin = cmd->nin, .nout = cmd->nout};
	s->waits = n > 0 && cmd->flags & FLAG_BARRIER;
	const char *bad = check_command(&s->call);
	if (bad)
		return message_set(m, GRAFT_INVALID, "step %d: %s: expected %s", n, name, bad);
	for (int i = 0; i < check_overwrites(cmd->op); i++) {
		const struct value *from = &p->values[cmd->ids[i]], *to = &p->values[cmd->ids[cmd->nin + i]];
		if (from->slot != to->slot || from->offset != to->offset)
			return message_set(m, GRAFT_INVALID, "step %d: %s: result %d is not where operand %d is", n, name, i, i);
	}
	s->run = kernel_for(cmd->op, p->device->isa);
	if (!s->run)
		return message_set(m, GRAFT_UNSUPPORTED, "step %d: %s: there is no kernel for it", n, name);
	return GRAFT_OK;
}

static int load_steps(graft_program *p, const uint8_t *bytes, graft_message *m) {
	memcpy(p->commands, bytes, (size_t)p->nsteps * sizeof(struct command));
	size_t uses = 0;
	for (int i = 0; i < p->nsteps; i++) {
		const struct command *cmd = &p->commands[i];
		if (cmd->nin < 0 || cmd->nout < 0 || cmd->nin > MAX_OPERANDS || cmd->nout > MAX_OPERANDS - cmd->nin)
			return message_set(m, GRAFT_INVALID, "step %d: %d operands and %d results, expected at most %d", i, cmd->nin, cmd->nout, MAX_OPERANDS);
		uses += (size_t)(cmd->nin + cmd->nout);
	}
	p->operands = calloc(uses + 1, sizeof(operand));
	uint8_t *read = calloc((size_t)p->nvalues + 1, 1); // values that some step reads
	if (!p->operands || !read) {
		free(read);
		return message_set(m, GRAFT_NO_MEMORY, "no memory for a program of %d steps", p->nsteps);
	}
	operand *o = p->operands;
	int code = GRAFT_OK;
	for (int i = 0; i < p->nsteps && code == GRAFT_OK; i++) {
		code = load_step(p, i, o, read, m);
		o += p->commands[i].nin + p->commands[i].nout;
	}
	for (int i = 0; i < p->nsteps && code == GRAFT_OK; i++) {
		call *c = &p->steps[i].call;
		for (int j = 0; j < c->nout; j++) {
			int id = c->cmd->ids[c->nin + j];
			p->steps[i].left_out |= (uint32_t)(!read[id] && p->values[id].slot < 0 && kernel_leaves_out(c->cmd->op, j)) << j;
		}
	}
	free(read);
	return code;
}

static int load(graft_program *p, const uint8_t *bytes, size_t size, graft_message *m) {
	struct header h;
	if (size < sizeof h)
		return message_set(m, GRAFT_INVALID, "a program of %zu bytes has no header", size);
	memcpy(&h, bytes, sizeof h);
	if (memcmp(h.magic, "GRFT", 4) != 0 || h.version != FORMAT_VERSION)
		return message_set(m, GRAFT_INVALID, "not a program of version %d", FORMAT_VERSION);
	if (h.values < 0 || h.values > MOST_VALUES || h.steps < 0 || h.steps > MOST_STEPS || h.slots < 0 || h.slots > MOST_SLOTS ||
		h.arena > MOST_ARENA)
		return message_set(m, GRAFT_INVALID, "%d values, %d steps, %d slots, %llu bytes of arena: beyond the limits", h.values, h.steps,
			h.slots, (unsigned long long)h.arena);
	size_t expect = sizeof h + (size_t)h.values * sizeof(struct value) + (size_t)h.steps * sizeof(struct command);
	if (size != expect)
		return message_set(m, GRAFT_INVALID, "%zu bytes, expected %zu for %d values and %d steps", size, expect, h.values, h.steps);
	p->nvalues = h.values, p->nsteps = h.steps, p->nslots = h.slots, p->arena = (size_t)h.arena;
	p->values = calloc((size_t)h.values + 1, sizeof *p->values);
	p->commands = calloc((size_t)h.steps + 1, sizeof *p->commands);
	p->steps = calloc((size_t)h.steps + 1, sizeof *p->steps);
	p->slots = calloc((size_t)h.slots + 1, sizeof *p->slots);
	p->counters = aligned_alloc(64, ((size_t)h.steps + 1) * sizeof *p->counters);
	if (!p->values || !p->commands || !p->steps || !p->slots || !p->counters)
		return message_set(m, GRAFT_NO_MEMORY, "no memory for a program of %d steps", h.steps);
	for (int i = 0; i < p->nslots; i++)
		p->slots[i].packs = 1;
	int code = load_values(p, bytes + sizeof h, m);
	if (code == GRAFT_OK)
		code = load_steps(p, bytes + sizeof h + (size_t)h.values * sizeof(struct value), m);
	if (code != GRAFT_OK)
		return code;
	for (int i = 0; i < p->nvalues; i++) {
		const struct value *v = &p->values[i];
		if (v->slot < 0)
			continue;
		slot *s = &p->slots[v->slot];
		s->packs = s->packs && pack_supported(v->dtype);
		s->gains = s->packs && s->gains;
		s->layout = s->gains ? LAYOUT_PACKED16 : LAYOUT_ROWS; // as it will most likely be bound
	}
	return GRAFT_OK;
}

int graft_load(graft *g, const void *bytes, size_t size, graft_program **out, graft_message *m) {
	graft_program *p = calloc(1, sizeof *p);
	*out = NULL;
	if (!p)
		return message_set(m, GRAFT_NO_MEMORY, "no memory for a program");
	p->device = g;
	int code = load(p, bytes, size, m);
	if (code != GRAFT_OK) {
		graft_unload(p);
		return code;
	}
	*out = p;
	return GRAFT_OK;
}

void graft_unload(graft_program *p) {
	if (!p)
		return;
	free(p->values);
	free(p->commands);
	free(p->steps);
	free(p->operands);
	free(p->slots);
	free(p->counters);
	free(p);
}

size_t graft_arena(const graft_program *p) { return p->arena; }

int graft_slot_layouts(const graft_program *p, int slot) {
	if (slot < 0 || slot >= p->nslots)
		return 0;
	return (p->slots[slot].packs ? GRAFT_READS_PACKED : 0) | (p->slots[slot].gains ? GRAFT_GAINS_PACKED : 0);
}

int graft_bind(graft_program *p, int slot, void *data, size_t size, int packed, graft_message *m) {
	if (slot < 0 || slot >= p->nslots)
		return message_set(m, GRAFT_INVALID, "slot %d of %d", slot, p->nslots);
	if (size < p->slots[slot].need)
		return message_set(m, GRAFT_INVALID, "slot %d: %zu bytes, expected %zu", slot, size, p->slots[slot].need);
	if (packed && !p->slots[slot].packs)
		return message_set(m, GRAFT_UNSUPPORTED, "slot %d: a packed layout, expected rows", slot);
	if ((uintptr_t)data % 64)
		return message_set(m, GRAFT_INVALID, "slot %d: the memory is not 64-byte aligned", slot);
	int layout = packed ? LAYOUT_PACKED16 : LAYOUT_ROWS;
	p->planned = p->planned && layout == p->slots[slot].layout;
	p->resolved = p->resolved && p->planned && data == p->slots[slot].data;
	p->slots[slot].data = data;
	p->slots[slot].layout = layout;
	return GRAFT_OK;
}

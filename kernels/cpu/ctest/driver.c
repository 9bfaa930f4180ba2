// The kernels behind a pipe, so that a test can run builds of them that the go command cannot make: with sanitizers, or
// with emulated instructions. Requests come on standard input, answers go to standard output; a fault ends the process
// with the sanitizer's report.
//
// A request is a letter and 64-bit little-endian numbers, then bytes where it says so. The answer is a number, 0 for
// success, then what it says; another number is followed by the length of a message and the message.
//
//	A size            allocate               -> number of the buffer
//	F buffer          free
//	W buffer at n     write n bytes that follow
//	R buffer at n     read                   -> n bytes
//	L n               load the program of n bytes that follow -> number of the program
//	U program         unload
//	B program slot buffer weight dtype rows cols             a weight is repacked before each run if the program gains by it
//	X program         run
//	S n               n bytes follow, a command and its values: is there a kernel?
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/ops.h"
#include "../graft.h"

enum { MOST = 1 << 16 };

typedef struct {
	uint8_t *data;
	size_t size;
} block;

typedef struct {
	int slot;
	block from, packed;
	int64_t dtype, rows, cols;
} repacked;

typedef struct {
	graft_program *p;
	repacked *packs;
	int npacks;
} loaded;

static graft *device;
static block buffers[MOST];
static loaded programs[MOST];
static int nbuffers, nprograms;

static int64_t number(void) {
	int64_t n;
	if (fread(&n, sizeof n, 1, stdin) != 1)
		exit(3);
	return n;
}
static void bytes(void *p, size_t n) {
	if (n && fread(p, 1, n, stdin) != n)
		exit(3);
}
static void answer(int64_t n) { fwrite(&n, sizeof n, 1, stdout); }
static void answer_code(int code, const graft_message *m) {
	answer(code);
	if (code) {
		answer((int64_t)strlen(m->text));
		fwrite(m->text, 1, strlen(m->text), stdout);
	}
}

// block_new is size bytes, padded to whole lines and no more, so that a sanitizer sees what goes past them.
static block block_new(size_t size) {
	size_t whole = (size + 63) / 64 * 64;
	block b = {aligned_alloc(64, whole ? whole : 64), size};
	memset(b.data, 0, whole);
	return b;
}

static void bind(void) {
	graft_message m;
	loaded *l = &programs[number()];
	int slot = (int)number();
	block b = buffers[number()];
	int weight = (int)number();
	repacked r = {.slot = slot, .from = b};
	r.dtype = number(), r.rows = number(), r.cols = number();
	if (!weight || !(graft_slot_layouts(l->p, slot) & GRAFT_GAINS_PACKED)) {
		answer_code(graft_bind(l->p, slot, b.data, b.size, 0, &m), &m);
		return;
	}
	r.packed = block_new(b.size);
	l->packs = realloc(l->packs, (size_t)(l->npacks + 1) * sizeof r);
	l->packs[l->npacks++] = r;
	answer_code(graft_bind(l->p, slot, r.packed.data, r.packed.size, 1, &m), &m);
}

static int run(loaded *l, graft_message *m) {
	for (int i = 0; i < l->npacks; i++) {
		repacked *r = &l->packs[i];
		int code = graft_pack((int)r->dtype, r->rows, r->cols, r->from.data, r->packed.data, m);
		if (code)
			return code;
	}
	block arena = block_new(graft_arena(l->p)), scratch = block_new(graft_scratch(l->p));
	memset(arena.data, 0xff, arena.size); // NaN, to show what reads before it writes
	memset(scratch.data, 0xff, scratch.size);
	int code = graft_run(l->p, arena.data, arena.size, scratch.data, scratch.size, m);
	free(arena.data);
	free(scratch.data);
	return code;
}

static void unload(loaded *l) {
	graft_unload(l->p);
	for (int i = 0; i < l->npacks; i++)
		free(l->packs[i].packed.data);
	free(l->packs);
	*l = (loaded){0};
}

int main(int argc, char **argv) {
	graft_message m;
	if (argc != 3) {
		fprintf(stderr, "usage: driver threads isa\n");
		return 2;
	}
	if (graft_open(atoi(argv[1]), argv[2], &device, &m)) {
		fprintf(stderr, "%s\n", m.text);
		return 2;
	}
	for (int request; (request = getchar()) != EOF;) {
		switch (request) {
		case 'A':
			buffers[nbuffers] = block_new((size_t)number());
			answer(0);
			answer(nbuffers++);
			break;
		case 'F': {
			block *b = &buffers[number()];
			free(b->data);
			*b = (block){0};
			answer(0);
			break;
		}
		case 'W': {
			block *b = &buffers[number()];
			int64_t at = number(), n = number();
			bytes(b->data + at, (size_t)n);
			answer(0);
			break;
		}
		case 'R': {
			block *b = &buffers[number()];
			int64_t at = number(), n = number();
			answer(0);
			fwrite(b->data + at, 1, (size_t)n, stdout);
			break;
		}
		case 'L': {
			size_t n = (size_t)number();
			uint8_t *p = malloc(n + 1);
			bytes(p, n);
			int code = graft_load(device, p, n, &programs[nprograms].p, &m);
			answer_code(code, &m);
			if (!code)
				answer(nprograms++);
			free(p);
			break;
		}
		case 'U':
			unload(&programs[number()]);
			answer(0);
			break;
		case 'B':
			bind();
			break;
		case 'X':
			answer_code(run(&programs[number()], &m), &m);
			break;
		case 'S': {
			size_t n = (size_t)number();
			uint8_t *p = malloc(n);
			struct command cmd;
			struct value values[MAX_OPERANDS];
			bytes(p, n);
			memcpy(&cmd, p, sizeof cmd);
			memcpy(values, p + sizeof cmd, n - sizeof cmd);
			answer_code(graft_supports(&cmd, values, &m), &m);
			free(p);
			break;
		}
		default:
			return 2;
		}
		fflush(stdout);
		if (nbuffers == MOST || nprograms == MOST)
			return 2;
	}
	for (int i = 0; i < nprograms; i++)
		unload(&programs[i]);
	for (int i = 0; i < nbuffers; i++)
		free(buffers[i].data);
	graft_close(device);
	return 0;
}

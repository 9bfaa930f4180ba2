// Opening a device, and repacking weights.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatch.h"
#include "pack.h"
#include "program.h"

// isa_named is the number of an instruction set, -1 if there is none of that name.
static int isa_named(const char *name) {
	for (int i = 0; i < ISA_SETS; i++)
		if (strcmp(name, isa_names[i]) == 0)
			return i;
	return -1;
}

int graft_open(int threads, const char *isa, graft **out, graft_message *m) {
	*out = NULL;
	int set = isa_best();
	const char *wishes[] = {isa, getenv("GRAFT_ISA")};
	for (int i = 0; i < 2; i++) {
		if (!wishes[i] || !*wishes[i])
			continue;
		int wish = isa_named(wishes[i]);
		if (wish < 0)
			return message_set(m, GRAFT_INVALID, "instruction set %.40s is not known, expected one such as %s", wishes[i], isa_names[0]);
		if (i == 0 && wish > set)
			return message_set(m, GRAFT_UNSUPPORTED, "instruction set %s, this machine has %s", isa_names[wish], isa_names[set]);
		if (wish < set)
			set = wish;
	}
	if (threads == 0) {
		long cores = sysconf(_SC_NPROCESSORS_ONLN);
		threads = cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (int)cores;
	}
	if (threads < 1 || threads > MAX_THREADS)
		return message_set(m, GRAFT_INVALID, "%d threads, expected 1 to %d", threads, MAX_THREADS);
	graft *g = calloc(1, sizeof *g);
	if (!g)
		return message_set(m, GRAFT_NO_MEMORY, "no memory for a device");
	g->isa = set;
	g->pool = pool_open(threads);
	if (!g->pool) {
		free(g);
		return message_set(m, GRAFT_NO_MEMORY, "%d threads: the system has no more", threads);
	}
	*out = g;
	return GRAFT_OK;
}

void graft_close(graft *g) {
	if (!g)
		return;
	pool_close(g->pool);
	free(g);
}

int graft_threads(const graft *g) { return pool_threads(g->pool); }
const char *graft_isa(const graft *g) { return isa_names[g->isa]; }

int graft_isa_count(void) { return isa_best() + 1; }
const char *graft_isa_name(int i) { return i >= 0 && i < ISA_SETS ? isa_names[i] : ""; }

typedef void packing(int dtype, int64_t rows, int64_t cols, const void *from, void *to, void *tmp);

static int repack(packing *f, int dtype, int64_t rows, int64_t cols, const void *from, void *to, graft_message *m) {
	if (dtype < 1 || dtype >= DT_COUNT || !pack_supported(dtype))
		return message_set(m, GRAFT_UNSUPPORTED, "dtype %d has no packed layout", dtype);
	if (rows < 1 || cols < 1 || cols % dtype_block(dtype))
		return message_set(m, GRAFT_INVALID, "%lld rows of %lld values do not divide into blocks", (long long)rows, (long long)cols);
	void *tmp = malloc(PACK_ROWS * dtype_bytes(dtype, cols));
	if (!tmp)
		return message_set(m, GRAFT_NO_MEMORY, "no memory to repack rows of %lld values", (long long)cols);
	f(dtype, rows, cols, from, to, tmp);
	free(tmp);
	return GRAFT_OK;
}

int graft_pack(int dtype, int64_t rows, int64_t cols, const void *from, void *to, graft_message *m) {
	return repack(pack16, dtype, rows, cols, from, to, m);
}
int graft_unpack(int dtype, int64_t rows, int64_t cols, const void *from, void *to, graft_message *m) {
	return repack(unpack16, dtype, rows, cols, from, to, m);
}

// The CPU device's interface in C: open a device, load programs in the command format, bind their slots, run them.
//
// Nothing here aborts and nothing trusts its input: a function that can go wrong returns a code and writes a message.
// All memory a program works on (slots, arena, scratch) belongs to the caller and is 64-byte aligned, with room up to
// the next multiple of 64 bytes.
#ifndef GRAFT_H
#define GRAFT_H

#include <stddef.h>
#include <stdint.h>

struct value;
struct command;

typedef struct graft graft;                 // threads and an instruction set
typedef struct graft_program graft_program; // one loaded program with its bindings

enum {
	GRAFT_OK = 0,
	GRAFT_INVALID,     // the program or an argument is not what it must be
	GRAFT_UNSUPPORTED, // there is no kernel for it
	GRAFT_UNBOUND,     // a slot has no memory
	GRAFT_NO_MEMORY,   // or no thread
	GRAFT_CANCELLED,   // results are incomplete
};

typedef struct {
	char text[232];
} graft_message;

// graft_open starts a device of that many threads (0: one for each core). isa names the instruction set to use at most:
// "generic", "avx2", "avx512", NULL or "" for the best one here; the environment's GRAFT_ISA may lower it further.
int graft_open(int threads, const char *isa, graft **out, graft_message *m);
void graft_close(graft *g);
int graft_threads(const graft *g);
const char *graft_isa(const graft *g);

// graft_isa_name names instruction set i, the least first; this machine can run the first graft_isa_count of them.
int graft_isa_count(void);
const char *graft_isa_name(int i);

// graft_supports tells whether there is a kernel for cmd over these values: its operands, then its results.
int graft_supports(const struct command *cmd, const struct value *values, graft_message *m);

// graft_load checks size bytes of a program and makes it ready to be bound. The bytes are copied.
int graft_load(graft *g, const void *bytes, size_t size, graft_program **out, graft_message *m);
void graft_unload(graft_program *p);

// graft_arena and graft_scratch are the bytes a run needs of either. Scratch depends on the layouts of what is bound;
// before that, slots that gain by a packed layout
// are taken to have it.
size_t graft_arena(const graft_program *p);
size_t graft_scratch(graft_program *p);

// graft_slot_layouts tells how a slot may be bound. GRAFT_READS_PACKED: every command that uses it can read a packed
// layout; GRAFT_GAINS_PACKED: and one is faster by it. Then the slot's memory may go through graft_pack before it is
// bound with packed = 1.
enum { GRAFT_READS_PACKED = 1, GRAFT_GAINS_PACKED = 2 };
int graft_slot_layouts(const graft_program *p, int slot);
int graft_bind(graft_program *p, int slot, void *data, size_t size, int packed, graft_message *m);

// graft_run runs the program on all threads of its device and returns when it is done. One run at a time a device.
int graft_run(graft_program *p, void *arena, size_t arena_size, void *scratch, size_t scratch_size, graft_message *m);

// graft_cancel with on = 1 makes runs end at the next step or at once, until it is called with 0. It may be called
// from any thread.
void graft_cancel(graft_program *p, int on);

// graft_pack brings a weight of rows x cols values from row-major blocks into the layout the kernels read fastest, of
// the same size; graft_unpack undoes it. In place when to is from. GRAFT_UNSUPPORTED: the type has no such layout.
int graft_pack(int dtype, int64_t rows, int64_t cols, const void *from, void *to, graft_message *m);
int graft_unpack(int dtype, int64_t rows, int64_t cols, const void *from, void *to, graft_message *m);

#endif

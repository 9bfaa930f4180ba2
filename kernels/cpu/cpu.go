//go:build cgo

// Package cpu is the Go side of the kernels in C: open a device, load programs, bind memory, run.
//
// It wraps graft.h one to one and adds nothing; package native/cpu makes a device.Device of it. All memory the kernels
// work on comes from Alloc or from the system, never from Go's heap, because C keeps the addresses between calls.
//
// The C is compiled in strict C11, in which gcc does not contract a*b+c into fused operations by itself: an op rounds
// as its source says, whatever the instruction set. Kernels fuse where they say vf_fma.
package cpu

/*
#cgo CFLAGS: -std=c11 -D_GNU_SOURCE -O3 -g1 -Wall
#cgo LDFLAGS: -pthread -lm
#include <stdlib.h>
#include "graft.h"

static void *graft_go_alloc(size_t size) { return aligned_alloc(64, (size + 63) / 64 * 64); }
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// ErrCanceled is the error of a run that Cancel ended.
var ErrCanceled = errors.New("cpu: the run was canceled")

// Device is a team of threads and an instruction set.
type Device struct{ g *C.graft }

// Open starts a device of that many threads, 0 for one a core, that uses at most the instruction set isa: "generic",
// "avx2", "avx512", or "" for the best this machine has.
func Open(threads int, isa string) (*Device, error) {
	name := C.CString(isa)
	defer C.free(unsafe.Pointer(name))
	var d Device
	var m C.graft_message
	if code := C.graft_open(C.int(threads), name, &d.g, &m); code != C.GRAFT_OK {
		return nil, fault(code, &m)
	}
	return &d, nil
}

// Close ends the threads.
func (d *Device) Close() { C.graft_close(d.g) }

// Threads is the number of threads, ISA the instruction set in use.
func (d *Device) Threads() int { return int(C.graft_threads(d.g)) }
func (d *Device) ISA() string  { return C.GoString(C.graft_isa(d.g)) }

// ISAs names the instruction sets this machine can run, the least first.
func ISAs() []string {
	names := make([]string, C.graft_isa_count())
	for i := range names {
		names[i] = C.GoString(C.graft_isa_name(C.int(i)))
	}
	return names
}

func fault(code C.int, m *C.graft_message) error {
	if code == C.GRAFT_CANCELLED {
		return ErrCanceled
	}
	return fmt.Errorf("cpu: %s", C.GoString(&m.text[0]))
}

// Supports reports whether there is a kernel for a command over values, in the command format: the records of its
// operands, then of its results.
func Supports(command, values []byte) bool {
	c, v := unsafe.Pointer(unsafe.SliceData(command)), unsafe.Pointer(unsafe.SliceData(values))
	return C.graft_supports((*C.struct_command)(c), (*C.struct_value)(v), nil) == C.GRAFT_OK
}

// Program is a loaded program.
type Program struct{ p *C.graft_program }

// Load checks a program in the command format and makes it ready to be bound.
func (d *Device) Load(program []byte) (*Program, error) {
	var p Program
	var m C.graft_message
	if code := C.graft_load(d.g, unsafe.Pointer(unsafe.SliceData(program)), C.size_t(len(program)), &p.p, &m); code != C.GRAFT_OK {
		return nil, fault(code, &m)
	}
	return &p, nil
}

// Close frees the program.
func (p *Program) Close() { C.graft_unload(p.p) }

// Scratch is the bytes of scratch memory a run needs with what is bound now.
func (p *Program) Scratch() int { return int(C.graft_scratch(p.p)) }

// Layouts reports whether every command that uses the slot can read a packed layout, and whether one gains by it.
func (p *Program) Layouts(slot int) (reads, gains bool) {
	l := C.graft_slot_layouts(p.p, C.int(slot))
	return l&C.GRAFT_READS_PACKED != 0, l&C.GRAFT_GAINS_PACKED != 0
}

// Bind gives a slot its memory, which stays the caller's.
func (p *Program) Bind(slot int, m Memory, packed bool) error {
	flag := C.int(0)
	if packed {
		flag = 1
	}
	var msg C.graft_message
	if code := C.graft_bind(p.p, C.int(slot), m.At, C.size_t(m.Size), flag, &msg); code != C.GRAFT_OK {
		return fault(code, &msg)
	}
	return nil
}

// Run runs the program once.
func (p *Program) Run(arena, scratch Memory) error {
	var m C.graft_message
	if code := C.graft_run(p.p, arena.At, C.size_t(arena.Size), scratch.At, C.size_t(scratch.Size), &m); code != C.GRAFT_OK {
		return fault(code, &m)
	}
	return nil
}

// Cancel makes runs end early until it is called with false. Any goroutine may call it.
func (p *Program) Cancel(on bool) {
	flag := C.int(0)
	if on {
		flag = 1
	}
	C.graft_cancel(p.p, flag)
}

// Memory is memory outside Go's heap, 64-byte aligned, with room up to the next multiple of 64 bytes.
type Memory struct {
	At   unsafe.Pointer
	Size int
}

// Bytes is a view of m.
func (m Memory) Bytes() []byte { return unsafe.Slice((*byte)(m.At), m.Size) }

// Alloc returns size bytes, not zeroed; At is nil if there are none.
func Alloc(size int) Memory { return Memory{C.graft_go_alloc(C.size_t(max(size, 64))), size} }

// Free returns memory that Alloc gave.
func Free(m Memory) { C.free(m.At) }

// Pack brings a weight from row-major blocks into the layout kernels read fastest, of the same size; Unpack undoes
// it. from may be to.
func Pack(dtype, rows, cols int, from, to Memory) error {
	var m C.graft_message
	if code := C.graft_pack(C.int(dtype), C.int64_t(rows), C.int64_t(cols), from.At, to.At, &m); code != C.GRAFT_OK {
		return fault(code, &m)
	}
	return nil
}

// Unpack is the inverse of Pack.
func Unpack(dtype, rows, cols int, from, to Memory) error {
	var m C.graft_message
	if code := C.graft_unpack(C.int(dtype), C.int64_t(rows), C.int64_t(cols), from.At, to.At, &m); code != C.GRAFT_OK {
		return fault(code, &m)
	}
	return nil
}

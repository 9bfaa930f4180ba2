//go:build cgo

// Package cpu is the device that runs the C kernels of kernels/cpu on the threads of this machine.
//
// Memory lies outside Go's heap, in huge pages where the system has them; files that are mapped are read where they lie.
// Package kernel makes the device of it.
package cpu

import (
	"errors"
	"fmt"
	"unsafe"

	kernels "graft/kernels/cpu"
	"graft/shared/device"
	"graft/shared/device/kernel"
)

// Options change a device. The zero value uses all cores and the best instruction set.
type Options struct {
	Threads int    // 0: one a core
	ISA     string // the best instruction set to use: generic, avx2, avx512; "": what the machine has
}

// Open starts a device.
func Open(o Options) (device.Device, error) {
	d, err := kernels.Open(o.Threads, o.ISA)
	if err != nil {
		return nil, err
	}
	return kernel.New(native{d}), nil
}

// ISAs names the instruction sets this machine can run, the least first.
func ISAs() []string { return kernels.ISAs() }

// native is the kernels that are linked in. Their addresses are those of the process.
type native struct{ d *kernels.Device }

var _ kernel.Mapper = native{}

func (n native) Name() string { return fmt.Sprintf("cpu %s %d threads", n.d.ISA(), n.d.Threads()) }
func (n native) Threads() int { return n.d.Threads() }
func (n native) Close() error { n.d.Close(); return nil }

// inside and outside turn an address into a pointer and back. It is not of Go's memory, so nothing moves it.
func inside(m kernel.Memory) kernels.Memory {
	at := uintptr(m.At)
	return kernels.Memory{At: *(*unsafe.Pointer)(unsafe.Pointer(&at)), Size: m.Size}
}
func outside(m kernels.Memory) kernel.Memory {
	return kernel.Memory{At: uint64(uintptr(m.At)), Size: m.Size}
}

func (native) Alloc(size int) (kernel.Memory, error) {
	m, err := allocate(size)
	return outside(m), err
}

func (native) Free(m kernel.Memory) error { return release(inside(m)) }

func (native) View(m kernel.Memory) []byte { return inside(m).Bytes() }

func (n native) Read(m kernel.Memory, p []byte) error  { copy(p, n.View(m)); return nil }
func (n native) Write(m kernel.Memory, p []byte) error { copy(n.View(m), p); return nil }

// Map takes whole cache lines.
func (native) Map(data []byte) (kernel.Memory, bool) {
	m := outside(kernels.Memory{At: unsafe.Pointer(unsafe.SliceData(data)), Size: len(data)})
	return m, m.Size > 0 && m.Size%64 == 0 && m.At%64 == 0
}

func (native) Supports(command, values []byte) bool { return kernels.Supports(command, values) }

func (n native) Load(b []byte) (kernel.Program, error) {
	p, err := n.d.Load(b)
	if err != nil {
		return nil, err
	}
	return program{p}, nil
}

func (native) Pack(dtype, rows, cols int, from, to kernel.Memory) error {
	return kernels.Pack(dtype, rows, cols, inside(from), inside(to))
}

func (native) Unpack(dtype, rows, cols int, from, to kernel.Memory) error {
	return kernels.Unpack(dtype, rows, cols, inside(from), inside(to))
}

type program struct{ *kernels.Program }

func (p program) Bind(slot int, m kernel.Memory, packed bool) error {
	return p.Program.Bind(slot, inside(m), packed)
}

func (p program) Run(arena, scratch kernel.Memory) error {
	err := p.Program.Run(inside(arena), inside(scratch))
	if errors.Is(err, kernels.ErrCanceled) {
		return kernel.ErrCanceled
	}
	return err
}

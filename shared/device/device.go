// Package device says what runs a program.
//
// A device allocates memory, compiles programs and runs them; everything else is data. Every slot of a program
// (weights, parameters, state, inputs, outputs) is bound by name to a Buffer before a run. The reference device
// runs the ops' own definitions and is what every other device is held to; the null device runs nothing, for
// tests of planning. Package devicetest is the suite every device must pass.
package device

import (
	"context"
	"io"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// Device runs programs over memory of its own. Its methods, and those of what it makes, may be called from one
// goroutine at a time.
type Device interface {
	Name() string
	// Alloc returns size bytes of zeros.
	Alloc(size int) (Buffer, error)
	// Supports reports whether the device has a kernel for op over operands of these specs.
	Supports(op graph.Op, in []tensor.Spec) bool
	Compile(p *graph.Program) (Executable, error)
	io.Closer
}

// Buffer is memory on a device.
type Buffer interface {
	Size() int
	io.ReaderAt
	io.WriterAt
	io.Closer
}

// Executable is a program made ready for one device.
type Executable interface {
	// Bind gives the slot of that name its memory, which has at least the bytes of the slot's spec.
	Bind(name string, b Buffer) error
	// Run computes the program once. Every slot is bound. A canceled context stops it between steps; what it
	// overwrites is then undefined.
	Run(ctx context.Context) error
	io.Closer
}

// Mapper is a Device that can use memory it did not allocate, such as a file mapped into memory, without a copy.
// The memory is only read and outlives the buffer.
type Mapper interface {
	Device
	Map(data []byte) (Buffer, error)
}

// Usage is how much memory a device holds, in bytes.
type Usage struct {
	Buffers int // allocated and not closed
	Mapped  int // used in place
	Arena   int // temporaries of the largest program so far
	Scratch int // kernels' own
	Peak    int // the most of all but Mapped at one time
}

// Metered is a Device that knows its memory.
type Metered interface {
	Device
	Usage() Usage
}

// Sizer is a Device that can tell, before anything is allocated, the scratch memory it needs for a program.
type Sizer interface {
	Device
	ScratchSize(p *graph.Program) (int, error)
}

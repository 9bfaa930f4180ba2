package kernel

import "errors"

// ErrCanceled is the error of a run that Cancel ended.
var ErrCanceled = errors.New("kernel: the run was canceled")

// Memory is memory the kernels work on: 64-byte aligned, with room up to the next multiple of 64 bytes. At is its
// address in whatever memory the kernels see, and 0 for none.
type Memory struct {
	At   uint64
	Size int
}

// From is what lies from an offset on.
func (m Memory) From(offset int) Memory { return Memory{m.At + uint64(offset), m.Size - offset} }

// Kernels are compiled kernels with their memory and threads: the functions of kernels/cpu/graft.h, where that says
// more. They are called from one goroutine at a time.
type Kernels interface {
	// Name tells what runs the kernels, on how many threads: "cpu avx2 2 threads".
	Name() string
	Threads() int
	Close() error

	// Alloc returns zeroed memory, whose address is not 0 even if it has no bytes. Free gives it back.
	Alloc(size int) (Memory, error)
	Free(m Memory) error
	// Read and Write copy len(p) bytes from or to the beginning of m.
	Read(m Memory, p []byte) error
	Write(m Memory, p []byte) error
	// View is m as the host sees it until the next Alloc, or nil if it cannot.
	View(m Memory) []byte

	// Supports reports whether there is a kernel for a command over values, in the command format: the records of its
	// operands, then of its results.
	Supports(command, values []byte) bool
	// Load checks a program in the command format and makes it ready to be bound.
	Load(program []byte) (Program, error)
	// Pack brings a weight from row-major blocks into the layout kernels read fastest, of the same size; Unpack undoes
	// it. from may be to.
	Pack(dtype, rows, cols int, from, to Memory) error
	Unpack(dtype, rows, cols int, from, to Memory) error
}

// Program is a loaded program.
type Program interface {
	Close()
	// Scratch is the bytes of scratch memory a run needs with what is bound now.
	Scratch() int
	// Layouts reports whether every command that uses the slot can read a packed layout, and whether one gains by it.
	Layouts(slot int) (reads, gains bool)
	// Bind gives a slot its memory, which stays the caller's.
	Bind(slot int, m Memory, packed bool) error
	// Run runs the program once; ErrCanceled if Cancel ended it.
	Run(arena, scratch Memory) error
	// Cancel makes runs end early until it is called with false. Any goroutine may call it.
	Cancel(on bool)
}

// Mapper is Kernels that can read memory of the host where it lies.
type Mapper interface {
	// Map is the memory data lies in, and whether kernels can read it. It is only read, and outlives its use.
	Map(data []byte) (Memory, bool)
}

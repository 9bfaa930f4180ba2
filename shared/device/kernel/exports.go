package kernel

// Function is one of the functions that kernels.wasm exports: those of kernels/cpu/graft.h, and its memory's.
type Function int

// The functions, with their parameters. Addresses and sizes are 32 bits wide; a function that does not say what it
// returns returns a code, 0 for success.
const (
	Alloc       Function = iota // size: the address, 0 for none
	Free                        // address; returns nothing
	Open                        // threads, isa, where the device goes, message
	Stop                        // device; returns nothing
	Close                       // device; returns nothing
	Threads                     // device: their number
	ISA                         // device: address of its name
	Supports                    // command, values, message
	Load                        // device, bytes, size, where the program goes, message
	Unload                      // program; returns nothing
	Scratch                     // program: bytes
	SlotLayouts                 // program, slot: bits
	Bind                        // program, slot, address, size, packed, message
	Run                         // program, arena, its size, scratch, its size, message
	Cancel                      // program, on; returns nothing
	Pack                        // dtype, rows (64 bits), columns (64 bits), from, to, message
	Unpack                      // the same
)

// exported has their names.
var exported = [...]string{
	Alloc: "graft_alloc", Free: "graft_free", Open: "graft_open", Stop: "graft_stop", Close: "graft_close",
	Threads: "graft_threads", ISA: "graft_isa", Supports: "graft_supports", Load: "graft_load", Unload: "graft_unload",
	Scratch: "graft_scratch", SlotLayouts: "graft_slot_layouts", Bind: "graft_bind", Run: "graft_run",
	Cancel: "graft_cancel", Pack: "graft_pack", Unpack: "graft_unpack",
}

// Functions lists them all.
func Functions() []Function {
	all := make([]Function, len(exported))
	for i := range all {
		all[i] = Function(i)
	}
	return all
}

// String is the name it is exported under.
func (f Function) String() string { return exported[f] }

// Exports is an instance of kernels.wasm with its memory. An error is a trap, after which the instance is of no use.
type Exports interface {
	// Call calls a function; what it returns, if anything, is 32 bits wide.
	Call(f Function, args ...uint64) (uint32, error)
	// Read and Write copy len(p) bytes from or to an address.
	Read(at uint32, p []byte) error
	Write(at uint32, p []byte) error
	// View is memory as the host sees it until more is allocated, or nil if it cannot.
	View(at uint32, size int) []byte
}

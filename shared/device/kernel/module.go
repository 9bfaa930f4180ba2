package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Module is Kernels over an instance of kernels.wasm.
type Module struct {
	e       Exports
	name    string
	threads int
	device  uint32
	stacks  []uint32
	message uint32 // where functions write why they failed
	result  uint32 // where they write what they made
	stage   uint32 // where commands to be asked about are written
}

var _ Kernels = (*Module)(nil)

const (
	messageSize = 232       // sizeof(graft_message)
	stageSize   = 2 << 10   // a command with all its values has 700
	stackSize   = 128 << 10 // of a helper

	codeCanceled = 5 // GRAFT_CANCELLED

	readsPacked = 1 // GRAFT_READS_PACKED
	gainsPacked = 2 // GRAFT_GAINS_PACKED
)

// OpenModule opens a device of that many threads in an instance of kernels.wasm. What name says of the runtime becomes
// part of the kernels' name. The helpers are to be started by the host.
func OpenModule(e Exports, name string, threads int) (*Module, error) {
	m := &Module{e: e}
	for at, size := range map[*uint32]int{&m.message: messageSize, &m.result: 64, &m.stage: stageSize} {
		p, err := m.Alloc(size)
		if err != nil {
			return nil, err
		}
		*at = uint32(p.At)
	}
	if err := m.do(Open, uint64(threads), 0, uint64(m.result), uint64(m.message)); err != nil {
		return nil, err
	}
	var err error
	if m.device, err = m.word(m.result); err != nil {
		return nil, err
	}
	for range threads - 1 {
		p, err := m.Alloc(stackSize)
		if err != nil {
			return nil, err
		}
		m.stacks = append(m.stacks, uint32(p.At))
	}
	isa, err := m.e.Call(ISA, uint64(m.device))
	if err != nil {
		return nil, err
	}
	set, err := m.text(isa, 16)
	m.threads = threads
	m.name = fmt.Sprintf("%s %s %d threads", name, set, threads)
	return m, err
}

// Helper is what graft_worker of a further instance, on a thread of its own, is called with.
type Helper struct{ Device, Index, Stack uint32 }

// Helpers are one fewer than threads.
func (m *Module) Helpers() []Helper {
	all := make([]Helper, len(m.stacks))
	for i, at := range m.stacks {
		all[i] = Helper{m.device, uint32(i + 1), at + stackSize}
	}
	return all
}

// Stop makes the helpers' graft_worker return; the module is closed when all have.
func (m *Module) Stop() error { return m.call(Stop, uint64(m.device)) }

// Close frees what OpenModule took.
func (m *Module) Close() error {
	err := m.call(Close, uint64(m.device))
	for _, at := range append(m.stacks, m.message, m.result, m.stage) {
		if err == nil {
			err = m.call(Free, uint64(at))
		}
	}
	return err
}

func (m *Module) Name() string { return m.name }
func (m *Module) Threads() int { return m.threads }

// call calls a function that returns nothing of interest.
func (m *Module) call(f Function, args ...uint64) error {
	if _, err := m.e.Call(f, args...); err != nil {
		return fmt.Errorf("kernel: %v: %w", f, err)
	}
	return nil
}

// do calls a function that returns a code.
func (m *Module) do(f Function, args ...uint64) error {
	code, err := m.e.Call(f, args...)
	switch {
	case err != nil:
		return fmt.Errorf("kernel: %v: %w", f, err)
	case code == 0:
		return nil
	case code == codeCanceled:
		return ErrCanceled
	}
	why, err := m.text(m.message, messageSize)
	if err != nil {
		return err
	}
	return fmt.Errorf("kernel: %s", why)
}

// text is a C string of at most so many bytes.
func (m *Module) text(at uint32, most int) (string, error) {
	b := make([]byte, most)
	if err := m.e.Read(at, b); err != nil {
		return "", err
	}
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b), nil
}

func (m *Module) word(at uint32) (uint32, error) {
	var b [4]byte
	err := m.e.Read(at, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

func (m *Module) Alloc(size int) (Memory, error) {
	if uint64(size) >= 1<<32 {
		return Memory{}, fmt.Errorf("kernel: no memory for %d bytes: a module has 4 GiB", size)
	}
	at, err := m.e.Call(Alloc, uint64(size))
	if err != nil {
		return Memory{}, fmt.Errorf("kernel: %v: %w", Alloc, err)
	}
	if at == 0 {
		return Memory{}, fmt.Errorf("kernel: no memory for %d bytes", size)
	}
	return Memory{uint64(at), size}, nil
}

func (m *Module) Free(p Memory) error { return m.call(Free, p.At) }

func (m *Module) Read(p Memory, b []byte) error  { return m.e.Read(uint32(p.At), b) }
func (m *Module) Write(p Memory, b []byte) error { return m.e.Write(uint32(p.At), b) }
func (m *Module) View(p Memory) []byte           { return m.e.View(uint32(p.At), p.Size) }

func (m *Module) Supports(command, values []byte) bool {
	if len(command)+len(values) > stageSize || m.e.Write(m.stage, command) != nil || m.e.Write(m.stage+uint32(len(command)), values) != nil {
		return false
	}
	code, err := m.e.Call(Supports, uint64(m.stage), uint64(m.stage)+uint64(len(command)), 0)
	return err == nil && code == 0
}

func (m *Module) Load(program []byte) (Program, error) {
	p, err := m.Alloc(len(program))
	if err != nil {
		return nil, err
	}
	defer m.Free(p)
	if err := m.Write(p, program); err != nil {
		return nil, err
	}
	if err := m.do(Load, uint64(m.device), p.At, uint64(p.Size), uint64(m.result), uint64(m.message)); err != nil {
		return nil, err
	}
	at, err := m.word(m.result)
	return &moduleProgram{m, uint64(at)}, err
}

func (m *Module) Pack(dtype, rows, cols int, from, to Memory) error {
	return m.do(Pack, uint64(dtype), uint64(rows), uint64(cols), from.At, to.At, uint64(m.message))
}

func (m *Module) Unpack(dtype, rows, cols int, from, to Memory) error {
	return m.do(Unpack, uint64(dtype), uint64(rows), uint64(cols), from.At, to.At, uint64(m.message))
}

type moduleProgram struct {
	m  *Module
	at uint64
}

func (p *moduleProgram) Close() { _ = p.m.call(Unload, p.at) } // a module that trapped is gone with its programs

func (p *moduleProgram) Scratch() int {
	n, _ := p.m.e.Call(Scratch, p.at) // the run will say what went wrong
	return int(n)
}

func (p *moduleProgram) Layouts(slot int) (reads, gains bool) {
	l, _ := p.m.e.Call(SlotLayouts, p.at, uint64(slot)) // 0, rows, if it trapped
	return l&readsPacked != 0, l&gainsPacked != 0
}

func (p *moduleProgram) Bind(slot int, m Memory, packed bool) error {
	return p.m.do(Bind, p.at, uint64(slot), m.At, uint64(m.Size), flag(packed), uint64(p.m.message))
}

func (p *moduleProgram) Run(arena, scratch Memory) error {
	return p.m.do(Run, p.at, arena.At, uint64(arena.Size), scratch.At, uint64(scratch.Size), uint64(p.m.message))
}

func (p *moduleProgram) Cancel(on bool) { _ = p.m.call(Cancel, p.at, flag(on)) }

func flag(on bool) uint64 {
	if on {
		return 1
	}
	return 0
}

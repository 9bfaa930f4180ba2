package sandbox

import "github.com/tetratelabs/wazero/experimental"

// mostMemory is the most of one memory of wasm32.
const mostMemory = 4 << 30

// budget is the memory that the modules of an engine have together. A memory that may not grow is for the module to handle; Go's
// runtime ends.
type budget struct {
	limit, used int64
	refused     int64 // what would have been used when it was last refused
}

var _ experimental.MemoryAllocator = (*budget)(nil)

// Allocate makes a memory of up to most bytes.
func (b *budget) Allocate(_, most uint64) experimental.LinearMemory {
	return &linear{budget: b, most: min(most, uint64(b.limit))}
}

type linear struct {
	budget *budget
	most   uint64
	data   []byte
}

// Reallocate gives the memory size bytes, nil if that is too much.
func (m *linear) Reallocate(size uint64) []byte {
	b := m.budget
	after := b.used + int64(size) - int64(len(m.data))
	if after > b.limit || size > m.most {
		b.refused = after
		return nil
	}
	if size > uint64(cap(m.data)) { // by half more than is asked for, so that growing seldom copies
		grown := make([]byte, size, max(size, min(size+size/2, m.most)))
		copy(grown, m.data)
		m.data = grown
	}
	b.used, m.data = after, m.data[:size] // what is new has not been written to: it is zero
	return m.data
}

// Free gives the memory back.
func (m *linear) Free() {
	m.budget.used -= int64(len(m.data))
	m.data = nil
}

//go:build cgo

package cpu

import (
	"slices"
	"sync"
	"unsafe"

	kernels "graft/kernels/cpu"
)

// Weights of small models are smaller than a huge page, but all of them are read for every token. So buffers from
// slabSmallest up share slabs of huge pages.
const (
	slabSmallest = 64 << 10
	slabSize     = 8 * hugePage
)

// slabs are those of all devices of the process.
var slabs struct {
	sync.Mutex
	all []*slab
}

// slab is memory from the system in which buffers lie side by side. Spans of it that are free are in order, with no
// two that touch.
type slab struct {
	memory []byte
	free   []span
}

type span struct{ from, to int }

// slabAllocate returns size bytes of zeros.
func slabAllocate(size int) (kernels.Memory, error) {
	slabs.Lock()
	defer slabs.Unlock()
	whole := (size + 63) / 64 * 64
	for _, s := range slabs.all {
		if m := s.take(whole); m != nil {
			clear(m)
			return kernels.Memory{At: unsafe.Pointer(&m[0]), Size: size}, nil
		}
	}
	memory, err := hugePages(slabSize)
	if err != nil {
		return kernels.Memory{}, err
	}
	s := &slab{memory, []span{{0, slabSize}}}
	slabs.all = append(slabs.all, s)
	return kernels.Memory{At: unsafe.Pointer(&s.take(whole)[0]), Size: size}, nil
}

// take returns size bytes of the first span that has them.
func (s *slab) take(size int) []byte {
	for i, f := range s.free {
		if f.to-f.from < size {
			continue
		}
		s.free[i].from += size
		if s.free[i].from == f.to {
			s.free = slices.Delete(s.free, i, i+1)
		}
		return s.memory[f.from : f.from+size]
	}
	return nil
}

// slabRelease takes back what slabAllocate gave; a slab that is all free goes back to the system.
func slabRelease(m kernels.Memory) error {
	slabs.Lock()
	defer slabs.Unlock()
	for i, s := range slabs.all {
		at := int(uintptr(m.At) - uintptr(unsafe.Pointer(&s.memory[0])))
		if at < 0 || at >= len(s.memory) {
			continue
		}
		s.put(span{at, at + (m.Size+63)/64*64})
		if s.free[0] != (span{0, len(s.memory)}) {
			return nil
		}
		slabs.all = slices.Delete(slabs.all, i, i+1)
		return giveBack(s.memory)
	}
	panic("BUG: cpu: memory is released that no slab has")
}

// put adds a span to the free ones and joins it with its neighbours.
func (s *slab) put(f span) {
	i, _ := slices.BinarySearchFunc(s.free, f, func(a, b span) int { return a.from - b.from })
	s.free = slices.Insert(s.free, i, f)
	for ; i >= 0; i-- {
		if i+1 < len(s.free) && s.free[i].to == s.free[i+1].from {
			s.free[i].to = s.free[i+1].to
			s.free = slices.Delete(s.free, i+1, i+2)
		}
		if i == 0 || s.free[i-1].to != s.free[i].from {
			return
		}
	}
}

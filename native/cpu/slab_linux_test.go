//go:build cgo

package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	kernels "graft/kernels/cpu"
)

// TestSlabs allocates and releases in random order: what is given out is zero, no two buffers overlap, and at the end
// all memory has gone back.
func TestSlabs(t *testing.T) {
	before := slabsInUse() // by buffers that other tests have not closed
	r := rand.New(rand.NewPCG(1, 2))
	type held struct {
		m    kernels.Memory
		mark byte
	}
	var all []held
	drop := func(i int) {
		h := all[i]
		for k, b := range h.m.Bytes() {
			if b != h.mark {
				t.Fatalf("byte %d of %d is %d, expected %d", k, h.m.Size, b, h.mark)
			}
		}
		if err := release(h.m); err != nil {
			t.Fatal(err)
		}
		all[i] = all[len(all)-1]
		all = all[:len(all)-1]
	}
	for i := range 400 {
		m, err := allocate(slabSmallest + r.IntN(hugePage-slabSmallest))
		if err != nil {
			t.Fatal(err)
		}
		if uintptr(m.At)%64 != 0 {
			t.Fatalf("%d bytes at %v", m.Size, m.At)
		}
		for k, b := range m.Bytes() {
			if b != 0 {
				t.Fatalf("byte %d of %d is %d", k, m.Size, b)
			}
			m.Bytes()[k] = byte(i)
		}
		all = append(all, held{m, byte(i)})
		for len(all) > 60 || len(all) > 0 && r.IntN(3) == 0 {
			drop(r.IntN(len(all)))
		}
	}
	for len(all) > 0 {
		drop(0)
	}
	if after := slabsInUse(); after != before {
		t.Errorf("%s, expected %s", after, before)
	}
}

func slabsInUse() string {
	bytes := 0
	for _, s := range slabs.all {
		bytes += len(s.memory)
		for _, f := range s.free {
			bytes -= f.to - f.from
		}
	}
	return fmt.Sprintf("%d bytes in %d slabs", bytes, len(slabs.all))
}

// TestSlabJoins frees three neighbours in every order: they become one span.
func TestSlabJoins(t *testing.T) {
	for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		s := &slab{}
		for _, i := range order {
			s.put(span{i * 64, i*64 + 64})
		}
		if got := fmt.Sprint(s.free); got != "[{0 192}]" {
			t.Errorf("%v: %s", order, got)
		}
	}
}

package graph

import (
	"cmp"
	"slices"
)

// Align is the alignment of every temporary, in bytes: one cache line, one AVX-512 register.
const Align = 64

type span struct{ value, size, from, to, offset int }

// plan gives every temporary an offset; two share memory only if no step needs both. The largest are placed
// first, each at the lowest offset that is free during its life (greedy by size, Pisarchyk and Lee 2020).
func (p *Program) plan(unplanned bool) {
	spans := p.spans()
	p.Live = peak(spans, len(p.Steps))
	if !unplanned {
		slices.SortStableFunc(spans, func(a, b span) int { return cmp.Or(b.size-a.size, a.from-b.from) })
	}
	p.Arena = 0
	placed := make([]span, 0, len(spans)) // by offset
	for _, s := range spans {
		off := 0
		for _, q := range placed {
			if !unplanned && (q.to < s.from || s.to < q.from) {
				continue
			}
			if off+s.size <= q.offset {
				break
			}
			off = max(off, q.offset+q.size)
		}
		s.offset = off
		at, _ := slices.BinarySearchFunc(placed, off, func(q span, off int) int { return cmp.Compare(q.offset, off) })
		placed = slices.Insert(placed, at, s)
		p.Values[s.value].Offset = off
		p.Arena = max(p.Arena, off+s.size)
	}
}

// spans lists the temporaries with their aligned sizes and the steps that make and last use them.
func (p *Program) spans() []span {
	first, last := make([]int, len(p.Values)), make([]int, len(p.Values))
	for i := range first {
		first[i] = -1
	}
	for i, s := range p.Steps {
		for _, v := range s.Out {
			first[v], last[v] = i, i
		}
		for _, v := range s.In {
			last[v] = i
		}
	}
	var spans []span
	for v, at := range p.Values {
		if at.Slot < 0 && first[v] >= 0 {
			spans = append(spans, span{value: v, size: (at.Size() + Align - 1) &^ (Align - 1), from: first[v], to: last[v]})
		}
	}
	return spans
}

// peak is the most bytes alive at one step.
func peak(spans []span, steps int) int {
	delta := make([]int, steps+1)
	for _, s := range spans {
		delta[s.from] += s.size
		delta[s.to+1] -= s.size
	}
	live, most := 0, 0
	for _, d := range delta {
		live += d
		most = max(most, live)
	}
	return most
}

// extent is the memory one operand of a step touches.
type extent struct{ slot, from, to int }

func (p *Program) extent(v int) extent {
	at := p.Values[v]
	if at.Slot >= 0 {
		return extent{at.Slot, 0, 1}
	}
	return extent{-1, at.Offset, at.Offset + at.Size()}
}

func (a extent) overlaps(b extent) bool { return a.slot == b.slot && a.from < b.to && b.from < a.to }

// barriers marks the steps that must wait for those since the last barrier: they read what those write, or
// write what those read or write, arena memory used again included.
func (p *Program) barriers() {
	var reads, writes []extent
	clash := func(e extent, with []extent) bool { return slices.ContainsFunc(with, e.overlaps) }
	for i := range p.Steps {
		s := &p.Steps[i]
		for _, v := range s.In {
			s.Barrier = s.Barrier || clash(p.extent(v), writes)
		}
		for _, v := range s.Out {
			s.Barrier = s.Barrier || clash(p.extent(v), writes) || clash(p.extent(v), reads)
		}
		if s.Barrier {
			reads, writes = reads[:0], writes[:0]
		}
		for _, v := range s.In {
			reads = append(reads, p.extent(v))
		}
		for _, v := range s.Out {
			writes = append(writes, p.extent(v))
		}
	}
}

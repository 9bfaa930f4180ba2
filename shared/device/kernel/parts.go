package kernel

import (
	"context"
	"errors"
	"slices"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// parts is a program as a row of stretches: those the kernels run, and those they have no kernel for, whose ops' own
// Go loops run on the same memory. Most programs are one part of kernels.
type parts struct {
	d    *Device
	p    *graph.Program
	list []part
	at   []Memory // of each slot, rows; only what loops read or write is used
	base Memory   // of the arena that handovers are bound to
}

// part is steps from one to before another.
type part struct {
	from, to int
	loops    bool
	k        Program // of a part that the kernels run
	// handovers are temporaries that other parts write or read. For the kernels they are slots, so that none takes
	// a result for one that nobody reads.
	handovers []handover
}

type handover struct{ slot, value int }

// load splits and loads a program.
func (d *Device) load(p *graph.Program) (*parts, error) {
	s := &parts{d: d, p: p, at: make([]Memory, len(p.Slots))}
	for i, step := range p.Steps {
		in := make([]tensor.Spec, len(step.In))
		for j, v := range step.In {
			in[j] = p.Values[v].Spec
		}
		kernel := d.hasKernel(step.Op, in)
		if n := len(s.list); n == 0 || s.list[n-1].loops == kernel {
			s.list = append(s.list, part{from: i, loops: !kernel})
		}
		s.list[len(s.list)-1].to = i + 1
	}
	if len(s.list) == 0 {
		s.list = []part{{}}
	}
	for i := range s.list {
		if s.list[i].loops {
			continue
		}
		b, err := s.list[i].cut(p).Encode(codes)
		if err == nil {
			s.list[i].k, err = d.k.Load(b)
		}
		if err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// cut is the part as a program of its own.
func (a *part) cut(p *graph.Program) *graph.Program {
	if a.from == 0 && a.to == len(p.Steps) {
		return p
	}
	inside, outside := make([]bool, len(p.Values)), make([]bool, len(p.Values))
	for i, s := range p.Steps {
		seen := outside
		if a.from <= i && i < a.to {
			seen = inside
		}
		for _, v := range slices.Concat(s.In, s.Out) {
			seen[v] = true
		}
	}
	q := *p
	q.Steps, q.Values, q.Slots = p.Steps[a.from:a.to], slices.Clone(p.Values), slices.Clone(p.Slots)
	for v := range q.Values {
		if at := &q.Values[v]; at.Slot < 0 && inside[v] && outside[v] {
			a.handovers = append(a.handovers, handover{len(q.Slots), v})
			at.Slot = len(q.Slots)
			q.Slots = append(q.Slots, graph.Slot{Kind: graph.State, Spec: at.Spec})
		}
	}
	return &q
}

// Close frees the kernels' programs.
func (s *parts) Close() {
	for _, a := range s.list {
		if a.k != nil {
			a.k.Close()
		}
	}
}

// Scratch is the scratch memory of a run.
func (s *parts) Scratch() (most int) {
	for _, a := range s.list {
		if a.k != nil {
			most = max(most, a.k.Scratch())
		}
	}
	return most
}

// Layouts is what Program's says, for all parts. Loops read rows only.
func (s *parts) Layouts(slot int) (reads, gains bool) {
	reads = true
	for _, a := range s.list {
		if a.k != nil {
			r, g := a.k.Layouts(slot)
			reads, gains = reads && r, gains || g
			continue
		}
		for _, step := range s.p.Steps[a.from:a.to] {
			for _, v := range step.In {
				reads = reads && s.p.Values[v].Slot != slot
			}
		}
	}
	return reads, gains
}

// Bind gives a slot its memory in every part.
func (s *parts) Bind(slot int, m Memory, packed bool) error {
	s.at[slot] = m
	for _, a := range s.list {
		if a.k != nil {
			if err := a.k.Bind(slot, m, packed); err != nil {
				return err
			}
		}
	}
	return nil
}

// Cancel makes the parts of kernels end early until it is called with false.
func (s *parts) Cancel(on bool) {
	for _, a := range s.list {
		if a.k != nil {
			a.k.Cancel(on)
		}
	}
}

// Run runs the parts in their order.
func (s *parts) Run(ctx context.Context, arena, scratch Memory) error {
	if s.base != arena {
		for _, a := range s.list {
			for _, h := range a.handovers {
				v := s.p.Values[h.value]
				if err := a.k.Bind(h.slot, Memory{arena.At + uint64(v.Offset), v.Size()}, false); err != nil {
					return err
				}
			}
		}
		s.base = arena
	}
	for _, a := range s.list {
		if a.loops {
			if err := s.loop(ctx, a, arena); err != nil {
				return err
			}
			continue
		}
		err := a.k.Run(arena, scratch)
		if errors.Is(err, ErrCanceled) {
			return context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

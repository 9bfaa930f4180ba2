package kernel

import (
	"context"
	"sync"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// loop runs the steps of a part as their ops define them, as many at a time as there are threads: those between two
// barriers do not depend on each other.
func (s *parts) loop(ctx context.Context, a part, arena Memory) error {
	var running sync.WaitGroup
	defer running.Wait()
	free := make(chan struct{}, s.d.k.Threads())
	var made []seen // results that are to be written back
	finish := func() error {
		running.Wait()
		for _, v := range made {
			if err := s.d.k.Write(v.at, v.t.Data); err != nil {
				return err
			}
		}
		made = made[:0]
		return nil
	}
	for _, step := range s.p.Steps[a.from:a.to] {
		if step.Barrier {
			if err := finish(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		in, out := make([]*tensor.Tensor, len(step.In)), make([]*tensor.Tensor, len(step.Out))
		for i, v := range step.In {
			x, err := s.see(arena, v, true)
			if err != nil {
				return err
			}
			in[i] = x.t
		}
		over, _ := step.Op.(graph.Overwriter)
		for i, v := range step.Out {
			overwrites := over != nil && over.Overwrites()[i] >= 0
			y, err := s.see(arena, v, overwrites)
			if err != nil {
				return err
			}
			if overwrites && y.copied { // the op finds the operand's values in the result
				in[over.Overwrites()[i]] = y.t
			}
			if !overwrites {
				clear(y.t.Data)
			}
			if y.copied {
				made = append(made, y)
			}
			out[i] = y.t
		}
		free <- struct{}{}
		running.Go(func() {
			step.Op.(graph.Primitive).Eval(out, in)
			<-free
		})
	}
	return finish()
}

// seen is a value of a program where Go can reach it.
type seen struct {
	t      *tensor.Tensor
	at     Memory
	copied bool // t is a copy of what lies at at
}

// see is value v, with its bytes as they are now, or, where they are not wanted and must be copied, any.
func (s *parts) see(arena Memory, v int, wanted bool) (seen, error) {
	p := s.p.Values[v]
	at := Memory{arena.At + uint64(p.Offset), p.Size()}
	if p.Slot >= 0 {
		at = Memory{s.at[p.Slot].At, p.Size()}
	}
	if data := s.d.k.View(at); data != nil {
		return seen{t: &tensor.Tensor{Spec: p.Spec, Data: data}, at: at}, nil
	}
	t := tensor.Make(p.Spec)
	if wanted {
		if err := s.d.k.Read(at, t.Data); err != nil {
			return seen{}, err
		}
	}
	return seen{t, at, true}, nil
}

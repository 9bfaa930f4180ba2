package device

import (
	"context"
	"fmt"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// Reference returns the device that runs each op's own Go loop. Fused ops run as their definition.
func Reference() Device { return reference{} }

type reference struct{}

var _ Mapper = reference{}

func (reference) Name() string { return "reference" }
func (reference) Close() error { return nil }

func (reference) Alloc(size int) (Buffer, error) {
	return &hostBuffer{tensor.Make(tensor.Of(tensor.U8, max(size, 1))).Data[:size]}, nil
}

func (reference) Map(data []byte) (Buffer, error) { return &hostBuffer{data}, nil }

func (reference) Supports(op graph.Op, _ []tensor.Spec) bool {
	_, ok := op.(graph.Primitive)
	return ok
}

func (reference) Compile(p *graph.Program) (Executable, error) {
	e := &interpreter{p: p, values: make([]*tensor.Tensor, len(p.Values)), bound: make([][]byte, len(p.Slots))}
	arena := tensor.Make(tensor.Of(tensor.U8, max(p.Arena, 1))).Data
	for i, v := range p.Values {
		if v.Slot < 0 {
			e.values[i] = &tensor.Tensor{Spec: v.Spec, Data: arena[v.Offset : v.Offset+v.Size()]}
		}
	}
	return e, nil
}

// interpreter runs a program step by step, with temporaries in the planned arena.
type interpreter struct {
	p      *graph.Program
	values []*tensor.Tensor
	bound  [][]byte // by slot
}

func (e *interpreter) Close() error { return nil }

func (e *interpreter) Bind(name string, b Buffer) error {
	slot, err := FindSlot(e.p, name, b)
	if err != nil {
		return err
	}
	h, ok := b.(*hostBuffer)
	if !ok {
		return fmt.Errorf("device: %s: the buffer belongs to another device", name)
	}
	data := h.data[:e.p.Slots[slot].Size()]
	e.bound[slot] = data
	for i, v := range e.p.Values {
		if v.Slot == slot {
			e.values[i] = &tensor.Tensor{Spec: v.Spec, Data: data}
		}
	}
	return nil
}

func (e *interpreter) Run(ctx context.Context) error {
	for i, b := range e.bound {
		if b == nil {
			return fmt.Errorf("device: %v %s is not bound", e.p.Slots[i].Kind, e.p.Slots[i].Name)
		}
	}
	for _, s := range e.p.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		in, out := make([]*tensor.Tensor, len(s.In)), make([]*tensor.Tensor, len(s.Out))
		for i, v := range s.In {
			in[i] = e.values[v]
		}
		over, _ := s.Op.(graph.Overwriter)
		for i, v := range s.Out {
			out[i] = e.values[v]
			if over == nil || over.Overwrites()[i] < 0 {
				clear(out[i].Data)
			}
		}
		s.Op.(graph.Primitive).Eval(out, in)
	}
	return nil
}

// FindSlot returns the index of the slot of that name, or why b can't be bound to it.
func FindSlot(p *graph.Program, name string, b Buffer) (int, error) {
	for i, s := range p.Slots {
		if s.Name != name {
			continue
		}
		if b.Size() < s.Size() {
			return 0, fmt.Errorf("device: %s: the buffer has %d bytes, expected %d for %v", name, b.Size(), s.Size(), s.Spec)
		}
		return i, nil
	}
	return 0, fmt.Errorf("device: the program has no slot %s", name)
}

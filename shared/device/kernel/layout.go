package kernel

import (
	"fmt"
	"slices"

	"graft/shared/tensor"
)

// layouts is how a buffer lies in memory, and for whom.
//
// A weight in a block format is repacked when a program that gains by it is bound: in place in memory of the device,
// into memory of its own where the bytes are the host's. Programs that cannot read the packed layout use rows, which
// are then in other. While the host reads or writes the buffer it lies in rows; the next run packs it again.
type layouts struct {
	packed  *tensor.Spec // how the buffer is packed, nil for rows
	inRows  bool         // it is to be packed before the next run
	other   Memory       // the other layout, if any program needs it: packed if the buffer is the host's, else rows
	uses    []use
	waiting bool // in the device's list of buffers to settle
}

// use is a slot of a program the buffer is bound to.
type use struct {
	e    *executable
	slot int
}

// bind gives a slot of a program its memory.
func (b *buffer) bind(u use, s tensor.Spec, weight bool) error {
	if b.m.At == 0 {
		return fmt.Errorf("the buffer is closed")
	}
	gains := false
	if weight {
		_, gains = u.e.k.Layouts(u.slot)
	}
	if b.packed != nil && !same(*b.packed, s) {
		return fmt.Errorf("the buffer is packed as %v, bound as %v", *b.packed, s)
	}
	switch {
	case b.host && gains:
		if b.other.At == 0 {
			if err := b.makeOther(); err != nil {
				return err
			}
			if err := repack(b.d.k.Pack, s, b.m, b.other); err != nil {
				return err
			}
		}
		if err := u.e.k.Bind(u.slot, b.other, true); err != nil {
			return err
		}
	case b.host:
		if err := u.e.k.Bind(u.slot, b.m, false); err != nil {
			return err
		}
	default:
		if gains && b.packed == nil {
			b.packed, b.inRows = &s, true
			b.wait()
			for _, old := range b.uses { // they were bound to rows
				if err := b.place(old); err != nil {
					return err
				}
			}
		}
		if err := b.place(u); err != nil {
			return err
		}
	}
	b.uses = append(b.uses, u)
	return nil
}

// place binds a slot to memory of the device that the program can read.
func (b *buffer) place(u use) error {
	if b.packed == nil {
		return u.e.k.Bind(u.slot, b.m, false)
	}
	if reads, _ := u.e.k.Layouts(u.slot); reads {
		return u.e.k.Bind(u.slot, b.m, true)
	}
	if b.other.At == 0 {
		if err := b.makeOther(); err != nil {
			return err
		}
		b.wait() // settle fills it
		if !b.inRows {
			if err := b.unsettle(); err != nil {
				return err
			}
		}
	}
	return u.e.k.Bind(u.slot, b.other, false)
}

// unbind forgets the uses by a program, or those of one of its slots.
func (b *buffer) unbind(e *executable, slot int) {
	b.uses = slices.DeleteFunc(b.uses, func(u use) bool { return u.e == e && u.slot == slot })
}

// unbindAll makes the programs bound to the buffer forget it.
func (b *buffer) unbindAll() {
	for _, u := range b.uses {
		u.e.bound[u.slot] = nil
	}
	b.uses = nil
}

func (b *buffer) makeOther() error {
	m, err := b.d.k.Alloc(b.m.Size)
	if err != nil {
		return err
	}
	b.other = m
	b.d.use(&b.d.usage.Buffers, m.Size)
	return nil
}

// wait has the next run settle the buffer.
func (b *buffer) wait() {
	if !b.waiting {
		b.waiting = true
		b.d.unsettled = append(b.d.unsettled, b)
	}
}

// unsettle brings the buffer into rows for the host.
func (b *buffer) unsettle() error {
	if b.m.At == 0 {
		return fmt.Errorf("kernel: the buffer is closed")
	}
	if b.host || b.packed == nil || b.inRows {
		return nil
	}
	if err := repack(b.d.k.Unpack, *b.packed, b.m, b.m); err != nil {
		return err
	}
	b.inRows = true
	b.wait()
	return nil
}

// settle brings the buffer into the layouts that programs are bound to.
func (b *buffer) settle() error {
	b.waiting = false
	if b.m.At == 0 || b.packed == nil || !b.inRows {
		return nil
	}
	if b.other.At != 0 {
		if err := b.d.copy(b.other, b.m); err != nil {
			return err
		}
	}
	b.inRows = false
	return repack(b.d.k.Pack, *b.packed, b.m, b.m)
}

func repack(f func(dtype, rows, cols int, from, to Memory) error, s tensor.Spec, from, to Memory) error {
	return f(int(s.DType), s.Shape.Rows(), s.Shape.Cols(), from, to)
}

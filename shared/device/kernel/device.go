// Package kernel is the device that runs the compiled kernels of kernels/cpu, wherever they are: linked into the
// process (native/cpu), or a WASM module in a runtime (native/wazero) or beside the engine in a browser (wasm/engine).
// Kernels is what each host provides; Module makes it of the functions that a WASM module exports.
//
// Memory is the kernels' own, not Go's heap. Weights in block formats are repacked, in
// place, into the layout kernels read fastest when they are first bound to a program that gains by it. The arena and
// the kernels' scratch are shared by all programs of a device, since one runs at a time. Ops that have no kernel run as
// their Go loops between the others.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// codes are the ops' numbers: each command that is asked about needs one.
var codes = op.Codes()

// Device runs programs on kernels.
type Device struct {
	k       Kernels
	arena   region
	scratch region
	usage   device.Usage

	unsettled []*buffer // the host has read or written them since the last run
}

var (
	_ device.Mapper  = (*Device)(nil)
	_ device.Metered = (*Device)(nil)
	_ device.Sizer   = (*Device)(nil)
)

// New is the device of kernels, which it closes with itself.
func New(k Kernels) *Device { return &Device{k: k} }

// Name is the kernels'.
func (d *Device) Name() string { return d.k.Name() }

// Close ends the threads and frees arena and scratch. Buffers and programs are closed before.
func (d *Device) Close() error {
	return errors.Join(d.arena.free(d.k), d.scratch.free(d.k), d.k.Close())
}

// Usage is the memory held now.
func (d *Device) Usage() device.Usage { return d.usage }

// use counts bytes of a part of the usage.
func (d *Device) use(part *int, bytes int) {
	*part += bytes
	u := &d.usage
	u.Peak = max(u.Peak, u.Buffers+u.Arena+u.Scratch)
}

// Record is one command with its operands in the command format: the command, then the values of its operands and
// results, as Kernels.Supports takes them. ok is false if the op does not take such operands.
func Record(o graph.Op, in []tensor.Spec) (command, values []byte, ok bool) {
	out, err := o.Infer(in)
	if err != nil {
		return nil, nil, false
	}
	p := &graph.Program{}
	step := graph.Step{Op: o}
	for i, s := range slices.Concat(in, out) {
		p.Values = append(p.Values, graph.Placed{Spec: s, Slot: i})
		p.Slots = append(p.Slots, graph.Slot{Spec: s})
		if i < len(in) {
			step.In = append(step.In, i)
		} else {
			step.Out = append(step.Out, i)
		}
	}
	p.Steps = []graph.Step{step}
	b, err := p.Encode(codes)
	if err != nil {
		return nil, nil, false
	}
	const header, value = 32, 40
	at := header + value*len(p.Values)
	return b[at:], b[header:at], true
}

// Supports reports whether the kernels run an op, or its own Go loop must: one that is made of smaller ops is better run
// as those.
func (d *Device) Supports(o graph.Op, in []tensor.Spec) bool {
	if d.hasKernel(o, in) {
		return true
	}
	_, loop := o.(graph.Primitive)
	_, fused := o.(graph.Fused)
	return loop && !fused
}

// hasKernel asks the kernels.
func (d *Device) hasKernel(o graph.Op, in []tensor.Spec) bool {
	command, values, ok := Record(o, in)
	return ok && d.k.Supports(command, values)
}

// copy copies memory of the kernels.
func (d *Device) copy(to, from Memory) error {
	if v := d.k.View(from); v != nil {
		return d.k.Write(to, v)
	}
	v := make([]byte, from.Size)
	if err := d.k.Read(from, v); err != nil {
		return err
	}
	return d.k.Write(to, v)
}

// Compile loads a program.
func (d *Device) Compile(p *graph.Program) (device.Executable, error) {
	k, err := d.load(p)
	if err != nil {
		return nil, err
	}
	return &executable{d: d, p: p, k: k, bound: make([]*buffer, len(p.Slots))}, nil
}

// ScratchSize is the scratch memory of a program whose block weights are all repacked.
func (d *Device) ScratchSize(p *graph.Program) (int, error) {
	k, err := d.load(p)
	if err != nil {
		return 0, err
	}
	defer k.Close()
	return k.Scratch(), nil
}

type executable struct {
	d     *Device
	p     *graph.Program
	k     *parts
	bound []*buffer // by slot
}

// Close frees the program.
func (e *executable) Close() error {
	for slot, b := range e.bound {
		if b != nil {
			b.unbind(e, slot)
		}
	}
	clear(e.bound)
	e.k.Close()
	return nil
}

// Bind gives a slot its memory, repacked if that helps.
func (e *executable) Bind(name string, b device.Buffer) error {
	slot, err := device.FindSlot(e.p, name, b)
	if err != nil {
		return err
	}
	buf, ok := b.(*buffer)
	if !ok || buf.d != e.d {
		return fmt.Errorf("kernel: %s: the buffer belongs to another device", name)
	}
	if old := e.bound[slot]; old != nil {
		old.unbind(e, slot)
	}
	e.bound[slot] = nil
	s := e.p.Slots[slot]
	if err := buf.bind(use{e, slot}, s.Spec, s.Kind == graph.Weight); err != nil {
		return fmt.Errorf("kernel: %s: %w", name, err)
	}
	e.bound[slot] = buf
	return nil
}

// Run runs the program once on all threads.
func (e *executable) Run(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for slot, b := range e.bound {
		if b == nil {
			return fmt.Errorf("kernel: %v %s is not bound", e.p.Slots[slot].Kind, e.p.Slots[slot].Name)
		}
	}
	d := e.d
	for _, b := range d.unsettled {
		if err := b.settle(); err != nil {
			return err
		}
	}
	d.unsettled = d.unsettled[:0]
	if err := d.arena.grow(d.k, e.p.Arena, func(n int) { d.use(&d.usage.Arena, n) }); err != nil {
		return err
	}
	if err := d.scratch.grow(d.k, e.k.Scratch(), func(n int) { d.use(&d.usage.Scratch, n) }); err != nil {
		return err
	}
	if ctx.Done() != nil {
		cancelled := make(chan struct{})
		stop := context.AfterFunc(ctx, func() { e.k.Cancel(true); close(cancelled) })
		defer func() {
			if !stop() { // it has begun: what it sets is not for the next run
				<-cancelled
				e.k.Cancel(false)
			}
		}()
	}
	return e.k.Run(ctx, d.arena.Memory, d.scratch.Memory)
}

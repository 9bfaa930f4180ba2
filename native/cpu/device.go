//go:build cgo

// Package cpu is the device that runs the C kernels of kernels/cpu on the threads of this machine.
//
// Memory lies outside Go's heap, in huge pages where the system has them. Weights in block formats are repacked, in
// place, into the layout kernels read fastest when they are first bound to a program that gains by it. The arena and
// the kernels' scratch are shared by all programs of a device, since one runs at a time.
package cpu

import (
	"context"
	"errors"
	"fmt"
	"slices"

	kernels "graft/kernels/cpu"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Options change a device. The zero value uses all cores and the best instruction set.
type Options struct {
	Threads int    // 0: one a core
	ISA     string // the best instruction set to use: generic, avx2, avx512; "": what the machine has
}

// Device runs programs on the CPU.
type Device struct {
	k       *kernels.Device
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

// Open starts a device.
func Open(o Options) (device.Device, error) {
	k, err := kernels.Open(o.Threads, o.ISA)
	if err != nil {
		return nil, err
	}
	return &Device{k: k}, nil
}

// ISAs names the instruction sets this machine can run, the least first.
func ISAs() []string { return kernels.ISAs() }

// Name tells the instruction set and the threads: "cpu avx2 2 threads".
func (d *Device) Name() string { return fmt.Sprintf("cpu %s %d threads", d.k.ISA(), d.k.Threads()) }

// Close ends the threads and frees arena and scratch. Buffers and programs are closed before.
func (d *Device) Close() error {
	err := errors.Join(d.arena.free(), d.scratch.free())
	d.k.Close()
	return err
}

// Usage is the memory held now.
func (d *Device) Usage() device.Usage { return d.usage }

// use counts bytes of a part of the usage.
func (d *Device) use(part *int, bytes int) {
	*part += bytes
	u := &d.usage
	u.Peak = max(u.Peak, u.Buffers+u.Arena+u.Scratch)
}

// record is one command with its operands in the command format.
func record(o graph.Op, in []tensor.Spec) (command, values []byte, ok bool) {
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
	b, err := p.Encode(op.Codes())
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
	if hasKernel(o, in) {
		return true
	}
	_, loop := o.(graph.Primitive)
	_, fused := o.(graph.Fused)
	return loop && !fused
}

// hasKernel asks the kernels.
func hasKernel(o graph.Op, in []tensor.Spec) bool {
	command, values, ok := record(o, in)
	return ok && kernels.Supports(command, values)
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
		return fmt.Errorf("cpu: %s: the buffer belongs to another device", name)
	}
	if old := e.bound[slot]; old != nil {
		old.unbind(e, slot)
	}
	e.bound[slot] = nil
	s := e.p.Slots[slot]
	if err := buf.bind(use{e, slot}, s.Spec, s.Kind == graph.Weight); err != nil {
		return fmt.Errorf("cpu: %s: %w", name, err)
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
			return fmt.Errorf("cpu: %v %s is not bound", e.p.Slots[slot].Kind, e.p.Slots[slot].Name)
		}
	}
	d := e.d
	for _, b := range d.unsettled {
		if err := b.settle(); err != nil {
			return err
		}
	}
	d.unsettled = d.unsettled[:0]
	if err := d.arena.grow(e.p.Arena, func(n int) { d.use(&d.usage.Arena, n) }); err != nil {
		return err
	}
	if err := d.scratch.grow(e.k.Scratch(), func(n int) { d.use(&d.usage.Scratch, n) }); err != nil {
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

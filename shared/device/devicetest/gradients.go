package devicetest

import (
	"fmt"
	"testing"

	"graft/shared/device"
	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// A gradient is compared with five-point central differences of the reference forward, summed in float64:
//
//	(8·(f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h
//
// The values are f32, so f is known to some 1e-7 and the quotient to 5e-6; h⁴/30 of the fifth derivative is as much
// for functions that vary over lengths of 1.
const (
	step        = 0.03
	differences = 5e-4 // relative to the greatest gradient of the operand
)

// gradientCase is a function of operands; those of kind Param are differentiated.
type gradientCase struct {
	name string
	args []arg
	y    func(v []graph.Value) graph.Value
}

// Gradients holds what package grad records for every op with a gradient to finite differences, run on a device.
func Gradients(t *testing.T, open Opener) {
	dev := opened(t, open)
	for _, s := range gradients {
		t.Run(s.op, func(t *testing.T) {
			for _, c := range s.cases() {
				t.Run(c.name, func(t *testing.T) { c.check(t, dev, s.op) })
			}
		})
	}
	t.Run("recomputation", func(t *testing.T) { recomputation(t, dev) })
}

func (c *gradientCase) check(t *testing.T, dev device.Device, opName string) {
	r := seeded(opName + c.name)
	args := make([]*tensor.Tensor, len(c.args))
	for i, a := range c.args {
		args[i] = a.make(r)
	}
	g, v := c.leaves()
	y := c.y(v)
	if g.Err() != nil {
		t.Fatalf("recording: %v", g.Err())
	}
	dy := input(y.Shape()...).make(r)
	f := c.forward(t, args, dy)

	var wrt []graph.Value
	for i, a := range c.args {
		if a.kind == graph.Param {
			wrt = append(wrt, v[i])
		}
	}
	for i, d := range grad.Of(y, g.Leaf(graph.Input, "dy", tensor.F32, y.Shape()...), wrt, grad.Options{}) {
		if !d.Valid() {
			t.Fatalf("no gradient toward operand %d", i)
		}
		// A gradient may be dy itself: an op makes it a value that can be read.
		g.Output(fmt.Sprintf("d%d", i), identity(d))
	}
	s := newSession(t, dev, g, graph.Options{})
	defer s.close()
	for i, a := range args {
		s.write(argName(i), a)
	}
	s.write("dy", dy)
	s.run()
	n := 0
	for i, a := range c.args {
		if a.kind != graph.Param {
			continue
		}
		got := s.read(fmt.Sprintf("d%d", n))
		n++
		want := quotients(args[i], f)
		b := bound{relative: differences, magnitude: func([]*tensor.Tensor) []float64 { return uniform(want.Shape.Len(), max(0.1, most(want))) }}
		if err := b.check(want, got, nil); err != nil {
			t.Errorf("toward operand %d: %v", i, err)
		}
	}
}

func (c *gradientCase) leaves() (*graph.Graph, []graph.Value) {
	g := graph.New()
	v := make([]graph.Value, len(c.args))
	for i, a := range c.args {
		v[i] = g.Leaf(a.kind, argName(i), a.DType, a.Shape...)
	}
	return g, v
}

// forward returns Σ dy·y as a function of the args, which the caller changes in place.
func (c *gradientCase) forward(t *testing.T, args []*tensor.Tensor, dy *tensor.Tensor) func() float64 {
	g, v := c.leaves()
	g.Output("y", c.y(v))
	s := newSession(t, device.Reference(), g, graph.Options{})
	t.Cleanup(s.close)
	return func() float64 {
		for i, a := range args {
			s.write(argName(i), a)
		}
		s.run()
		sum := 0.0
		for i, y := range s.read("y").Floats() {
			sum += float64(y) * float64(dy.Floats()[i])
		}
		return sum
	}
}

// quotients differentiates f with respect to each value of x.
func quotients(x *tensor.Tensor, f func() float64) *tensor.Tensor {
	d := tensor.Make(x.Spec)
	for i, was := range x.Floats() {
		at := func(h float64) float64 {
			x.Floats()[i] = float32(float64(was) + h)
			return f()
		}
		q := 8*(at(step)-at(-step)) - (at(2*step) - at(-2*step))
		d.Floats()[i] = float32(q / (12 * step))
		x.Floats()[i] = was
	}
	return d
}

// identity copies a value by an op that changes no bit of it.
func identity(v graph.Value) graph.Value { return op.Scale(v, 1) }

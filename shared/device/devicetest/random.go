package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"graft/shared/device"
	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// author records a random program over values of some rows and a few widths.
type author struct {
	g      *graph.Graph
	r      *rand.Rand
	rows   int
	values []graph.Value
	params []graph.Value
	leaves map[string]*tensor.Tensor
}

// widths are in blocks of 32 or odd.
var widths = []int{32, 64, 33}

// leaf records a leaf and makes its values.
func (a *author) leaf(x arg) graph.Value {
	name := fmt.Sprintf("leaf%d", len(a.leaves))
	a.leaves[name] = x.make(a.r)
	v := a.g.Leaf(x.kind, name, x.DType, x.Shape...)
	if x.kind == graph.Param {
		a.params = append(a.params, v)
	}
	return v
}

func (a *author) param(shape ...int) graph.Value { return a.leaf(input(shape...).of(graph.Param)) }

// pick is one of the last values, which lets others die.
func (a *author) pick() graph.Value {
	n := min(len(a.values), 7)
	return a.values[len(a.values)-1-a.r.IntN(n)]
}

// like is a picked value made as wide as x.
func (a *author) like(x graph.Value) graph.Value {
	if y := a.pick(); y.Shape().Equal(x.Shape()) {
		return y
	}
	return a.linear(a.pick(), x.Shape()[1])
}

func (a *author) linear(x graph.Value, width int) graph.Value {
	in := x.Shape()[1]
	w := a.param
	if in%32 == 0 && a.r.IntN(2) == 0 {
		types := []tensor.DType{tensor.Q8_0, tensor.Q4_0, tensor.F16}
		w = func(shape ...int) graph.Value { return a.leaf(weight(types[a.r.IntN(len(types))], shape...)) }
	}
	return op.MatMul(x, w(width, in), op.MatMulConfig{TransposeB: true, Alpha: float32(1 / math.Sqrt(float64(in)))})
}

// step records one op.
func (a *author) step() graph.Value {
	x := a.pick()
	width := x.Shape()[1]
	switch a.r.IntN(12) {
	case 0:
		return op.Add(x, a.like(x))
	case 1:
		return op.Mul(x, a.param(width))
	case 2:
		return op.Activation(x, op.Act(a.r.IntN(6)))
	case 3:
		return op.GLU(x, a.like(x), op.SiLU)
	case 4:
		return op.RMSNorm(x, a.param(width), 1e-5, 0)
	case 5:
		return op.LayerNorm(x, a.param(width), a.param(width), 1e-5)
	case 6:
		return op.Softmax(x)
	case 7:
		seed := a.leaf(indexes(2, func(r *rand.Rand, _ int) int { return r.IntN(1000) }))
		return op.Dropout(x, seed, 0.1, a.r.IntN(100))
	case 8:
		return op.ScaleRows(x, op.Scale(op.RowDot(x, a.like(x)), 1/float32(width)))
	case 9:
		pos := a.leaf(indexes(a.rows, func(_ *rand.Rand, i int) int { return i }))
		return op.RoPE(x, pos, a.leaf(input(width/2).with(frequencies(100))), op.RoPEConfig{HeadDim: width})
	case 10:
		lo := a.leaf(indexes(a.rows, func(*rand.Rand, int) int { return 0 }))
		hi := a.leaf(indexes(a.rows, func(_ *rand.Rand, i int) int { return i + 1 }))
		o, _ := op.Attention(x, a.like(x), a.like(x), lo, hi, op.AttentionConfig{Heads: 1, KVHeads: 1, Scale: 0.2})
		return o
	default:
		return a.linear(x, widths[a.r.IntN(len(widths))])
	}
}

// write records a program of some steps, and perhaps the gradient toward its parameters.
func write(seed, rows, steps int, backward bool) *author {
	a := &author{g: graph.New(), r: seeded(fmt.Sprint("random ", seed)), rows: rows, leaves: map[string]*tensor.Tensor{}}
	a.values = append(a.values, a.leaf(input(rows, widths[seed%len(widths)])))
	for range steps {
		a.values = append(a.values, a.step())
	}
	// Norms keep what is compared at about 1.
	last := a.values[len(a.values)-1]
	y := op.LayerNorm(last, a.param(last.Shape()[1]), a.param(last.Shape()[1]), 1e-3)
	a.g.Output("y", y)
	if backward {
		dy := a.leaf(input(y.Shape()...))
		for i, d := range grad.Of(y, dy, a.params, grad.Options{}) {
			if d.Valid() {
				a.g.Output(fmt.Sprintf("d%d", i), d)
			}
		}
	}
	return a
}

// randomPrograms run with temporaries that share memory and with memory of their own, which gives the same bits,
// and on the reference.
func randomPrograms(t *testing.T, open Opener) {
	dev := opened(t, open)
	for seed := range 12 {
		rows := []int{1, 5, 17, 40}[seed%4]
		t.Run(fmt.Sprintf("%d with %d rows", seed, rows), func(t *testing.T) {
			a := write(seed, rows, 30, seed%2 == 1)
			run := func(dev device.Device, o graph.Options) map[string]*tensor.Tensor {
				s := newSession(t, dev, a.g, o)
				defer s.close()
				for name, v := range a.leaves {
					s.write(name, v)
				}
				s.run() // leaves something in the arena
				s.run()
				return s.outputs()
			}
			planned, apart := run(dev, graph.Options{}), run(dev, graph.Options{Unplanned: true})
			for name := range planned {
				if err := equal(apart[name], planned[name]); err != nil {
					t.Errorf("%s with planned memory: %v", name, err)
				}
			}
			for name, want := range run(device.Reference(), graph.Options{}) {
				// Gradients may be what is left of terms of about 1 that cancel; 30 ops round such terms by some 1e-6 in all.
				b := bound{relative: loose, magnitude: func([]*tensor.Tensor) []float64 { return uniform(want.Shape.Len(), max(1e-2, most(want))) }}
				if err := b.check(want, planned[name], nil); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// most is the greatest value of t.
func most(t *tensor.Tensor) (m float64) {
	for _, v := range t.Floats() {
		m = max(m, math.Abs(float64(v)))
	}
	return m
}

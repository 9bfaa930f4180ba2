package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type add struct{ noAttrs }

// Add is a + b. b has a's shape, or is a vector as long as a's rows and added to each, or one value.
func Add(a, b graph.Value) graph.Value { return graph.Apply1(add{}, a, b) }

func (add) Name() string { return "add" }

func (o add) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return check(o, in).spread() }

func (add) Eval(out, in []*tensor.Tensor) {
	y, a, b := out[0].Floats(), in[0].Floats(), in[1].Floats()
	for i, x := range a {
		y[i] = x + b[i%len(b)]
	}
}

func (add) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want,
		func() graph.Value { return dout[0] },
		func() graph.Value { return gathered(dout[0], in[1]) })
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type sumSquares struct{ noAttrs }

// SumSquares is Σ x² over all values of x: [1].
func SumSquares(x graph.Value) graph.Value { return graph.Apply1(sumSquares{}, x) }

func (sumSquares) Name() string { return "sum_squares" }

func (o sumSquares) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.typed(0, f32)
	return c.gives(result(1))
}

func (sumSquares) Eval(out, in []*tensor.Tensor) {
	out[0].Floats()[0] = float32(dot(in[0].Floats(), in[0].Floats()))
}

func (sumSquares) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Scale(Mul(in[0], dout[0]), 2) })
}

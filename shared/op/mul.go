package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type mul struct{ noAttrs }

// Mul is a · b, value by value. b has a's shape, or is a vector as long as a's rows and multiplies each, or one value.
func Mul(a, b graph.Value) graph.Value { return graph.Apply1(mul{}, a, b) }

func (mul) Name() string { return "mul" }

func (o mul) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return check(o, in).spread() }

func (mul) Eval(out, in []*tensor.Tensor) {
	y, a, b := out[0].Floats(), in[0].Floats(), in[1].Floats()
	for i, x := range a {
		y[i] = x * b[i%len(b)]
	}
}

func (mul) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want,
		func() graph.Value { return Mul(dout[0], in[1]) },
		func() graph.Value { return gathered(Mul(dout[0], in[0]), in[1]) })
}

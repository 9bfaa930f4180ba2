package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type cast struct{ dtype tensor.DType }

// Cast stores the values of x, of any type, as f32, f16 or bf16, to the nearest, ties to even.
func Cast(x graph.Value, d tensor.DType) graph.Value { return graph.Apply1(cast{d}, x) }

func (cast) Name() string { return "cast" }

func (o cast) Attrs() []graph.Attr { return []graph.Attr{graph.Int("dtype", int(o.dtype))} }

func (o cast) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.typed(0, reals)
	c.must(plain.has(o.dtype), "to %v, expected %v", o.dtype, plain)
	return c.gives(tensor.Spec{DType: o.dtype, Shape: x})
}

func (cast) Eval(out, in []*tensor.Tensor) {
	x, d := decoded(in[0]), in[0].Shape.Cols()
	for t := range in[0].Shape.Rows() {
		encodeRow(out[0], t, row(x, t, d))
	}
}

// Gradient passes unchanged: gradients are f32 on both sides.
func (cast) Gradient(_, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return dout[0] })
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type scaleRows struct{ noAttrs }

// ScaleRows multiplies row t of x [T,D] by s[t], s [T].
func ScaleRows(x, s graph.Value) graph.Value { return graph.Apply1(scaleRows{}, x, s) }

func (scaleRows) Name() string { return "scale_rows" }

func (o scaleRows) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.like(1, f32, x[0])
	return c.gives(result(x...))
}

func (scaleRows) Eval(out, in []*tensor.Tensor) {
	x, y, d := in[0].Floats(), out[0].Floats(), in[0].Shape[1]
	for t, s := range in[1].Floats() {
		for j, v := range row(x, t, d) {
			y[t*d+j] = v * s
		}
	}
}

func (scaleRows) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want,
		func() graph.Value { return ScaleRows(dout[0], in[1]) },
		func() graph.Value { return RowDot(dout[0], in[0]) })
}

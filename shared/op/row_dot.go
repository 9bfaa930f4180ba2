package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type rowDot struct{ noAttrs }

// RowDot is the inner product of each row of a [T,D] with that of b [T,D]: [T].
func RowDot(a, b graph.Value) graph.Value { return graph.Apply1(rowDot{}, a, b) }

func (rowDot) Name() string { return "row_dot" }

func (o rowDot) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	a := c.rank(0, f32, 2)
	c.like(1, f32, a...)
	return c.gives(result(a[0]))
}

func (rowDot) Eval(out, in []*tensor.Tensor) {
	a, b, d := in[0].Floats(), in[1].Floats(), in[0].Shape[1]
	for t := range out[0].Floats() {
		out[0].Floats()[t] = float32(dot(row(a, t, d), row(b, t, d)))
	}
}

func (rowDot) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want,
		func() graph.Value { return ScaleRows(in[1], dout[0]) },
		func() graph.Value { return ScaleRows(in[0], dout[0]) })
}

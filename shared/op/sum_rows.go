package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type sumRows struct{ noAttrs }

// SumRows adds up the rows of x, any shape with rows of D values: [D].
func SumRows(x graph.Value) graph.Value { return graph.Apply1(sumRows{}, x) }

func (sumRows) Name() string { return "sum_rows" }

func (o sumRows) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.typed(0, f32)
	return c.gives(result(x.Cols()))
}

func (sumRows) Eval(out, in []*tensor.Tensor) {
	sums := make([]float64, in[0].Shape.Cols())
	for i, x := range in[0].Floats() {
		sums[i%len(sums)] += float64(x)
	}
	round(out[0].Floats(), sums)
}

// Gradient repeats dy over x's rows.
func (sumRows) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Add(Scale(in[0], 0), dout[0]) })
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type scatterAdd struct{ rows int }

// ScatterAdd adds row t of x [T,D] to row index[t] of [rows,D], zeros to begin with; index i32 [T], below zero:
// skipped.
func ScatterAdd(x, index graph.Value, rows int) graph.Value {
	return graph.Apply1(scatterAdd{rows}, x, index)
}

func (scatterAdd) Name() string { return "scatter_add" }

func (o scatterAdd) Attrs() []graph.Attr { return []graph.Attr{graph.Int("rows", o.rows)} }

func (o scatterAdd) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.like(1, i32, x[0])
	return c.gives(result(o.rows, x[1]))
}

func (o scatterAdd) Eval(out, in []*tensor.Tensor) {
	x, d := in[0].Floats(), in[0].Shape[1]
	sums := make([]float64, o.rows*d)
	for t, i := range in[1].Ints() {
		if i < 0 {
			continue
		}
		for j, v := range row(x, t, d) {
			sums[int(i)*d+j] += float64(v)
		}
	}
	round(out[0].Floats(), sums)
}

func (scatterAdd) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Gather(dout[0], in[1]) })
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type gather struct{ noAttrs }

// Gather is the rows of table [V,D], of any type, that index i32 [T] names: f32 [T,D]. Below zero: a row of zeros.
func Gather(table, index graph.Value) graph.Value { return graph.Apply1(gather{}, table, index) }

func (gather) Name() string { return "gather" }

func (o gather) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	table, index := c.rank(0, reals, 2), c.rank(1, i32, 1)
	return c.gives(result(index[0], table[1]))
}

func (gather) Eval(out, in []*tensor.Tensor) {
	y, d := out[0].Floats(), in[0].Shape[1]
	for t, i := range in[1].Ints() {
		if i >= 0 {
			decodeRow(row(y, t, d), in[0], int(i))
		}
	}
}

func (gather) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return ScatterAdd(dout[0], in[1], in[0].Shape()[0]) })
}

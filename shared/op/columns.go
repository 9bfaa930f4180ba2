package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type columns struct{ from, count int }

// Columns is the columns from to from+count-1 of x [T,N]: f32 [T,count]. It takes what a fused projection gives apart.
func Columns(x graph.Value, from, count int) graph.Value {
	return graph.Apply1(columns{from, count}, x)
}

func (columns) Name() string { return "columns" }

func (o columns) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("from", o.from), graph.Int("count", o.count)}
}

func (o columns) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.must(o.from >= 0 && o.count > 0 && o.count <= x[1]-o.from, "columns %d to %d of %d", o.from, o.from+o.count, x[1])
	return c.gives(result(x[0], o.count))
}

func (o columns) Eval(out, in []*tensor.Tensor) {
	x, n, y := in[0].Floats(), in[0].Shape[1], out[0].Floats()
	for t := range in[0].Shape[0] {
		copy(row(y, t, o.count), row(x, t, n)[o.from:])
	}
}

func (o columns) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return ColumnsGrad(dout[0], o.from, in[0].Shape()[1]) })
}

type columnsGrad struct{ from, cols int }

// ColumnsGrad is x [T,n] as columns from and following of [T,cols], zeros elsewhere: the gradient of Columns.
func ColumnsGrad(x graph.Value, from, cols int) graph.Value {
	return graph.Apply1(columnsGrad{from, cols}, x)
}

func (columnsGrad) Name() string { return "columns_grad" }

func (o columnsGrad) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("from", o.from), graph.Int("cols", o.cols)}
}

func (o columnsGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.must(o.from >= 0 && x[1] <= o.cols-o.from, "columns %d to %d of %d", o.from, o.from+x[1], o.cols)
	return c.gives(result(x[0], o.cols))
}

func (o columnsGrad) Eval(out, in []*tensor.Tensor) {
	x, n, y := in[0].Floats(), in[0].Shape[1], out[0].Floats()
	clear(y)
	for t := range in[0].Shape[0] {
		copy(row(y, t, o.cols)[o.from:], row(x, t, n))
	}
}

func (o columnsGrad) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Columns(dout[0], o.from, in[0].Shape()[1]) })
}

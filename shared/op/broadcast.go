package op

import (
	"slices"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type broadcast struct{ shape [tensor.MaxRank]int } // zeros after the last dimension

// Broadcast repeats the one value of x [1] over a shape.
func Broadcast(x graph.Value, shape ...int) graph.Value {
	var o broadcast
	copy(o.shape[:], shape)
	return graph.Apply1(o, x)
}

func (broadcast) Name() string { return "broadcast" }

func (o broadcast) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("d0", o.shape[0]), graph.Int("d1", o.shape[1]), graph.Int("d2", o.shape[2]), graph.Int("d3", o.shape[3])}
}

func (o broadcast) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.like(0, f32, 1)
	rank := slices.Index(o.shape[:], 0)
	if rank < 0 {
		rank = len(o.shape)
	}
	for _, d := range o.shape[rank:] {
		c.must(d == 0, "%v is not a shape", o.shape)
	}
	return c.gives(result(slices.Clone(o.shape[:rank])...))
}

func (broadcast) Eval(out, in []*tensor.Tensor) {
	y, x := out[0].Floats(), in[0].Floats()[0]
	for i := range y {
		y[i] = x
	}
}

func (broadcast) Gradient(_, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Sum(dout[0]) })
}

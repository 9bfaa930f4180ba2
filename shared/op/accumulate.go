package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type accumulate struct{ noAttrs }

// Accumulate overwrites acc with g + acc · keep, keep [1]. With keep 0 it is g whatever acc holds, also NaN.
func Accumulate(acc, g, keep graph.Value) graph.Value {
	return graph.Apply1(accumulate{}, acc, g, keep)
}

func (accumulate) Name() string { return "accumulate" }

func (accumulate) Overwrites() []int { return []int{0} }

func (o accumulate) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	acc := c.typed(0, f32)
	c.like(1, f32, acc...)
	c.like(2, f32, 1)
	return c.gives(result(acc...))
}

func (accumulate) Eval(out, in []*tensor.Tensor) {
	acc, g, keep := out[0].Floats(), in[1].Floats(), in[2].Floats()[0]
	if keep == 0 {
		copy(acc, g)
		return
	}
	for i := range acc {
		acc[i] = float32(float64(g[i]) + float64(acc[i])*float64(keep))
	}
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type scale struct{ by float32 }

// Scale is x · by.
func Scale(x graph.Value, by float32) graph.Value { return graph.Apply1(scale{by}, x) }

func (scale) Name() string { return "scale" }

func (o scale) Attrs() []graph.Attr { return []graph.Attr{graph.Float("by", o.by)} }

func (o scale) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return check(o, in).same(1) }

func (o scale) Eval(out, in []*tensor.Tensor) {
	y := out[0].Floats()
	for i, x := range in[0].Floats() {
		y[i] = x * o.by
	}
}

func (o scale) Gradient(_, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Scale(dout[0], o.by) })
}

package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type normalize struct{ eps float32 }

// Normalize is x divided by its norm over all values, or by eps if that is greater.
func Normalize(x graph.Value, eps float32) graph.Value { return graph.Apply1(normalize{eps}, x) }

func (normalize) Name() string { return "normalize" }

func (o normalize) Attrs() []graph.Attr { return []graph.Attr{graph.Float("eps", o.eps)} }

func (o normalize) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	return c.gives(result(c.typed(0, f32)...))
}

func (o normalize) Eval(out, in []*tensor.Tensor) {
	x := in[0].Floats()
	norm := max(math.Sqrt(dot(x, x)), float64(o.eps))
	for i, v := range x {
		out[0].Floats()[i] = float32(float64(v) / norm)
	}
}

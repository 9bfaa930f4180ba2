package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type clipScale struct{ maxNorm float32 }

// ClipScale is what gradients are multiplied by so that their norm is at most maxNorm, min(1, maxNorm/(norm+1e-6))
// as PyTorch has it, and the norm; both are [1]. total [1] is the sum of all squares. maxNorm 0 limits nothing:
// the scale is 1.
func ClipScale(total graph.Value, maxNorm float32) (scale, norm graph.Value) {
	r := graph.Apply(clipScale{maxNorm}, total)
	return r[0], r[1]
}

func (clipScale) Name() string { return "clip_scale" }

func (o clipScale) Attrs() []graph.Attr { return []graph.Attr{graph.Float("max_norm", o.maxNorm)} }

func (o clipScale) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.like(0, f32, 1)
	return c.gives(result(1), result(1))
}

func (o clipScale) Eval(out, in []*tensor.Tensor) {
	norm := math.Sqrt(float64(in[0].Floats()[0]))
	scale := 1.0
	if o.maxNorm > 0 {
		scale = min(1, float64(o.maxNorm)/(norm+1e-6))
	}
	out[0].Floats()[0], out[1].Floats()[0] = float32(scale), float32(norm)
}

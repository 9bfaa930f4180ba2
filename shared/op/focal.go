package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type focusing struct{ gamma float32 }

func (f focusing) Attrs() []graph.Attr { return []graph.Attr{graph.Float("gamma", f.gamma)} }

// sure is 1-p of a loss -log p.
func sure(loss float64) float64 { return max(0, -math.Expm1(-loss)) }

type focal struct{ focusing }

// Focal makes of cross-entropies x = -log p the focal losses (1-p)^gamma · x, which give less weight to what is already
// right (Focal Loss for Dense Object Detection, arXiv:1708.02002). x has any shape, and no value below 0.
func Focal(x graph.Value, gamma float32) graph.Value { return graph.Apply1(focal{focusing{gamma}}, x) }

func (focal) Name() string { return "focal" }

func (o focal) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.typed(0, f32)
	c.must(o.gamma >= 0, "gamma is %g, expected 0 or more", o.gamma)
	return c.gives(result(x...))
}

func (o focal) Eval(out, in []*tensor.Tensor) {
	for i, x := range in[0].Floats() {
		out[0].Floats()[i] = float32(math.Pow(sure(float64(x)), float64(o.gamma)) * float64(x))
	}
}

func (o focal) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return FocalGrad(in[0], dout[0], o.gamma) })
}

type focalGrad struct{ focusing }

// FocalGrad is the gradient of Focal toward x from that of its result, dy.
func FocalGrad(x, dy graph.Value, gamma float32) (dx graph.Value) {
	return graph.Apply1(focalGrad{focusing{gamma}}, x, dy)
}

func (focalGrad) Name() string { return "focal_grad" }

func (o focalGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) { return check(o, in).same(1) }

func (o focalGrad) Eval(out, in []*tensor.Tensor) {
	gamma := float64(o.gamma)
	for i, v := range in[0].Floats() {
		x := float64(v)
		d, q := 0.0, sure(x)
		if q > 0 {
			d = math.Pow(q, gamma) + gamma*x*math.Exp(-x)*math.Pow(q, gamma-1)
		} else if gamma == 0 {
			d = 1
		}
		out[0].Floats()[i] = float32(d * float64(in[1].Floats()[i]))
	}
}

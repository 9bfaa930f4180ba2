package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// AdamWConfig are the constants of AdamW; what changes between steps is its operand hyper.
type AdamWConfig struct{ Beta1, Beta2, Eps, WeightDecay float32 }

// Hyper is the operand hyper of AdamW for a step, counted from 1, with what the gradient is to be multiplied by.
func (c AdamWConfig) Hyper(step int, lr, gradScale float64) []float32 {
	bias := func(beta float32) float32 { return float32(1 - math.Pow(float64(beta), float64(step))) }
	return []float32{float32(lr), bias(c.Beta1), bias(c.Beta2), float32(gradScale)}
}

type adamW struct{ AdamWConfig }

// AdamW is one step of Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch computes it. p,
// m, v and g have one shape; p, m and v are overwritten. hyper [4] is {lr, 1-β1ᵗ, 1-β2ᵗ, gradient scale}.
func AdamW(p, m, v, g, hyper graph.Value, c AdamWConfig) (p2, m2, v2 graph.Value) {
	r := graph.Apply(adamW{c}, p, m, v, g, hyper)
	return r[0], r[1], r[2]
}

func (adamW) Name() string { return "adamw" }

func (adamW) Overwrites() []int { return []int{0, 1, 2} }

func (o adamW) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("beta1", o.Beta1), graph.Float("beta2", o.Beta2), graph.Float("eps", o.Eps),
		graph.Float("weight_decay", o.WeightDecay)}
}

func (o adamW) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	p := c.typed(0, f32)
	for i := 1; i < 4; i++ {
		c.like(i, f32, p...)
	}
	c.like(4, f32, 4)
	return c.gives(result(p...), result(p...), result(p...))
}

func (o adamW) Eval(out, in []*tensor.Tensor) {
	o.update(out[0].Floats(), out[1].Floats(), out[2].Floats(), in[3].Floats(), in[4].Floats())
}

func (o adamW) update(p, m, v, g, hyper []float32) {
	lr, bias1, bias2, scale := float64(hyper[0]), float64(hyper[1]), float64(hyper[2]), float64(hyper[3])
	beta1, beta2 := float64(o.Beta1), float64(o.Beta2)
	for i := range p {
		grad := float64(g[i]) * scale
		m1 := beta1*float64(m[i]) + (1-beta1)*grad
		v1 := beta2*float64(v[i]) + (1-beta2)*grad*grad
		p1 := float64(p[i]) * (1 - lr*float64(o.WeightDecay))
		p1 -= lr / bias1 * m1 / (math.Sqrt(v1)/math.Sqrt(bias2) + float64(o.Eps))
		p[i], m[i], v[i] = float32(p1), float32(m1), float32(v1)
	}
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

// LionConfig are the constants of Lion.
type LionConfig struct{ Beta1, Beta2, WeightDecay float32 }

type lion struct{ LionConfig }

// Lion is one step of Lion (Symbolic Discovery of Optimization Algorithms, arXiv:2302.06675): p moves by the learning rate
// against the sign of β1·m+(1-β1)·g, and m becomes β2·m+(1-β2)·g. p, m and g have one shape; p and m are overwritten.
// hyper [4] is {lr, -, -, gradient scale}.
func Lion(p, m, g, hyper graph.Value, c LionConfig) (p2, m2 graph.Value) {
	r := graph.Apply(lion{c}, p, m, g, hyper)
	return r[0], r[1]
}

func (lion) Name() string { return "lion" }

func (lion) Overwrites() []int { return []int{0, 1} }

func (o lion) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("beta1", o.Beta1), graph.Float("beta2", o.Beta2), graph.Float("weight_decay", o.WeightDecay)}
}

func (o lion) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	p := c.typed(0, f32)
	c.like(1, f32, p...)
	c.like(2, f32, p...)
	c.like(3, f32, 4)
	return c.gives(result(p...), result(p...))
}

func (o lion) Eval(out, in []*tensor.Tensor) {
	p, m, g, hyper := out[0].Floats(), out[1].Floats(), in[2].Floats(), in[3].Floats()
	lr, scale := float64(hyper[0]), float64(hyper[3])
	beta1, beta2 := float64(o.Beta1), float64(o.Beta2)
	for i := range p {
		grad := float64(g[i]) * scale
		p1 := float64(p[i]) * (1 - lr*float64(o.WeightDecay))
		switch u := beta1*float64(m[i]) + (1-beta1)*grad; {
		case u > 0:
			p1 -= lr
		case u < 0:
			p1 += lr
		}
		p[i], m[i] = float32(p1), float32(beta2*float64(m[i])+(1-beta2)*grad)
	}
}

package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type descend struct{ rate, weightDecay float32 }

// Descend overwrites p with p·(1-lr·weightDecay) - lr·rate·u, u of p's shape. hyper [4] is {lr, -, -, -}.
func Descend(p, u, hyper graph.Value, rate, weightDecay float32) graph.Value {
	return graph.Apply1(descend{rate, weightDecay}, p, u, hyper)
}

func (descend) Name() string { return "descend" }

func (descend) Overwrites() []int { return []int{0} }

func (o descend) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("rate", o.rate), graph.Float("weight_decay", o.weightDecay)}
}

func (o descend) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	p := c.typed(0, f32)
	c.like(1, f32, p...)
	c.like(2, f32, 4)
	return c.gives(result(p...))
}

func (o descend) Eval(out, in []*tensor.Tensor) {
	p, u, lr := out[0].Floats(), in[1].Floats(), float64(in[2].Floats()[0])
	for i := range p {
		p[i] = float32(float64(p[i])*(1-lr*float64(o.weightDecay)) - lr*float64(o.rate)*float64(u[i]))
	}
}

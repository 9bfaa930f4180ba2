package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type actAttrs struct{ act Act }

func (a actAttrs) Attrs() []graph.Attr { return []graph.Attr{graph.Int("act", int(a.act))} }

type activation struct{ actAttrs }

// Activation applies an activation function to every value of x.
func Activation(x graph.Value, a Act) graph.Value { return graph.Apply1(activation{actAttrs{a}}, x) }

func (activation) Name() string { return "activation" }

func (o activation) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.act(o.act)
	return c.same(1)
}

func (o activation) Eval(out, in []*tensor.Tensor) {
	y := out[0].Floats()
	for i, x := range in[0].Floats() {
		y[i] = float32(o.act.value(float64(x)))
	}
}

func (o activation) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return ActivationGrad(in[0], dout[0], o.act) })
}

type activationGrad struct{ actAttrs }

// ActivationGrad is the gradient of Activation.
func ActivationGrad(x, dy graph.Value, a Act) (dx graph.Value) {
	return graph.Apply1(activationGrad{actAttrs{a}}, x, dy)
}

func (activationGrad) Name() string { return "activation_grad" }

func (o activationGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.act(o.act)
	return c.same(1)
}

func (o activationGrad) Eval(out, in []*tensor.Tensor) {
	dx, dy := out[0].Floats(), in[1].Floats()
	for i, x := range in[0].Floats() {
		dx[i] = float32(float64(dy[i]) * o.act.slope(float64(x)))
	}
}

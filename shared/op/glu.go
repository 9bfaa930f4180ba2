package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type glu struct{ actAttrs }

// GLU is act(gate) · up, value by value (Shazeer 2020); with SiLU it is SwiGLU.
func GLU(gate, up graph.Value, a Act) graph.Value { return graph.Apply1(glu{actAttrs{a}}, gate, up) }

func (glu) Name() string { return "glu" }

func (o glu) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.act(o.act)
	return c.same(1)
}

func (o glu) Eval(out, in []*tensor.Tensor) {
	y, up := out[0].Floats(), in[1].Floats()
	for i, x := range in[0].Floats() {
		y[i] = float32(o.act.value(float64(x)) * float64(up[i]))
	}
}

func (o glu) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	dgate, dup := GLUGrad(in[0], in[1], dout[0], o.act)
	return wanted(want, func() graph.Value { return dgate }, func() graph.Value { return dup })
}

type gluGrad struct{ actAttrs }

// GLUGrad is the gradient of GLU toward gate and up.
func GLUGrad(gate, up, dy graph.Value, a Act) (dgate, dup graph.Value) {
	d := graph.Apply(gluGrad{actAttrs{a}}, gate, up, dy)
	return d[0], d[1]
}

func (gluGrad) Name() string { return "glu_grad" }

func (o gluGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.act(o.act)
	return c.same(2)
}

func (o gluGrad) Eval(out, in []*tensor.Tensor) {
	dgate, dup := out[0].Floats(), out[1].Floats()
	up, dy := in[1].Floats(), in[2].Floats()
	for i, x := range in[0].Floats() {
		dgate[i] = float32(float64(dy[i]) * float64(up[i]) * o.act.slope(float64(x)))
		dup[i] = float32(float64(dy[i]) * o.act.value(float64(x)))
	}
}

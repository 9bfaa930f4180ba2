package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type sum struct{ noAttrs }

// Sum is the sum of all values of x: [1].
func Sum(x graph.Value) graph.Value { return graph.Apply1(sum{}, x) }

func (sum) Name() string { return "sum" }

func (o sum) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.typed(0, f32)
	return c.gives(result(1))
}

func (sum) Eval(out, in []*tensor.Tensor) {
	s := 0.0
	for _, x := range in[0].Floats() {
		s += float64(x)
	}
	out[0].Floats()[0] = float32(s)
}

func (sum) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Broadcast(dout[0], in[0].Shape()...) })
}

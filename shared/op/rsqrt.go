package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type rsqrt struct{ noAttrs }

// Rsqrt is 1/√x of each value of x, which is above 0.
func Rsqrt(x graph.Value) graph.Value { return graph.Apply1(rsqrt{}, x) }

func (rsqrt) Name() string { return "rsqrt" }

func (o rsqrt) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	return c.gives(result(c.typed(0, f32)...))
}

func (rsqrt) Eval(out, in []*tensor.Tensor) {
	y := out[0].Floats()
	for i, x := range in[0].Floats() {
		y[i] = float32(1 / math.Sqrt(float64(x)))
	}
}

// Gradient is -½·y³·dy.
func (rsqrt) Gradient(_, out, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value {
		y := out[0]
		return Scale(Mul(Mul(Mul(y, y), y), dout[0]), -0.5)
	})
}

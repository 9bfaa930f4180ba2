package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type softmax struct{ noAttrs }

// Softmax makes each row of x [T,N] positive with the sum 1, in proportion to the exponentials.
func Softmax(x graph.Value) graph.Value { return graph.Apply1(softmax{}, x) }

func (softmax) Name() string { return "softmax" }

func (o softmax) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.rank(0, f32, 2)
	return c.same(1)
}

func (softmax) Eval(out, in []*tensor.Tensor) {
	x, y, n := in[0].Floats(), out[0].Floats(), in[0].Shape[1]
	for t := range in[0].Shape[0] {
		lse := logSumExp(row(x, t, n))
		for j, v := range row(x, t, n) {
			y[t*n+j] = float32(math.Exp(float64(v) - lse))
		}
	}
}

// logSumExp is log Σ exp(x).
func logSumExp(x []float32) float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range x {
		top = max(top, float64(v))
	}
	for _, v := range x {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

func (softmax) Gradient(_, out, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return SoftmaxGrad(out[0], dout[0]) })
}

type softmaxGrad struct{ noAttrs }

// SoftmaxGrad is the gradient of Softmax from its result y: y · (dy - Σ y·dy) in each row.
func SoftmaxGrad(y, dy graph.Value) (dx graph.Value) { return graph.Apply1(softmaxGrad{}, y, dy) }

func (softmaxGrad) Name() string { return "softmax_grad" }

func (o softmaxGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	c.rank(0, f32, 2)
	return c.same(1)
}

func (softmaxGrad) Eval(out, in []*tensor.Tensor) {
	y, dy, dx, n := in[0].Floats(), in[1].Floats(), out[0].Floats(), in[0].Shape[1]
	for t := range in[0].Shape[0] {
		inner := dot(row(y, t, n), row(dy, t, n))
		for j, v := range row(y, t, n) {
			dx[t*n+j] = float32(float64(v) * (float64(dy[t*n+j]) - inner))
		}
	}
}

package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type smoothing struct{ label float32 }

func (s smoothing) Attrs() []graph.Attr { return []graph.Attr{graph.Float("label_smoothing", s.label)} }

// infer checks logits and target.
func (s smoothing) infer(c *operands) (logits tensor.Shape) {
	logits = c.rank(0, f32, 2)
	c.like(1, i32, logits[0])
	c.must(0 <= s.label && s.label < 1, "label smoothing is %g, expected 0 to 1", s.label)
	return logits
}

type crossEntropy struct{ smoothing }

// CrossEntropy is the loss [T] of logits [T,V] against target i32 [T]: -log softmax(logits)[target], or with label
// smoothing ε that times 1-ε plus ε times the mean over the classes. A target below zero has loss 0.
func CrossEntropy(logits, target graph.Value, labelSmoothing float32) graph.Value {
	return graph.Apply1(crossEntropy{smoothing{labelSmoothing}}, logits, target)
}

func (crossEntropy) Name() string { return "cross_entropy" }

func (o crossEntropy) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	logits := o.infer(c)
	return c.gives(result(logits[0]))
}

func (o crossEntropy) Eval(out, in []*tensor.Tensor) {
	x, v, loss := in[0].Floats(), in[0].Shape[1], out[0].Floats()
	eps := float64(o.label)
	for t, target := range in[1].Ints() {
		if target < 0 {
			continue
		}
		logits, mean := row(x, t, v), 0.0
		for _, l := range logits {
			mean += float64(l) / float64(v)
		}
		loss[t] = float32(logSumExp(logits) - (1-eps)*float64(logits[target]) - eps*mean)
	}
}

func (o crossEntropy) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return CrossEntropyGrad(in[0], in[1], dout[0], o.label) })
}

type crossEntropyGrad struct{ smoothing }

// CrossEntropyGrad is the gradient of CrossEntropy toward logits from that of the loss, dloss [T].
func CrossEntropyGrad(logits, target, dloss graph.Value, labelSmoothing float32) (dlogits graph.Value) {
	return graph.Apply1(crossEntropyGrad{smoothing{labelSmoothing}}, logits, target, dloss)
}

func (crossEntropyGrad) Name() string { return "cross_entropy_grad" }

func (o crossEntropyGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	logits := o.infer(c)
	c.like(2, f32, logits[0])
	return c.gives(result(logits...))
}

func (o crossEntropyGrad) Eval(out, in []*tensor.Tensor) {
	x, v, dx := in[0].Floats(), in[0].Shape[1], out[0].Floats()
	dloss, eps := in[2].Floats(), float64(o.label)
	for t, target := range in[1].Ints() {
		if target < 0 {
			continue
		}
		logits := row(x, t, v)
		lse := logSumExp(logits)
		for j, l := range logits {
			d := math.Exp(float64(l)-lse) - eps/float64(v)
			if j == int(target) {
				d -= 1 - eps
			}
			dx[t*v+j] = float32(float64(dloss[t]) * d)
		}
	}
}

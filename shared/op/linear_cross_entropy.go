package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type linearCrossEntropy struct{ activations int }

// LinearCrossEntropy is the loss [T] of the logits h · wᵀ against target i32 [T], h [T,D], w [V,D] of any type,
// and dh [T,D], the gradient of loss[t] toward h[t]. A kernel has no more than a chunk of the logits at a time; with
// large vocabularies they would be most of the memory of training. For activations see MatMulConfig.
func LinearCrossEntropy(h, w, target graph.Value, activations int) (loss, dh graph.Value) {
	r := graph.Apply(linearCrossEntropy{activations}, h, w, target)
	return r[0], r[1]
}

func (linearCrossEntropy) Name() string { return "linear_cross_entropy" }

func (o linearCrossEntropy) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("activations", o.activations)}
}

// head checks h, w and target.
func (c *operands) head(weights types) (h, w tensor.Shape) {
	h, w = c.rank(0, f32, 2), c.rank(1, weights, 2)
	c.must(h[1] == w[1], "inner dimensions differ: %v x %vᵀ", h, w)
	c.like(2, i32, h[0])
	return h, w
}

func (o linearCrossEntropy) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	h, _ := c.head(reals)
	c.must(o.activations == 0 || o.activations == 8 || o.activations == 16, "activations of %d bits, expected 8, 16 or 0", o.activations)
	return c.gives(result(h[0]), result(h...))
}

func (o linearCrossEntropy) Expand(in []graph.Value) []graph.Value {
	h, w, target := in[0], in[1], in[2]
	logits := MatMul(h, w, MatMulConfig{TransposeB: true, Activations: o.activations})
	loss := CrossEntropy(logits, target, 0)
	one, _ := ClipScale(Sum(loss), 0) // without a limit the scale is 1
	dlogits := CrossEntropyGrad(logits, target, Broadcast(one, h.Shape()[0]), 0)
	return []graph.Value{loss, MatMul(dlogits, w, MatMulConfig{Activations: o.activations})}
}

func (o linearCrossEntropy) Gradient(in, out, dout []graph.Value, want []bool) []graph.Value {
	noGradient(o, "dh", dout[1])
	if !dout[0].Valid() {
		return make([]graph.Value, len(in))
	}
	return wanted(want,
		func() graph.Value { return ScaleRows(out[1], dout[0]) },
		func() graph.Value { return LinearCrossEntropyGradW(in[0], in[1], in[2], dout[0]) })
}

type linearCrossEntropyGradW struct{ noAttrs }

// LinearCrossEntropyGradW is the gradient [V,D] of LinearCrossEntropy toward w, which is f32, from that of the loss,
// dloss [T].
func LinearCrossEntropyGradW(h, w, target, dloss graph.Value) (dw graph.Value) {
	return graph.Apply1(linearCrossEntropyGradW{}, h, w, target, dloss)
}

func (linearCrossEntropyGradW) Name() string { return "linear_cross_entropy_grad_w" }

func (o linearCrossEntropyGradW) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	h, w := c.head(f32)
	c.like(3, f32, h[0])
	return c.gives(result(w...))
}

func (linearCrossEntropyGradW) Expand(in []graph.Value) []graph.Value {
	h, w, target, dloss := in[0], in[1], in[2], in[3]
	dlogits := CrossEntropyGrad(Linear(h, w), target, dloss, 0)
	return []graph.Value{MatMul(dlogits, h, MatMulConfig{TransposeA: true})}
}

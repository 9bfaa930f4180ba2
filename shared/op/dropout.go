package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type dropout struct {
	p      float32
	stream int
}

// Dropout sets each value of x to zero with probability p and divides the others by 1-p. What is dropped follows
// from seed i32 [2], stream and the value's place by a hash, so that the backward pass, which is the same op, and
// every device agree. Each use in a model has a stream of its own; seed[1] counts the steps.
func Dropout(x, seed graph.Value, p float32, stream int) graph.Value {
	return graph.Apply1(dropout{p, stream}, x, seed)
}

func (dropout) Name() string { return "dropout" }

func (o dropout) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("p", o.p), graph.Int("stream", o.stream)}
}

func (o dropout) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.typed(0, f32)
	c.like(1, i32, 2)
	c.must(0 <= o.p && o.p < 1, "p is %g, expected 0 to 1, without 1", o.p)
	return c.gives(result(x...))
}

func (o dropout) Eval(out, in []*tensor.Tensor) {
	y, seed := out[0].Floats(), in[1].Ints()
	drop := uint32(float64(o.p) * (1 << 32))
	for i, x := range in[0].Floats() {
		if draw(i, seed, o.stream) >= drop {
			y[i] = float32(float64(x) / (1 - float64(o.p)))
		}
	}
}

// draw is 32 random bits for value number i.
func draw(i int, seed []int32, stream int) uint32 {
	return mix(mix(uint32(i)^uint32(seed[0])) + uint32(seed[1])*0x9E3779B9 + uint32(stream)*0x85EBCA6B)
}

// mix is a permutation of 32 bits that spreads every bit over all (Wellons, lowbias32).
func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x7feb352d
	x ^= x >> 15
	x *= 0x846ca68b
	x ^= x >> 16
	return x
}

func (o dropout) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return Dropout(dout[0], in[1], o.p, o.stream) })
}

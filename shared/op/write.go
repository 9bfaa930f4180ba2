package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type write struct{ noAttrs }

// Write stores row t of x [T,D] as row index[t] of cache [S,D], which is f32, f16, bf16 or q8_0 and is overwritten;
// index i32 [T], below zero: skipped. No row is named twice. It has no gradient.
func Write(cache, x, index graph.Value) graph.Value { return graph.Apply1(write{}, cache, x, index) }

func (write) Name() string { return "write" }

func (write) Overwrites() []int { return []int{0} }

func (o write) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	cache, x := c.rank(0, caches, 2), c.rank(1, f32, 2)
	c.must(x[1] == cache[1], "x has rows of %d values, the cache of %d", x[1], cache[1])
	c.like(2, i32, x[0])
	if c.err != nil {
		return nil, c.err
	}
	return c.gives(in[0])
}

func (write) Eval(out, in []*tensor.Tensor) {
	x, d := in[1].Floats(), in[1].Shape[1]
	for t, i := range in[2].Ints() {
		if i >= 0 {
			encodeRow(out[0], int(i), row(x, t, d))
		}
	}
}

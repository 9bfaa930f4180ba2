package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type argmax struct{ noAttrs }

// Argmax is the index of the greatest value of each row of x [T,N], the lowest of equals: i32 [T].
func Argmax(x graph.Value) graph.Value { return graph.Apply1(argmax{}, x) }

func (argmax) Name() string { return "argmax" }

func (o argmax) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	return c.gives(tensor.Of(tensor.I32, x[0]))
}

func (argmax) Eval(out, in []*tensor.Tensor) {
	x, n := in[0].Floats(), in[0].Shape[1]
	for t := range out[0].Ints() {
		best := 0
		for j, v := range row(x, t, n) {
			if v > x[t*n+best] {
				best = j
			}
		}
		out[0].Ints()[t] = int32(best)
	}
}

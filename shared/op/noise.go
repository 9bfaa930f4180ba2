package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type noise struct{ stream int }

// Noise adds to each value of row t of x [T,D] a number drawn evenly from (-s[t], s[t]), s [T]. What is drawn follows from
// seed i32 [2], stream and the value's place by Dropout's hash. Its gradient toward x is that of the result.
func Noise(x, s, seed graph.Value, stream int) graph.Value {
	return graph.Apply1(noise{stream}, x, s, seed)
}

func (noise) Name() string { return "noise" }

func (o noise) Attrs() []graph.Attr { return []graph.Attr{graph.Int("stream", o.stream)} }

func (o noise) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.like(1, f32, x[0])
	c.like(2, i32, 2)
	return c.gives(result(x...))
}

func (o noise) Eval(out, in []*tensor.Tensor) {
	s, seed, d := in[1].Floats(), in[2].Ints(), in[0].Shape[1]
	for i, x := range in[0].Floats() {
		h := draw(i, seed, o.stream)
		u := (float64(h)+0.5)/(1<<31) - 1
		out[0].Floats()[i] = float32(float64(x) + u*float64(s[i/d]))
	}
}

func (o noise) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	return wanted(want, func() graph.Value { return dout[0] })
}

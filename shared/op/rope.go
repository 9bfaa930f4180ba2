package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// RoPEConfig are the variants of RoPE.
type RoPEConfig struct {
	HeadDim int
	// Inverse turns the other way, which is the gradient.
	Inverse bool
	// Interleaved pairs neighbours (2j, 2j+1), as GPT-J does, and not halves (j, j+R/2), as GPT-NeoX does.
	Interleaved bool
	// Scale multiplies cosine and sine; 0 means 1. YaRN calls it the attention factor.
	Scale float32
}

type rope struct{ RoPEConfig }

// RoPE turns pairs of values of each head by pos[t] · inv_freq[j] (Su et al. 2021). x [T,H·D], pos i32 [T],
// inv_freq [R/2]: the first R values of a head are turned, the others pass unchanged. The angle is rounded to
// f32, as Hugging Face's models have it.
func RoPE(x, pos, invFreq graph.Value, c RoPEConfig) graph.Value {
	if c.Scale == 0 {
		c.Scale = 1
	}
	return graph.Apply1(rope{c}, x, pos, invFreq)
}

func (rope) Name() string { return "rope" }

func (o rope) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("head_dim", o.HeadDim), graph.Bool("inverse", o.Inverse),
		graph.Bool("interleaved", o.Interleaved), graph.Float("scale", o.Scale)}
}

func (o rope) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x, freq := c.rank(0, f32, 2), c.rank(2, f32, 1)
	c.like(1, i32, x[0])
	c.must(o.HeadDim > 0 && x[1]%o.HeadDim == 0, "rows of %d values do not divide into heads of %d", x[1], o.HeadDim)
	c.must(2*freq[0] <= o.HeadDim, "inv_freq has %d values, expected at most half of a head of %d", freq[0], o.HeadDim)
	return c.gives(result(x...))
}

func (o rope) Eval(out, in []*tensor.Tensor) {
	x, freq, y := in[0].Floats(), in[2].Floats(), out[0].Floats()
	width := in[0].Shape[1]
	copy(y, x)
	for t, pos := range in[1].Ints() {
		for j, f := range freq {
			sin, cos := math.Sincos(float64(float32(pos) * f))
			sin, cos = sin*float64(o.Scale), cos*float64(o.Scale)
			if o.Inverse {
				sin = -sin
			}
			first, second := j, j+len(freq)
			if o.Interleaved {
				first, second = 2*j, 2*j+1
			}
			for head := t * width; head < (t+1)*width; head += o.HeadDim {
				a, b := float64(x[head+first]), float64(x[head+second])
				y[head+first] = float32(a*cos - b*sin)
				y[head+second] = float32(b*cos + a*sin)
			}
		}
	}
}

func (o rope) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	back := o.RoPEConfig
	back.Inverse = !back.Inverse
	return wanted(want, func() graph.Value { return RoPE(dout[0], in[1], in[2], back) })
}

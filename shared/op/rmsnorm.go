package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type normAttrs struct{ eps, offset float32 }

type rmsNorm struct{ normAttrs }

// RMSNorm divides each group of D values by its root mean square (Zhang and Sennrich 2019):
//
//	x · rsqrt(mean(x²) + eps) · (offset + w)
//
// w [D] is f32, f16 or bf16; x [T,G·D] has G groups a row. Gemma's norms have offset 1.
func RMSNorm(x, w graph.Value, eps, offset float32) graph.Value {
	return graph.Apply1(rmsNorm{normAttrs{eps, offset}}, x, w)
}

func (rmsNorm) Name() string { return "rmsnorm" }

func (o normAttrs) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("eps", o.eps), graph.Float("offset", o.offset)}
}

// norm checks x and w of a norm over groups.
func (c *operands) norm() (x, w tensor.Shape) {
	x, w = c.rank(0, f32, 2), c.rank(1, plain, 1)
	c.must(x[1]%w[0] == 0, "rows of %d values do not divide into groups of %d", x[1], w[0])
	return x, w
}

func (o rmsNorm) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x, _ := c.norm()
	return c.gives(result(x...))
}

func (o rmsNorm) Eval(out, in []*tensor.Tensor) {
	x, w, y := in[0].Floats(), decoded(in[1]), out[0].Floats()
	d := len(w)
	for g := range len(x) / d {
		r := o.inverse(row(x, g, d))
		for j, v := range row(x, g, d) {
			y[g*d+j] = float32(float64(v) * r * (float64(o.offset) + float64(w[j])))
		}
	}
}

// inverse is 1 / root mean square of one group.
func (o normAttrs) inverse(x []float32) float64 {
	return 1 / math.Sqrt(dot(x, x)/float64(len(x))+float64(o.eps))
}

func (o rmsNorm) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	dx, dw := RMSNormGrad(in[0], in[1], dout[0], o.eps, o.offset)
	return wanted(want, func() graph.Value { return dx }, func() graph.Value { return dw })
}

type rmsNormGrad struct{ normAttrs }

// RMSNormGrad is the gradient of RMSNorm toward x and w.
func RMSNormGrad(x, w, dy graph.Value, eps, offset float32) (dx, dw graph.Value) {
	d := graph.Apply(rmsNormGrad{normAttrs{eps, offset}}, x, w, dy)
	return d[0], d[1]
}

func (rmsNormGrad) Name() string { return "rmsnorm_grad" }

func (o rmsNormGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x, w := c.norm()
	c.like(2, f32, x...)
	return c.gives(result(x...), result(w...))
}

// Eval: with n = x·r and u = dy·(offset+w), dx = r·(u - n·mean(u·n)) and dw = Σ dy·n over all groups.
func (o rmsNormGrad) Eval(out, in []*tensor.Tensor) {
	x, w, dy, dx := in[0].Floats(), decoded(in[1]), in[2].Floats(), out[0].Floats()
	d := len(w)
	dw := make([]float64, d)
	for g := range len(x) / d {
		xs, dys := row(x, g, d), row(dy, g, d)
		r, mean := o.inverse(xs), 0.0
		for j, v := range xs {
			n := float64(v) * r
			mean += float64(dys[j]) * (float64(o.offset) + float64(w[j])) * n / float64(d)
			dw[j] += float64(dys[j]) * n
		}
		for j, v := range xs {
			dx[g*d+j] = float32(r * (float64(dys[j])*(float64(o.offset)+float64(w[j])) - float64(v)*r*mean))
		}
	}
	round(out[1].Floats(), dw)
}

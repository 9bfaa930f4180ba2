package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type layerNormAttrs struct{ eps float32 }

type layerNorm struct{ layerNormAttrs }

// LayerNorm gives each row of x [T,D] mean 0 and variance 1, then scales by w [D] and adds b [D] (Ba et al. 2016).
func LayerNorm(x, w, b graph.Value, eps float32) graph.Value {
	return graph.Apply1(layerNorm{layerNormAttrs{eps}}, x, w, b)
}

func (layerNorm) Name() string { return "layernorm" }

func (o layerNormAttrs) Attrs() []graph.Attr { return []graph.Attr{graph.Float("eps", o.eps)} }

func (o layerNorm) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.like(1, f32, x[1])
	c.like(2, f32, x[1])
	return c.gives(result(x...))
}

func (o layerNorm) Eval(out, in []*tensor.Tensor) {
	x, w, b, y := in[0].Floats(), in[1].Floats(), in[2].Floats(), out[0].Floats()
	d := len(w)
	for t := range in[0].Shape[0] {
		mean, r := o.moments(row(x, t, d))
		for j, v := range row(x, t, d) {
			y[t*d+j] = float32((float64(v)-mean)*r*float64(w[j]) + float64(b[j]))
		}
	}
}

// moments are the mean of a row and 1 / its standard deviation.
func (o layerNormAttrs) moments(x []float32) (mean, inverse float64) {
	for _, v := range x {
		mean += float64(v) / float64(len(x))
	}
	variance := 0.0
	for _, v := range x {
		variance += (float64(v) - mean) * (float64(v) - mean) / float64(len(x))
	}
	return mean, 1 / math.Sqrt(variance+float64(o.eps))
}

func (o layerNorm) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	dx, dw, db := LayerNormGrad(in[0], in[1], dout[0], o.eps)
	return wanted(want, func() graph.Value { return dx }, func() graph.Value { return dw }, func() graph.Value { return db })
}

type layerNormGrad struct{ layerNormAttrs }

// LayerNormGrad is the gradient of LayerNorm toward x, w and b.
func LayerNormGrad(x, w, dy graph.Value, eps float32) (dx, dw, db graph.Value) {
	d := graph.Apply(layerNormGrad{layerNormAttrs{eps}}, x, w, dy)
	return d[0], d[1], d[2]
}

func (layerNormGrad) Name() string { return "layernorm_grad" }

func (o layerNormGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	x := c.rank(0, f32, 2)
	c.like(1, f32, x[1])
	c.like(2, f32, x...)
	return c.gives(result(x...), result(x[1]), result(x[1]))
}

// Eval: with n the normalised row and u = dy·w, dx = r·(u - mean(u) - n·mean(u·n)), dw = Σ dy·n and db = Σ dy.
func (o layerNormGrad) Eval(out, in []*tensor.Tensor) {
	x, w, dy, dx := in[0].Floats(), in[1].Floats(), in[2].Floats(), out[0].Floats()
	d := len(w)
	dw, db := make([]float64, d), make([]float64, d)
	for t := range in[0].Shape[0] {
		xs, dys := row(x, t, d), row(dy, t, d)
		mean, r := o.moments(xs)
		meanU, meanUN := 0.0, 0.0
		for j, v := range xs {
			n, u := (float64(v)-mean)*r, float64(dys[j])*float64(w[j])
			meanU += u / float64(d)
			meanUN += u * n / float64(d)
			dw[j] += float64(dys[j]) * n
			db[j] += float64(dys[j])
		}
		for j, v := range xs {
			n, u := (float64(v)-mean)*r, float64(dys[j])*float64(w[j])
			dx[t*d+j] = float32(r * (u - meanU - n*meanUN))
		}
	}
	round(out[1].Floats(), dw)
	round(out[2].Floats(), db)
}

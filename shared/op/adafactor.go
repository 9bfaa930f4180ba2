package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type adafactor struct{ weightDecay float32 }

// Adafactor is one step of Adafactor (arXiv:1804.04235) for a matrix p [R,C] as transformers computes it with a given
// learning rate (scale_parameter and relative_step false, no first moment): second moments are kept as means of rows
// [R] and of columns [C], and an update whose root mean square is over 1 is scaled down to it. p, rows and cols are
// overwritten. hyper [4] is {lr, β2 of the step, -, gradient scale}.
func Adafactor(p, rows, cols, g, hyper graph.Value, weightDecay float32) (p2, rows2, cols2 graph.Value) {
	r := graph.Apply(adafactor{weightDecay}, p, rows, cols, g, hyper)
	return r[0], r[1], r[2]
}

func (adafactor) Name() string { return "adafactor" }

func (adafactor) Overwrites() []int { return []int{0, 1, 2} }

func (o adafactor) Attrs() []graph.Attr {
	return []graph.Attr{graph.Float("weight_decay", o.weightDecay)}
}

func (o adafactor) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	p := c.rank(0, f32, 2)
	c.like(1, f32, p[0])
	c.like(2, f32, p[1])
	c.like(3, f32, p...)
	c.like(4, f32, 4)
	return c.gives(result(p...), result(p[0]), result(p[1]))
}

// adafactorFloor is added to squared gradients (eps[0]).
const adafactorFloor = 1e-30

func (o adafactor) Eval(out, in []*tensor.Tensor) {
	p, rows, cols, g, hyper := out[0].Floats(), out[1].Floats(), out[2].Floats(), in[3].Floats(), in[4].Floats()
	beta2, scale, d := float64(hyper[1]), float64(hyper[3]), len(cols)
	byCol, mean := make([]float64, d), 0.0
	for r := range rows {
		byRow := 0.0
		for c, x := range row(g, r, d) {
			grad := float64(x) * scale
			byRow += grad*grad + adafactorFloor
			byCol[c] += grad*grad + adafactorFloor
		}
		rows[r] = float32(beta2*float64(rows[r]) + (1-beta2)*byRow/float64(d))
		mean += float64(rows[r]) / float64(len(rows))
	}
	for c := range cols {
		cols[c] = float32(beta2*float64(cols[c]) + (1-beta2)*byCol[c]/float64(len(rows)))
	}
	update := make([]float64, len(p))
	for i, x := range g {
		update[i] = float64(x) * scale / math.Sqrt(float64(rows[i/d])/mean*float64(cols[i%d]))
	}
	o.apply(p, update, hyper)
}

// apply scales an update to a root mean square of 1 at most, and takes the step.
func (o adafactor) apply(p []float32, update []float64, hyper []float32) {
	squares, lr := 0.0, float64(hyper[0])
	for _, u := range update {
		squares += u * u
	}
	lr /= max(1, math.Sqrt(squares/float64(len(update))))
	for i, u := range update {
		p[i] = float32(float64(p[i])*(1-float64(hyper[0])*float64(o.weightDecay)) - lr*u)
	}
}

type adafactorVector struct{ adafactor }

// AdafactorVector is Adafactor for a p of any shape, with a second moment v for each value.
func AdafactorVector(p, v, g, hyper graph.Value, weightDecay float32) (p2, v2 graph.Value) {
	r := graph.Apply(adafactorVector{adafactor{weightDecay}}, p, v, g, hyper)
	return r[0], r[1]
}

func (adafactorVector) Name() string { return "adafactor_vector" }

func (adafactorVector) Overwrites() []int { return []int{0, 1} }

func (o adafactorVector) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	p := c.typed(0, f32)
	c.like(1, f32, p...)
	c.like(2, f32, p...)
	c.like(3, f32, 4)
	return c.gives(result(p...), result(p...))
}

func (o adafactorVector) Eval(out, in []*tensor.Tensor) {
	p, v, g, hyper := out[0].Floats(), out[1].Floats(), in[2].Floats(), in[3].Floats()
	beta2, scale := float64(hyper[1]), float64(hyper[3])
	update := make([]float64, len(p))
	for i, x := range g {
		grad := float64(x) * scale
		v[i] = float32(beta2*float64(v[i]) + (1-beta2)*(grad*grad+adafactorFloor))
		update[i] = grad / math.Sqrt(float64(v[i]))
	}
	o.apply(p, update, hyper)
}

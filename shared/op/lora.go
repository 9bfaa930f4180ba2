package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

type lora struct{ noAttrs }

// LoRA adds to each row of y [T,O] the low-rank product of the adapter that row asks for (Hu et al. 2021), so that
// rows of one batch use different adapters:
//
//	y[t] + scale[j] · b[j] · (a[j] · x[t]),  j = index[t];  j < 0: y[t]
//
// x [T,I]; a [n,r,I] and b [n,O,r] f32, f16 or bf16; scale [n]; index i32 [T]. It has no gradient: one adapter that
// is trained is two Linear.
func LoRA(y, x, a, b, scale, index graph.Value) graph.Value {
	return graph.Apply1(lora{}, y, x, a, b, scale, index)
}

func (lora) Name() string { return "lora" }

func (o lora) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	y, x := c.rank(0, f32, 2), c.rank(1, f32, 2)
	a := c.rank(2, plain, 3)
	c.must(x[0] == y[0], "x has %d rows, y %d", x[0], y[0])
	c.must(a[2] == x[1], "inner dimensions differ: a %v, x %v", a, x)
	c.like(3, plain, a[0], y[1], a[1])
	c.like(4, f32, a[0])
	c.like(5, i32, y[0])
	return c.gives(result(y...))
}

func (lora) Eval(out, in []*tensor.Tensor) {
	y, x, a, b := in[0].Floats(), in[1].Floats(), decoded(in[2]), decoded(in[3])
	scale, z := in[4].Floats(), out[0].Floats()
	r, width, height := in[2].Shape[1], in[2].Shape[2], in[3].Shape[1]
	copy(z, y)
	low := make([]float64, r)
	for t, j := range in[5].Ints() {
		if j < 0 {
			continue
		}
		for i := range low {
			low[i] = dot(row(x, t, width), row(a, int(j)*r+i, width))
		}
		for o := range height {
			s := 0.0
			for i, v := range row(b, int(j)*height+o, r) {
				s += float64(v) * low[i]
			}
			z[t*height+o] = float32(float64(y[t*height+o]) + float64(scale[j])*s)
		}
	}
}

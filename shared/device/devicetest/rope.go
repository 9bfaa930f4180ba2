package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// frequencies are those of Llama: base^(-2j/R).
func frequencies(base float64) filler {
	return func(_ *rand.Rand, t *tensor.Tensor) {
		for j := range t.Floats() {
			t.Floats()[j] = float32(math.Pow(base, -float64(j)/float64(t.Shape.Len())))
		}
	}
}

func ropeCases() (cases []testCase) {
	for _, s := range []struct{ t, heads, dim, turned int }{
		{1, 1, 2, 2}, {1, 9, 64, 64}, {3, 2, 6, 4}, {5, 1, 10, 10}, {40, 3, 64, 32}, {7, 4, 80, 80}, {130, 2, 16, 16}, {2, 32, 128, 128}, {3, 2, 5, 4},
	} {
		for _, interleaved := range []bool{false, true} {
			for _, inverse := range []bool{false, true} {
				for _, scale := range []float32{1, 1.3} {
					f := one(func(v []graph.Value) graph.Value {
						return op.RoPE(v[0], v[1], v[2], op.RoPEConfig{HeadDim: s.dim, Inverse: inverse, Interleaved: interleaved, Scale: scale})
					})
					add := func(name string, position func(r *rand.Rand, i int) int) {
						freq := input(s.turned / 2).with(frequencies(10000))
						cases = append(cases, testCase{
							fmt.Sprintf("%+v interleaved=%t inverse=%t scale=%g %s", s, interleaved, inverse, scale, name),
							[]arg{input(s.t, s.heads*s.dim), indexes(s.t, position), freq}, f, withFloor(functions, 1)})
					}
					add("in order", func(_ *rand.Rand, i int) int { return i })
					add("far", func(r *rand.Rand, _ int) int { return r.IntN(131072) })
				}
			}
		}
	}
	return cases
}

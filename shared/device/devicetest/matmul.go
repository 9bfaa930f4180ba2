package devicetest

import (
	"fmt"
	"math"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// product is one matmul: sizes and attributes.
type matMulCase struct {
	d       tensor.DType
	m, n, k int
	ta, tb  bool
	alpha   float32
	bits    int // of activations
	c       []int
}

func (p matMulCase) name() string {
	return fmt.Sprintf("%v %dx%dx%d ta=%t tb=%t alpha=%g activations=%d c=%v", p.d, p.m, p.n, p.k, p.ta, p.tb, p.alpha, p.bits, p.c)
}

func (p matMulCase) make() testCase {
	a, b := []int{p.m, p.k}, []int{p.k, p.n}
	if p.ta {
		a = []int{p.k, p.m}
	}
	if p.tb {
		b = []int{p.n, p.k}
	}
	second := weight(p.d, b...)
	if p.d == tensor.F32 && !p.tb {
		second.kind = graph.Input // activations of the backward pass
	}
	c := testCase{name: p.name(), args: []arg{input(a...), second}}
	if p.c != nil {
		c.args = append(c.args, input(p.c...))
	}
	c.record = one(func(v []graph.Value) graph.Value {
		config := op.MatMulConfig{TransposeA: p.ta, TransposeB: p.tb, Alpha: p.alpha, Activations: p.bits}
		if p.c != nil {
			config.C = v[2]
		}
		return op.MatMul(v[0], v[1], config)
	})
	relative := integerSums(p.d, p.bits, !p.tb)
	c.bounds = []bound{{relative: relative, magnitude: p.magnitude}}
	return c
}

// magnitude is the root of the sum of the squares of the products, and c.
func (p matMulCase) magnitude(args []*tensor.Tensor) []float64 {
	a, b := floats(args[0]), floats(args[1])
	for i := range a {
		a[i] *= a[i]
	}
	for i := range b {
		b[i] *= b[i]
	}
	m := make([]float64, p.m*p.n)
	squares := op.MatMulConfig{TransposeA: p.ta, TransposeB: p.tb}
	y := evaluate(func(v []graph.Value) graph.Value { return op.MatMul(v[0], v[1], squares) },
		tensor.FromFloats(a, args[0].Shape...), tensor.FromFloats(b, args[1].Shape...))
	for i, s := range y.Floats() {
		m[i] = math.Abs(float64(p.alpha)) * math.Sqrt(float64(s))
		if p.c != nil {
			c := args[2].Floats()
			m[i] = max(m[i], math.Abs(float64(c[i%len(c)])))
		}
	}
	return m
}

func matMulCases() (cases []testCase) {
	add := func(p matMulCase) {
		if p.alpha == 0 {
			p.alpha = 1
		}
		cases = append(cases, p.make())
	}
	sizes := [][3]int{{1, 1, 1}, {1, 7, 5}, {3, 5, 7}, {2, 16, 16}, {5, 17, 33}, {8, 33, 64}, {17, 15, 100}, {33, 64, 65}, {64, 48, 257},
		{1, 576, 192}, {130, 96, 96}, {1, 1, 1000}, {7, 1, 3}, {4, 200, 1}}
	for _, s := range sizes {
		for _, d := range plain {
			add(matMulCase{d: d, m: s[0], n: s[1], k: s[2], tb: true})
			add(matMulCase{d: d, m: s[0], n: s[1], k: s[2]})
		}
		add(matMulCase{d: tensor.F32, m: s[0], n: s[1], k: s[2], ta: true})
	}
	for _, s := range [][3]int{{1, 7, 5}, {5, 17, 33}, {17, 15, 100}, {33, 64, 64}} {
		for _, c := range [][]int{nil, {s[1]}, {s[0], s[1]}} {
			for _, d := range plain {
				add(matMulCase{d: d, m: s[0], n: s[1], k: s[2], tb: true, alpha: -0.25, c: c})
				add(matMulCase{d: d, m: s[0], n: s[1], k: s[2], alpha: 3, c: c})
			}
			add(matMulCase{d: tensor.F32, m: s[0], n: s[1], k: s[2], ta: true, alpha: 0.5, c: c})
		}
	}
	for _, d := range blocks {
		block := d.BlockValues()
		for _, bits := range []int{0, 16, 8} {
			// A linear layer: k in blocks, n around the 16 rows that are repacked together.
			for _, s := range [][3]int{{1, 1, 1}, {1, 15, 1}, {1, 16, 2}, {1, 17, 1}, {2, 33, 3}, {3, 16, 1}, {4, 40, 2}, {8, 17, 2}, {17, 31, 1}, {33, 64, 2},
				{1, 130, 4}, {65, 48, 3}} {
				add(matMulCase{d: d, m: s[0], n: s[1], k: s[2] * block, tb: true, bits: bits})
			}
			add(matMulCase{d: d, m: 5, n: 19, k: 2 * block, tb: true, bits: bits, alpha: 0.5, c: []int{19}})
			// Its gradient: n in blocks.
			for _, s := range [][3]int{{1, 1, 1}, {1, 2, 40}, {3, 2, 17}, {5, 1, 16}, {17, 2, 33}, {33, 1, 40}, {64, 3, 31}} {
				add(matMulCase{d: d, m: s[0], n: s[1] * block, k: s[2], bits: bits})
			}
			add(matMulCase{d: d, m: 5, n: block, k: 19, bits: bits, alpha: 0.5, c: []int{5, block}})
		}
	}
	return cases
}

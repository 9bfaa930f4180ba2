package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

// MatMulConfig are the variants of MatMul. The zero value is a · b.
type MatMulConfig struct {
	TransposeA bool // a is [K,M]
	TransposeB bool // b is [N,K]
	// Alpha multiplies the product; 0 means 1.
	Alpha float32
	// Activations allow a device to round a, with a scale for every 32 values or fewer, to integers of so many
	// bits, 8 or 16, where b is in blocks; with 16 it may round both operands to 14. 0 asks for f32.
	Activations int
	// C, of the product's shape or as long as its rows, is added. The zero Value adds nothing.
	C graph.Value
}

type matMul struct {
	ta, tb      bool
	alpha       float32
	activations int
}

// MatMul is alpha · a · b + C, f32 [M,N]. Three of the four transpositions exist:
//
//	a [M,K] · b [K,N]     b of any type
//	a [M,K] · b [N,K]ᵀ    b of any type
//	a [K,M]ᵀ · b [K,N]    b f32
func MatMul(a, b graph.Value, c MatMulConfig) graph.Value {
	o := matMul{c.TransposeA, c.TransposeB, c.Alpha, c.Activations}
	if o.alpha == 0 {
		o.alpha = 1
	}
	if c.C.Valid() {
		return graph.Apply1(o, a, b, c.C)
	}
	return graph.Apply1(o, a, b)
}

// Linear is x · wᵀ, x [T,in], w [out,in] of any type: [T,out].
func Linear(x, w graph.Value) graph.Value { return MatMul(x, w, MatMulConfig{TransposeB: true}) }

func (matMul) Name() string { return "matmul" }

func (o matMul) Attrs() []graph.Attr {
	return []graph.Attr{graph.Bool("ta", o.ta), graph.Bool("tb", o.tb), graph.Float("alpha", o.alpha), graph.Int("activations", o.activations)}
}

func (o matMul) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	weights := reals
	if o.ta {
		weights = f32
	}
	a, b := c.rank(0, f32, 2), c.rank(1, weights, 2)
	m, k, k2, n := a[0], a[1], b[0], b[1]
	if o.ta {
		m, k = k, m
	}
	if o.tb {
		k2, n = n, k2
	}
	c.must(!o.ta || !o.tb, "both operands are transposed, expected at most one")
	c.must(k == k2, "inner dimensions differ: %v%s x %v%s", a, mark(o.ta), b, mark(o.tb))
	c.must(o.activations == 0 || o.activations == 8 || o.activations == 16, "activations of %d bits, expected 8, 16 or 0", o.activations)
	if len(in) == 3 {
		s := c.typed(2, f32)
		c.must(s.Equal(tensor.Shape{m, n}) || s.Equal(tensor.Shape{n}), "c has shape %v, expected %v or %v", s, []int{m, n}, []int{n})
	}
	return c.gives(result(m, n))
}

// mark shows a transposition.
func mark(t bool) string {
	if t {
		return "ᵀ"
	}
	return ""
}

func (o matMul) Gradient(in, _, dout []graph.Value, want []bool) []graph.Value {
	a, b, dy := in[0], in[1], dout[0]
	product := func(a, b graph.Value, ta, tb bool) func() graph.Value {
		return func() graph.Value {
			return MatMul(a, b, MatMulConfig{TransposeA: ta, TransposeB: tb, Alpha: o.alpha, Activations: o.activations})
		}
	}
	each := make([]func() graph.Value, 2, 3)
	switch {
	case o.tb: // y = a·bᵀ
		each[0], each[1] = product(dy, b, false, false), product(dy, a, true, false)
	case o.ta: // y = aᵀ·b
		each[0], each[1] = product(b, dy, false, true), product(a, dy, false, false)
	default: // y = a·b
		each[0], each[1] = product(dy, b, false, true), product(a, dy, true, false)
	}
	if len(in) == 3 {
		each = append(each, func() graph.Value { return gathered(dy, in[2]) })
	}
	return wanted(want, each...)
}

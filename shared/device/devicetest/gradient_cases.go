package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// gradients has the cases of every op with a gradient.
var gradients = []struct {
	op    string
	cases func() []gradientCase
}{
	{"add", func() []gradientCase { return spreadGradients(op.Add) }},
	{"mul", func() []gradientCase { return spreadGradients(op.Mul) }},
	{"scale", func() []gradientCase {
		return function(func(x graph.Value) graph.Value { return op.Scale(x, -1.5) })
	}},
	{"scale_rows", func() []gradientCase {
		return []gradientCase{{"", []arg{trained(3, 5), trained(3)}, pair(op.ScaleRows)}}
	}},
	{"row_dot", func() []gradientCase {
		return []gradientCase{{"", []arg{trained(3, 5), trained(3, 5)}, pair(op.RowDot)}}
	}},
	{"sum", func() []gradientCase { return function(op.Sum) }},
	{"sum_rows", func() []gradientCase { return function(op.SumRows) }},
	{"rsqrt", func() []gradientCase {
		return function(func(x graph.Value) graph.Value { return op.Rsqrt(op.Mul(x, x)) })
	}},
	{"broadcast", func() []gradientCase {
		f := func(v []graph.Value) graph.Value { return op.Broadcast(v[0], 2, 3, 4) }
		return []gradientCase{{"", []arg{trained(1)}, f}}
	}},
	{"matmul", matMulGradients},
	{"rmsnorm", rmsNormGradients},
	{"layernorm", func() []gradientCase {
		f := func(v []graph.Value) graph.Value { return op.LayerNorm(v[0], v[1], v[2], 1e-5) }
		return []gradientCase{{"", []arg{trained(3, 7), trained(7), trained(7)}, f}}
	}},
	{"rope", ropeGradients},
	{"attention", attentionGradients},
	{"glu", func() (cases []gradientCase) {
		for a := range op.Acts {
			f := func(v []graph.Value) graph.Value { return op.GLU(v[0], v[1], a) }
			cases = append(cases, gradientCase{a.String(), []arg{trained(3, 5), trained(3, 5)}, f})
		}
		return cases
	}},
	{"activation", func() (cases []gradientCase) {
		for a := range op.Acts {
			f := func(v []graph.Value) graph.Value { return op.Activation(v[0], a) }
			cases = append(cases, gradientCase{a.String(), []arg{trained(3, 5)}, f})
		}
		return cases
	}},
	{"softmax", func() []gradientCase { return function(op.Softmax) }},
	{"cross_entropy", func() (cases []gradientCase) {
		for _, smoothing := range []float32{0, 0.2} {
			f := func(v []graph.Value) graph.Value { return op.CrossEntropy(v[0], v[1], smoothing) }
			cases = append(cases, gradientCase{fmt.Sprintf("smoothing=%g", smoothing), []arg{trained(7, 5), indexes(7, below(5))}, f})
		}
		return cases
	}},
	{"linear_cross_entropy", linearCrossEntropyGradients},
	{"gather", func() []gradientCase {
		return []gradientCase{{"", []arg{trained(4, 3), indexes(9, below(4))}, pair(op.Gather)}}
	}},
	{"scatter_add", func() []gradientCase {
		f := func(v []graph.Value) graph.Value { return op.ScatterAdd(v[0], v[1], 4) }
		return []gradientCase{{"", []arg{trained(9, 3), indexes(9, below(4))}, f}}
	}},
	{"dropout", func() []gradientCase {
		f := func(v []graph.Value) graph.Value { return op.Dropout(v[0], v[1], 0.4, 3) }
		seed := indexes(2, func(r *rand.Rand, _ int) int { return r.IntN(1000) })
		return []gradientCase{{"", []arg{trained(5, 7), seed}, f}}
	}},
	{"focal", func() (cases []gradientCase) {
		positive := trained(3, 5).with(each(func(r *rand.Rand) float64 { return 0.1 + 2*r.Float64() }))
		for _, gamma := range []float32{0.5, 2} {
			f := func(v []graph.Value) graph.Value { return op.Focal(v[0], gamma) }
			cases = append(cases, gradientCase{fmt.Sprintf("gamma=%g", gamma), []arg{positive}, f})
		}
		return cases
	}},
	{"noise", func() []gradientCase {
		f := func(v []graph.Value) graph.Value { return op.Noise(v[0], v[1], v[2], 3) }
		seed := indexes(2, func(r *rand.Rand, _ int) int { return r.IntN(1000) })
		return []gradientCase{{"", []arg{trained(5, 7), input(5), seed}, f}}
	}},
	{"sum_squares", func() []gradientCase { return function(op.SumSquares) }},
	{"cast", func() []gradientCase {
		return function(func(x graph.Value) graph.Value { return op.Cast(x, tensor.F32) })
	}},
	{"columns", func() []gradientCase {
		return function(func(x graph.Value) graph.Value { return op.Columns(x, 1, 3) })
	}},
	{"columns_grad", func() []gradientCase {
		return function(func(x graph.Value) graph.Value { return op.ColumnsGrad(x, 2, 8) })
	}},
}

// trained is an f32 operand that is differentiated, of values between 0.3 and 1.5 of both signs: ReLU has no
// derivative at 0.
func trained(shape ...int) arg {
	return input(shape...).of(graph.Param).with(each(func(r *rand.Rand) float64 {
		return math.Copysign(0.3+1.2*r.Float64(), r.Float64()-0.5)
	}))
}

func function(f func(x graph.Value) graph.Value) []gradientCase {
	return []gradientCase{{"", []arg{trained(3, 5)}, func(v []graph.Value) graph.Value { return f(v[0]) }}}
}

func pair(f func(a, b graph.Value) graph.Value) func(v []graph.Value) graph.Value {
	return func(v []graph.Value) graph.Value { return f(v[0], v[1]) }
}

func spreadGradients(f func(a, b graph.Value) graph.Value) []gradientCase {
	square := func(v []graph.Value) graph.Value { return f(v[0], v[0]) }
	return []gradientCase{
		{"same", []arg{trained(3, 5), trained(3, 5)}, pair(f)},
		{"rows", []arg{trained(3, 5), trained(5)}, pair(f)},
		{"single", []arg{trained(3, 5), trained(1)}, pair(f)},
		{"first only", []arg{trained(3, 5), input(5)}, pair(f)},
		{"second only", []arg{input(3, 5), trained(5)}, pair(f)},
		{"one operand twice", []arg{trained(3, 5)}, square},
	}
}

func matMulGradients() []gradientCase {
	f := func(c op.MatMulConfig) func(v []graph.Value) graph.Value {
		return func(v []graph.Value) graph.Value {
			if len(v) == 3 {
				c.C = v[2]
			}
			return op.MatMul(v[0], v[1], c)
		}
	}
	frozen := []gradientCase{}
	for _, d := range reals {
		b := d.BlockValues()
		frozen = append(frozen,
			gradientCase{"frozen " + d.String() + " b transposed", []arg{trained(2, b), weight(d, 17, b)}, f(op.MatMulConfig{TransposeB: true, Alpha: 0.1})},
			gradientCase{"frozen " + d.String(), []arg{trained(2, 3), weight(d, 3, b)}, f(op.MatMulConfig{})})
	}
	return append(frozen,
		gradientCase{"", []arg{trained(2, 3), trained(3, 4)}, f(op.MatMulConfig{})},
		gradientCase{"alpha and rows", []arg{trained(2, 3), trained(3, 4), trained(4)}, f(op.MatMulConfig{Alpha: -0.5})},
		gradientCase{"b transposed", []arg{trained(2, 3), trained(4, 3), trained(2, 4)}, f(op.MatMulConfig{TransposeB: true, Alpha: 2})},
		gradientCase{"b transposed and rows", []arg{trained(2, 3), trained(4, 3), trained(4)}, f(op.MatMulConfig{TransposeB: true})},
		gradientCase{"a transposed", []arg{trained(3, 2), trained(3, 4), trained(2, 4)}, f(op.MatMulConfig{TransposeA: true, Alpha: 3})},
		gradientCase{"second only", []arg{input(2, 3), trained(4, 3)}, f(op.MatMulConfig{TransposeB: true})},
	)
}

func rmsNormGradients() (cases []gradientCase) {
	for _, offset := range []float32{0, 1} {
		f := func(v []graph.Value) graph.Value { return op.RMSNorm(v[0], v[1], 1e-5, offset) }
		cases = append(cases,
			gradientCase{fmt.Sprintf("offset=%g", offset), []arg{trained(3, 7), trained(7)}, f},
			gradientCase{fmt.Sprintf("groups offset=%g", offset), []arg{trained(2, 12), trained(4)}, f},
			gradientCase{fmt.Sprintf("frozen bf16 offset=%g", offset), []arg{trained(2, 12), weight(tensor.BF16, 4)}, f})
	}
	return cases
}

func ropeGradients() (cases []gradientCase) {
	for _, interleaved := range []bool{false, true} {
		for _, inverse := range []bool{false, true} {
			f := func(v []graph.Value) graph.Value {
				return op.RoPE(v[0], v[1], v[2], op.RoPEConfig{HeadDim: 6, Interleaved: interleaved, Inverse: inverse, Scale: 1.2})
			}
			pos := indexes(3, func(_ *rand.Rand, i int) int { return 5 * i })
			args := []arg{trained(3, 12), pos, input(2).with(frequencies(10))}
			cases = append(cases, gradientCase{fmt.Sprintf("interleaved=%t inverse=%t", interleaved, inverse), args, f})
		}
	}
	return cases
}

func attentionGradients() (cases []gradientCase) {
	for _, a := range []attentionCase{
		{t: 1, s: 1, heads: 1, kv: 1, dim: 3, ranges: all},
		{t: 4, s: 4, heads: 2, kv: 1, dim: 3, ranges: causal},
		{t: 5, s: 5, heads: 2, kv: 2, dim: 2, ranges: bidirectional, softcap: 2},
		{t: 6, s: 6, heads: 1, kv: 1, dim: 4, ranges: sliding},
		{t: 4, s: 7, heads: 4, kv: 2, dim: 2, ranges: holes, prefix: 2},
		{t: 4, s: 7, heads: 4, kv: 2, dim: 2, ranges: holes, softcap: 3},
	} {
		lo, hi := a.ends()
		f := func(v []graph.Value) graph.Value {
			o, _ := op.Attention(v[0], v[1], v[2], v[3], v[4], a.config())
			return o
		}
		k := trained(a.s, a.kv*a.dim)
		cases = append(cases, gradientCase{a.name(), []arg{trained(a.t, a.heads*a.dim), k, k, lo, hi}, f})
	}
	return cases
}

func linearCrossEntropyGradients() []gradientCase {
	f := func(v []graph.Value) graph.Value {
		loss, _ := op.LinearCrossEntropy(v[0], v[1], v[2], 0)
		return loss
	}
	return []gradientCase{
		{"", []arg{trained(6, 4), trained(5, 4), indexes(6, below(5))}, f},
		{"frozen q8_0", []arg{trained(3, 32), weight(tensor.Q8_0, 5, 32).with(small), indexes(3, below(5))}, f},
	}
}

// small is q8_0 values a tenth of the usual size.
func small(r *rand.Rand, t *tensor.Tensor) {
	v := tensor.Make(tensor.Of(tensor.F32, t.Shape...))
	spread(0.1)(r, v)
	if err := quant.Encode(t.DType, t.Data, v.Floats()); err != nil {
		panic("BUG: devicetest: " + err.Error())
	}
}

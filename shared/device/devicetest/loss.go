package devicetest

import (
	"fmt"
	"math"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// classes are rows and classes.
var classes = [][2]int{{1, 1}, {1, 2}, {3, 5}, {7, 33}, {2, 1000}, {65, 17}, {3, 50257}}

func crossEntropyCases() (cases []testCase) {
	for _, s := range classes {
		for _, smoothing := range []float32{0, 0.1} {
			f := of2(func(logits, target graph.Value) graph.Value { return op.CrossEntropy(logits, target, smoothing) })
			for _, scale := range []float64{1, 20} {
				args := []arg{input(s[0], s[1]).with(spread(scale)), indexes(s[0], below(s[1]))}
				cases = append(cases, testCase{fmt.Sprintf("%v smoothing=%g scale=%g", s, smoothing, scale), args, f, withFloor(functions, scale)})
			}
		}
	}
	return cases
}

func crossEntropyGradCases() (cases []testCase) {
	for _, s := range classes {
		for _, smoothing := range []float32{0, 0.1} {
			f := one(func(v []graph.Value) graph.Value { return op.CrossEntropyGrad(v[0], v[1], v[2], smoothing) })
			for _, scale := range []float64{1, 20} {
				args := []arg{input(s[0], s[1]).with(spread(scale)), indexes(s[0], below(s[1])), input(s[0])}
				cases = append(cases, testCase{fmt.Sprintf("%v smoothing=%g scale=%g", s, smoothing, scale), args, f, withFloor(functions, 0.1)})
			}
		}
	}
	return cases
}

// rms is the root of the mean of the squares.
func rms(t *tensor.Tensor) float64 {
	s := 0.0
	for _, v := range floats(t) {
		s += float64(v) * float64(v)
	}
	return math.Sqrt(s / float64(t.Shape.Len()))
}

// logits is the size of the logits h·wᵀ, at least 1.
func logits(args []*tensor.Tensor) float64 {
	return max(1, rms(args[0])*rms(args[1])*math.Sqrt(float64(args[0].Shape.Cols())))
}

// uniform repeats one magnitude for n values.
func uniform(n int, m float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = m
	}
	return out
}

func linearCrossEntropyCases() (cases []testCase) {
	add := func(d tensor.DType, t, width, v, bits int) {
		f := func(x []graph.Value) []graph.Value {
			loss, dh := op.LinearCrossEntropy(x[0], x[1], x[2], bits)
			return []graph.Value{loss, dh}
		}
		relative := integerSums(d, bits, true) // dh goes across
		bounds := []bound{
			{relative: integerSums(d, bits, false), magnitude: func(args []*tensor.Tensor) []float64 { return uniform(t, logits(args)) }},
			// A logit's error is that of its probability, and dh is a sum of rows of w by probabilities.
			{relative: relative, magnitude: func(args []*tensor.Tensor) []float64 { return uniform(t*width, 2*rms(args[1])*logits(args)) }},
		}
		args := []arg{input(t, width).with(spread(0.3)), weight(d, v, width), indexes(t, below(v))}
		cases = append(cases, testCase{fmt.Sprintf("%v %d rows of %d, %d classes, activations=%d", d, t, width, v, bits), args, f, bounds})
	}
	for _, s := range [][3]int{{1, 1, 1}, {3, 7, 5}, {17, 64, 33}, {5, 96, 1000}, {70, 32, 300}, {2, 16, 5000}} {
		for _, d := range plain {
			add(d, s[0], s[1], s[2], 0)
		}
	}
	for _, d := range blocks {
		for _, bits := range []int{0, 16, 8} {
			add(d, 1, d.BlockValues(), 1, bits)
			add(d, 5, 2*d.BlockValues(), 37, bits)
			add(d, 18, d.BlockValues(), 300, bits)
		}
	}
	return cases
}

func linearCrossEntropyGradWCases() (cases []testCase) {
	f := one(func(v []graph.Value) graph.Value { return op.LinearCrossEntropyGradW(v[0], v[1], v[2], v[3]) })
	for _, s := range [][3]int{{1, 1, 1}, {3, 7, 5}, {17, 64, 33}, {5, 96, 1000}, {70, 32, 300}, {2, 16, 5000}} {
		t, width, v := s[0], s[1], s[2]
		args := []arg{input(t, width).with(spread(0.3)), input(v, width).of(graph.Param), indexes(t, below(v)), input(t)}
		cases = append(cases, testCase{fmt.Sprint(s), args, f, withFloor(5*sums, 0.1)})
	}
	return cases
}

package devicetest

import (
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

var (
	inf          = float32(math.Inf(1))
	negativeZero = math.Copysign(0, -1)
)

// norms makes a magnitude for sums over columns or rows: the root of the sum of the squares of the terms.
func norms(results func(t *tensor.Tensor) int, index func(t *tensor.Tensor, i int) int, terms func(args []*tensor.Tensor, i int) float64) func([]*tensor.Tensor) []float64 {
	return func(args []*tensor.Tensor) []float64 {
		m := make([]float64, results(args[0]))
		for i := range args[0].Floats() {
			v := terms(args, i)
			m[index(args[0], i)] += v * v
		}
		for i := range m {
			m[i] = math.Sqrt(m[i])
		}
		return m
	}
}

func first(args []*tensor.Tensor, i int) float64 { return float64(args[0].Floats()[i]) }
func product(args []*tensor.Tensor, i int) float64 {
	return first(args, i) * float64(args[1].Floats()[i])
}
func single(*tensor.Tensor) int            { return 1 }
func toSingle(*tensor.Tensor, int) int     { return 0 }
func columns(t *tensor.Tensor) int         { return t.Shape.Cols() }
func toColumn(t *tensor.Tensor, i int) int { return i % t.Shape.Cols() }
func rowsOf(t *tensor.Tensor) int          { return t.Shape.Rows() }
func toRow(t *tensor.Tensor, i int) int    { return i / t.Shape.Cols() }

// long are sums over many values.
var long = [][]int{{100003}, {1, 70001}, {70001, 1}, {1030, 65}, {3, 4, 5, 6}}

func sumCases() []testCase {
	b := []bound{{relative: sums, magnitude: norms(single, toSingle, first)}}
	cases := forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{input(t, d)}, of1(op.Sum), b}}
	})
	for _, s := range long {
		cases = append(cases, testCase{tensor.Of(tensor.F32, s...).String(), []arg{input(s...)}, of1(op.Sum), b})
	}
	return cases
}

func sumRowsCases() []testCase {
	b := []bound{{relative: sums, magnitude: norms(columns, toColumn, first)}}
	cases := forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{input(t, d)}, of1(op.SumRows), b}}
	})
	for _, s := range long {
		cases = append(cases, testCase{tensor.Of(tensor.F32, s...).String(), []arg{input(s...)}, of1(op.SumRows), b})
	}
	return cases
}

func rowDotCases() []testCase {
	b := []bound{{relative: sums, magnitude: norms(rowsOf, toRow, product)}}
	return forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{input(t, d), input(t, d)}, of2(op.RowDot), b}}
	})
}

func sumSquaresCases() []testCase {
	cases := forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{input(t, d)}, of1(op.SumSquares), within(sums)}}
	})
	for _, s := range long {
		cases = append(cases, testCase{tensor.Of(tensor.F32, s...).String(), []arg{input(s...)}, of1(op.SumSquares), within(sums)})
	}
	return cases
}

func argmaxCases() []testCase {
	few := each(func(r *rand.Rand) float64 { return float64(r.IntN(3)) }) // many equal
	masked := each(func(r *rand.Rand) float64 {
		if r.IntN(2) == 0 {
			return math.Inf(-1)
		}
		return r.NormFloat64()
	})
	return forEach(func(t, n int) []testCase {
		return []testCase{
			{"", []arg{input(t, n)}, of1(op.Argmax), within(exact)},
			{"ties", []arg{input(t, n).with(few)}, of1(op.Argmax), within(exact)},
			{"infinite", []arg{input(t, n).with(masked)}, of1(op.Argmax), within(exact)},
		}
	})
}

func clipScaleCases() (cases []testCase) {
	for _, limit := range []float32{0, 1, 0.5, 1e6} {
		f := func(v []graph.Value) []graph.Value {
			scale, norm := op.ClipScale(v[0], limit)
			return []graph.Value{scale, norm}
		}
		for name, total := range map[string]float32{"zero": 0, "small": 1e-10, "one": 1, "large": 12345, "huge": 1e30} {
			cases = append(cases, testCase{name + " " + show(tensor.FromFloats([]float32{limit}, 1), 0), []arg{values(total)}, f, within(rounded)})
		}
	}
	return cases
}

package devicetest

import (
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// spreadCases are those of add and mul: both of one shape, and the second repeated.
func spreadCases(f func(a, b graph.Value) graph.Value) []testCase {
	cases := forEach(func(t, d int) []testCase {
		return []testCase{
			{"same", []arg{input(t, d), input(t, d)}, of2(f), within(exact)},
			{"rows", []arg{input(t, d), input(d)}, of2(f), within(exact)},
			{"single", []arg{input(t, d), input(1)}, of2(f), within(exact)},
		}
	})
	return append(cases,
		testCase{"vectors", []arg{input(37), input(37)}, of2(f), within(exact)},
		testCase{"vector and single", []arg{input(37), input(1)}, of2(f), within(exact)},
		testCase{"rank 3", []arg{input(3, 5, 9), input(9)}, of2(f), within(exact)},
		testCase{"rank 4", []arg{input(2, 3, 5, 7), input(2, 3, 5, 7)}, of2(f), within(exact)},
	)
}

func addCases() []testCase { return spreadCases(op.Add) }
func mulCases() []testCase { return spreadCases(op.Mul) }

func scaleCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for name, by := range map[string]float32{"third": 1. / 3, "zero": 0, "minus": -2.5} {
			scale := func(x graph.Value) graph.Value { return op.Scale(x, by) }
			cases = append(cases, testCase{name, []arg{input(t, d)}, of1(scale), within(exact)})
		}
		return cases
	})
}

// rsqrtCases take squares, from tiny to large.
func rsqrtCases() []testCase {
	positive := each(func(r *rand.Rand) float64 { return math.Exp(40 * (r.Float64() - 0.5)) })
	return forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{input(t, d).with(positive)}, of1(op.Rsqrt), within(rounded)}}
	})
}

func scaleRowsCases() []testCase {
	return forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{input(t, d), input(t)}, of2(op.ScaleRows), within(exact)}}
	})
}

func broadcastCases() (cases []testCase) {
	for _, s := range []tensor.Shape{{1}, {7}, {1000}, {1, 1}, {3, 5}, {64, 257}, {2, 3, 5}, {2, 3, 5, 7}} {
		f := func(x graph.Value) graph.Value { return op.Broadcast(x, s...) }
		cases = append(cases, testCase{tensor.Spec{DType: tensor.F32, Shape: s}.String(), []arg{input(1)}, of1(f), within(exact)})
	}
	return cases
}

func castCases() (cases []testCase) {
	odd := values(0, float32(negativeZero), 1, -1, 65504, 65519, 65520, 1e30, -1e30, 6e-8, 3e-8, 2.9e-8, 6.1e-5, 1e-40, 1.00048828125, 1.00146484375,
		1.00390625, 1.01171875, 3.4e38, inf, -inf)
	for _, to := range plain {
		f := of1(func(x graph.Value) graph.Value { return op.Cast(x, to) })
		cases = append(cases, testCase{"edges to " + to.String(), []arg{odd}, f, within(exact)})
		for _, from := range reals {
			b := map[tensor.DType]float64{tensor.F32: rounded, tensor.F16: 1e-3, tensor.BF16: 8e-3}[to] // an ulp of the type
			if !from.IsBlock() {
				b = exact
			}
			for _, shape := range [][]int{{1, 1}, {3, 2}, {67, 1}, {5, 3}} {
				n := []int{shape[0], shape[1] * from.BlockValues()}
				cases = append(cases, testCase{tensor.Of(from, n...).String() + " to " + to.String(), []arg{weight(from, n...)}, f, within(b)})
			}
		}
	}
	return cases
}

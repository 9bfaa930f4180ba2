package devicetest

import (
	"fmt"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
)

// losses are cross-entropies: from none to hopeless.
var losses = each(func(r *rand.Rand) float64 { x := r.NormFloat64(); return 3 * x * x })

func focalCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for _, gamma := range []float32{0, 0.5, 2} {
			f := of1(func(x graph.Value) graph.Value { return op.Focal(x, gamma) })
			cases = append(cases, testCase{fmt.Sprintf("gamma=%g", gamma), []arg{input(t, d).with(losses)}, f, within(functions)})
		}
		return append(cases, testCase{"no loss", []arg{input(t, d).with(zero)}, of1(func(x graph.Value) graph.Value { return op.Focal(x, 2) }), within(exact)})
	})
}

func focalGradCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for _, gamma := range []float32{0, 0.5, 2} {
			f := one(func(v []graph.Value) graph.Value { return op.FocalGrad(v[0], v[1], gamma) })
			cases = append(cases, testCase{fmt.Sprintf("gamma=%g", gamma), []arg{input(t, d).with(losses), input(t, d)}, f, within(functions)})
		}
		return cases
	})
}

func noiseCases() []testCase {
	return forEach(func(t, d int) (cases []testCase) {
		for _, stream := range []int{0, 7} {
			f := one(func(v []graph.Value) graph.Value { return op.Noise(v[0], v[1], v[2], stream) })
			seed := indexes(2, func(r *rand.Rand, _ int) int { return int(int32(r.Uint32())) })
			cases = append(cases, testCase{fmt.Sprintf("stream=%d", stream), []arg{input(t, d), input(t).with(squared), seed}, f, withFloor(rounded, 4)})
		}
		return cases
	})
}

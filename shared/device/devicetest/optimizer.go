package devicetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

func adamWCases() []testCase {
	squares := each(func(r *rand.Rand) float64 { x := r.NormFloat64(); return x * x })
	zeros := zero
	return forEach(func(t, d int) (cases []testCase) {
		for _, decay := range []float32{0, 0.01} {
			config := op.AdamWConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: decay}
			f := func(v []graph.Value) []graph.Value {
				p, m, w := op.AdamW(v[0], v[1], v[2], v[3], v[4], config)
				return []graph.Value{p, m, w}
			}
			p, m, v := state(tensor.F32, t, d).of(graph.Param), state(tensor.F32, t, d), state(tensor.F32, t, d).with(squares)
			cases = append(cases,
				testCase{fmt.Sprintf("decay=%g first step", decay), []arg{p, m.with(zeros), v.with(zeros), input(t, d), values(config.Hyper(1, 1e-3, 1)...)}, f, within(rounded)},
				testCase{fmt.Sprintf("decay=%g step 1000", decay), []arg{p, m, v, input(t, d), values(config.Hyper(1000, 2e-4, 0.3)...)}, f, within(rounded)},
				testCase{fmt.Sprintf("decay=%g no gradient", decay), []arg{p, m.with(zeros), v.with(zeros), input(t, d).with(zeros), values(config.Hyper(3, 1e-3, 1)...)}, f, within(rounded)})
		}
		return cases
	})
}

func accumulateCases() []testCase {
	f := one(func(v []graph.Value) graph.Value { return op.Accumulate(v[0], v[1], v[2]) })
	nan := each(func(*rand.Rand) float64 { return math.NaN() })
	return forEach(func(t, d int) []testCase {
		return []testCase{
			{"keep 1", []arg{state(tensor.F32, t, d), input(t, d), values(1)}, f, within(exact)},
			{"keep 0", []arg{state(tensor.F32, t, d).with(nan), input(t, d), values(0)}, f, within(exact)},
			{"keep 0.3", []arg{state(tensor.F32, t, d), input(t, d), values(0.3)}, f, withFloor(rounded, 1)},
		}
	})
}

package devicetest

import (
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// hyper is the numbers of a step: the rate, Adafactor's or Adam's second number, Adam's third, the gradients' scale.
var hyper = values(1e-3, 0.57, 0.01, 0.3)

// squared are values of second moments.
var squared = each(func(r *rand.Rand) float64 { x := r.NormFloat64(); return 0.01 + x*x })

func lionCases() []testCase {
	return forEach(func(t, d int) []testCase {
		f := func(v []graph.Value) []graph.Value {
			p, m := op.Lion(v[0], v[1], v[2], v[3], op.LionConfig{Beta1: 0.9, Beta2: 0.99, WeightDecay: 0.1})
			return []graph.Value{p, m}
		}
		p, m := state(tensor.F32, t, d).of(graph.Param), state(tensor.F32, t, d)
		return []testCase{
			{"", []arg{p, m, input(t, d), hyper}, f, within(rounded)},
			{"no gradient, no momentum", []arg{p, m.with(zero), input(t, d).with(zero), hyper}, f, within(rounded)},
		}
	})
}

func zero(*rand.Rand, *tensor.Tensor) {}

// codes is a u8 operand of any codes.
func codes(shape ...int) arg {
	return state(tensor.U8, shape...).with(func(r *rand.Rand, t *tensor.Tensor) {
		for i := range t.Data {
			t.Data[i] = byte(r.Uint32())
		}
	})
}

func adamW8BitCases() []testCase {
	config := op.AdamWConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01}
	f := func(v []graph.Value) []graph.Value {
		return op.AdamW8Bit(v[0], v[1], v[2], v[3], v[4], v[5], v[6], config)
	}
	return forEach(func(t, d int) []testCase {
		blocks := quant.DynamicSigned.Blocks(t * d)
		p, scales := state(tensor.F32, t, d).of(graph.Param), state(tensor.F32, blocks).with(squared)
		// Codes are exact to the bit: rounding to them decides, so a kernel computes moments as the loop does.
		return []testCase{
			{"first step", []arg{p, codes(t, d).with(zero), scales.with(zero), codes(t, d).with(zero), scales.with(zero), input(t, d), values(config.Hyper(1, 1e-3, 1)...)}, f, within(rounded)},
			{"later", []arg{p, codes(t, d), scales, codes(t, d), scales, input(t, d), values(config.Hyper(100, 1e-3, 0.3)...)}, f, within(rounded)},
		}
	})
}

func adafactorCases() []testCase {
	f := func(v []graph.Value) []graph.Value {
		p, r, c := op.Adafactor(v[0], v[1], v[2], v[3], v[4], 0.1)
		return []graph.Value{p, r, c}
	}
	return forEach(func(t, d int) []testCase {
		p, rows, cols := state(tensor.F32, t, d).of(graph.Param), state(tensor.F32, t).with(squared), state(tensor.F32, d).with(squared)
		return []testCase{
			{"first step", []arg{p, rows.with(zero), cols.with(zero), input(t, d), values(1e-3, 0, 0, 1)}, f, within(functions)},
			{"later", []arg{p, rows, cols, input(t, d), hyper}, f, within(functions)},
		}
	})
}

func adafactorVectorCases() []testCase {
	f := func(v []graph.Value) []graph.Value {
		p, m := op.AdafactorVector(v[0], v[1], v[2], v[3], 0.1)
		return []graph.Value{p, m}
	}
	return forEach(func(t, d int) []testCase {
		p, v := state(tensor.F32, t, d).of(graph.Param), state(tensor.F32, t, d).with(squared)
		return []testCase{{"", []arg{p, v, input(t, d), hyper}, f, within(functions)}}
	})
}

func normalizeCases() []testCase {
	f := of1(func(x graph.Value) graph.Value { return op.Normalize(x, 1e-7) })
	return forEach(func(t, d int) []testCase {
		return []testCase{
			{"", []arg{input(t, d)}, f, within(functions)},
			{"zeros", []arg{input(t, d).with(zero)}, f, within(exact)},
		}
	})
}

func descendCases() []testCase {
	f := one(func(v []graph.Value) graph.Value { return op.Descend(v[0], v[1], v[2], 0.7, 0.1) })
	return forEach(func(t, d int) []testCase {
		return []testCase{{"", []arg{state(tensor.F32, t, d).of(graph.Param), input(t, d), hyper}, f, within(rounded)}}
	})
}

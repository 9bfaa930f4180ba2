package devicetest

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/quant"
	"graft/shared/tensor"
)

// filler makes the values of an operand.
type filler func(r *rand.Rand, t *tensor.Tensor)

// input is an f32 operand with normally distributed values.
func input(shape ...int) arg { return arg{tensor.Of(tensor.F32, shape...), graph.Input, normal} }

// weight is an operand of any type of real numbers that does not change.
func weight(d tensor.DType, shape ...int) arg {
	return arg{tensor.Of(d, shape...), graph.Weight, normal}
}

// state is an operand that is kept between runs and may be overwritten.
func state(d tensor.DType, shape ...int) arg { return arg{tensor.Of(d, shape...), graph.State, normal} }

// indexes is an i32 operand.
func indexes(n int, f func(r *rand.Rand, i int) int) arg {
	return arg{tensor.Of(tensor.I32, n), graph.Input, func(r *rand.Rand, t *tensor.Tensor) {
		for i := range t.Ints() {
			t.Ints()[i] = int32(f(r, i))
		}
	}}
}

// below picks at random from [0,n), and one in eight times less than 0, which means none.
func below(n int) func(r *rand.Rand, i int) int {
	return func(r *rand.Rand, _ int) int {
		if r.IntN(8) == 0 {
			return -1 - r.IntN(3)
		}
		return r.IntN(n)
	}
}

// values is an f32 operand with these values.
func values(v ...float32) arg {
	return arg{tensor.Of(tensor.F32, len(v)), graph.Input, func(_ *rand.Rand, t *tensor.Tensor) { copy(t.Floats(), v) }}
}

// with replaces the way the values are made.
func (a arg) with(f filler) arg { a.fill = f; return a }

// of replaces the kind.
func (a arg) of(k graph.Kind) arg { a.kind = k; return a }

// each makes f32 values one by one.
func each(f func(r *rand.Rand) float64) filler {
	return func(r *rand.Rand, t *tensor.Tensor) {
		for i := range t.Floats() {
			t.Floats()[i] = float32(f(r))
		}
	}
}

// spread is normal values with a standard deviation.
func spread(deviation float64) filler {
	return each(func(r *rand.Rand) float64 { return r.NormFloat64() * deviation })
}

// normal is normal values of any type, with the deviation 1.
func normal(r *rand.Rand, t *tensor.Tensor) {
	v := make([]float32, t.Shape.Len())
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	if quant.Encode(t.DType, t.Data, v) == nil {
		return
	}
	randomBlocks(r, t)
}

// scales tells where the f16 scales are in the blocks of formats that are only read. Everything else in a block
// may be any bits.
var scales = map[tensor.DType][]int{
	tensor.Q5_0:   {0},
	tensor.Q5_1:   {0, 2},
	tensor.Q2_K:   {80, 82},
	tensor.Q3_K:   {108},
	tensor.Q4_K:   {0, 2},
	tensor.Q5_K:   {0, 2},
	tensor.Q6_K:   {208},
	tensor.IQ4_NL: {0},
}

func randomBlocks(r *rand.Rand, t *tensor.Tensor) {
	for i := range t.Data {
		t.Data[i] = byte(r.Uint32())
	}
	size := t.DType.BlockBytes()
	for b := 0; b < len(t.Data); b += size {
		for _, at := range scales[t.DType] {
			f := float32(0.01 * math.Exp(r.NormFloat64()/2))
			binary.LittleEndian.PutUint16(t.Data[b+at:], tensor.F16FromF32(f))
		}
	}
}

// floats is the values of t as f32, whatever its type.
func floats(t *tensor.Tensor) []float32 {
	v := make([]float32, t.Shape.Len())
	quant.Decode(t.DType, v, t.Data)
	return v
}

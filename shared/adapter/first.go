package adapter

import (
	"math"
	"math/rand/v2"
)

// First values of tensors, as PyTorch draws them.

// uniform is n values between -bound and bound.
func uniform(r *rand.Rand, n int, bound float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32((2*r.Float64() - 1) * bound)
	}
	return v
}

// normal is n values of mean 0 and that deviation.
func normal(r *rand.Rand, n int, deviation float64) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64() * deviation)
	}
	return v
}

// ones is n ones.
func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// kaiming is kaiming_uniform(a=√5) of a matrix with in columns: U(±1/√in), also that of nn.Linear's bias.
func kaiming(r *rand.Rand, n, in int) []float32 { return uniform(r, n, 1/math.Sqrt(float64(in))) }

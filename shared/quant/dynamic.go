package quant

import (
	"math"
	"slices"
)

// dynamicMap is bitsandbytes' signed 8-bit dynamic map: 256 ascending values in (-1, 1] that spend a shrinking
// number of bits on the fraction as the exponent falls from 10⁰ to 10⁻⁶ (8-Bit Approximations for Parallelism in
// Deep Learning, arXiv:1511.04561). The scales of NF4 blocks are stored in it when quantised a second time.
var dynamicMap = makeDynamicMap(true)

// makeDynamicMap makes the map. Without signs it is of [0, 1] and has twice as many intervals.
func makeDynamicMap(signed bool) (m [256]float32) {
	const exponents = 7
	v := make([]float32, 0, len(m))
	for e := range exponents {
		// 2^e intervals of [0.1, 1]; the map holds their middles, scaled by a power of ten.
		intervals := 1 << e
		if !signed {
			intervals *= 2
		}
		edges := linspace(0.1, 1, intervals+1)
		scale := float32(math.Pow10(e - exponents + 1))
		for i := range edges[1:] {
			x := scale * ((edges[i] + edges[i+1]) / 2)
			if v = append(v, x); signed {
				v = append(v, -x)
			}
		}
	}
	v = append(v, 0, 1)
	slices.Sort(v)
	copy(m[:], v)
	return m
}

// linspace is n values from lo to hi, computed from the nearer end with a fused multiply-add as torch.linspace
// does: product and sum are exact in float64, so there is one rounding.
func linspace(lo, hi float32, n int) []float32 {
	v := make([]float32, n)
	step := float64((hi - lo) / float32(n-1))
	for i := range v {
		if i < n/2 {
			v[i] = float32(float64(lo) + step*float64(i))
		} else {
			v[i] = float32(float64(hi) - step*float64(n-i-1))
		}
	}
	return v
}

// dynamicSearch is the code nearest to x, found by descent from the middle of the map as bitsandbytes' CUDA
// kernel does. A tie goes to the value the descent ended on, which may be the upper or the lower one.
func dynamicSearch(x float32) byte {
	pivot, lower, upper := 127, 0, 255
	for step := 64; step > 0; step /= 2 {
		if x > dynamicMap[pivot] {
			lower = pivot
			pivot += step
		} else {
			upper = pivot
			pivot -= step
		}
	}
	switch v := dynamicMap[pivot]; {
	case x > v && x > (dynamicMap[upper]+v)*0.5:
		return byte(upper)
	case !(x > v) && x < (dynamicMap[lower]+v)*0.5:
		return byte(lower)
	}
	return byte(pivot)
}

// dynamicTable is the code bitsandbytes' CPU kernel picks: [-1, 1] is cut into 65536 bins and x gets the code
// nearest to its bin, which near zero is not always the one nearest to x.
func dynamicTable(x float32) byte {
	x = min(max(x, -1), 1)
	// One rounding after product and sum: the library is built with fused multiply-add. Both are exact in float64.
	bin := float32(float64((x+1)*0.5)*65535 + 0.5)
	v := -1 + float32(2*float32(uint16(bin)))/65535
	// The number of midpoints below v.
	code, _ := slices.BinarySearch(dynamicBounds[:], v)
	return byte(code)
}

// dynamicBounds are the midpoints between neighbours in the map.
var dynamicBounds = func() (b [255]float32) {
	for i := range b {
		b[i] = 0.5 * (dynamicMap[i] + dynamicMap[i+1])
	}
	return b
}()

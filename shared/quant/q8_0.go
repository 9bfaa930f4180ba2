package quant

import "math"

// Q8_0: 32 values, x = d·q.
//
//	float16 d, int8 q[32]

func decodeQ8_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[34:] {
		d := f16(src)
		for j, q := range src[2:34] {
			dst[j] = d * float32(int8(q))
		}
	}
}

func encodeQ8_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[34:], src[32:] {
		var top float32
		for _, v := range src[:32] {
			top = max(top, abs(v))
		}
		d := top / 127
		putF16(dst, d)
		inv := inverse(d)
		for j, v := range src[:32] {
			dst[2+j] = byte(roundInt8(v * inv))
		}
	}
}

// roundInt8 rounds half away from zero, as C's roundf, and saturates; NaN becomes 0. The sum is exact in float64.
func roundInt8(v float32) int8 {
	switch {
	case v >= 127:
		return 127
	case v >= 0:
		return int8(float64(v) + 0.5)
	case v > -128:
		return int8(float64(v) - 0.5)
	case v <= -128:
		return -128
	}
	return 0
}

// inverse is 1/d, or 0 for 0: a block of zeros has codes of zero.
func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

package quant

// Q4_1: 32 values, x = d·q + m, where m is the smallest value.
//
//	float16 d, float16 m, uint8 q[16]: nibbles as in Q4_0

func decodeQ4_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[20:] {
		d, m := f16(src), f16(src[2:])
		for j, q := range src[4:20] {
			dst[j] = float32(d*float32(q&15)) + m
			dst[j+16] = float32(d*float32(q>>4)) + m
		}
	}
}

func encodeQ4_1(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[20:], src[32:] {
		lo, hi := extremes(src[:32])
		d := (hi - lo) / 15
		putF16(dst, d)
		putF16(dst[2:], lo)
		inv := inverse(d)
		for j := range 16 {
			dst[4+j] = nibble(float32((src[j]-lo)*inv)+0.5) | nibble(float32((src[j+16]-lo)*inv)+0.5)<<4
		}
	}
}

// extremes are the least and the largest value.
func extremes(v []float32) (low, high float32) {
	low, high = v[0], v[0]
	for _, x := range v[1:] {
		if x < low {
			low = x
		}
		if x > high {
			high = x
		}
	}
	return low, high
}

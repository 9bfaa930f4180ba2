package quant

// Q4_0: 32 values, x = d·(q-8). The value largest in magnitude has the code 0, so d carries its sign.
//
//	float16 d, uint8 q[16]: value j in the low nibble of byte j, value j+16 in the high one

func decodeQ4_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		d := f16(src)
		for j, q := range src[2:18] {
			dst[j] = d * float32(int(q&15)-8)
			dst[j+16] = d * float32(int(q>>4)-8)
		}
	}
}

func encodeQ4_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[18:], src[32:] {
		var top, extreme float32
		for _, v := range src[:32] {
			if a := abs(v); top < a {
				top, extreme = a, v
			}
		}
		d := extreme / -8
		putF16(dst, d)
		inv := inverse(d)
		for j := range 16 {
			dst[2+j] = nibble(float32(src[j]*inv)+8.5) | nibble(float32(src[j+16]*inv)+8.5)<<4
		}
	}
}

// nibble truncates v to an integer in 0…15. Callers add the half that makes this rounding, with the product
// converted to float32 before the sum: a fused multiply-add would round ties otherwise than ggml's reference.
func nibble(v float32) byte { return truncated(v, 15) }

// truncated is v as an integer in 0…top.
func truncated(v float32, top byte) byte {
	switch {
	case v >= float32(top):
		return top
	case v > 0:
		return byte(v)
	}
	return 0
}

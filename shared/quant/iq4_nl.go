package quant

// IQ4_NL: 32 values, x = d·level[q], with levels closer together near zero.
//
//	float16 d, uint8 q[16]: nibbles as in Q4_0

var levelsIQ4_NL = [16]float32{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

func decodeIQ4_NL(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[18:] {
		d := f16(src)
		for j, q := range src[2:18] {
			dst[j] = d * levelsIQ4_NL[q&15]
			dst[j+16] = d * levelsIQ4_NL[q>>4]
		}
	}
}

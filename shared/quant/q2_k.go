package quant

// Q2_K: 256 values in 16 groups of 16, x = d·s·q - m·t.
//
//	uint8 st[16]: s in the low nibble, t in the high one, for each group
//	uint8 q[64]: two bits each; byte j of a half's 32 holds values j, j+32, j+64, j+96 of that half
//	float16 d, float16 m

func decodeQ2_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[84:] {
		scales, codes := src[:16], src[16:80]
		d, m := f16(src[80:]), f16(src[82:])
		for group, st := range scales {
			scale, least := d*float32(st&15), m*float32(st>>4)
			half, shift, first := group/8, group%8/2*2, group%2*16
			for j, q := range codes[half*32+first:][:16] {
				dst[group*16+j] = float32(scale*float32(q>>shift&3)) - least
			}
		}
	}
}

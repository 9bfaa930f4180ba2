package quant

// Q5_K: 256 values in 8 groups of 32, x = d·s·q - m·t.
//
//	float16 d, float16 m
//	uint8 st[12]: as in Q4_K
//	uint8 h[32]: fifth bits; bit g of byte j belongs to value j of group g
//	uint8 q[128]: low four bits as in Q4_K

func decodeQ5_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[176:] {
		d, m, high := f16(src), f16(src[2:]), src[16:48]
		for group := range 8 {
			s, t := scaleMinK(src[4:16], group)
			scale, least := d*float32(s), m*float32(t)
			shift := group % 2 * 4
			for j, q := range src[48+group/2*32:][:32] {
				code := q>>shift&15 | high[j]>>group&1<<4
				dst[group*32+j] = float32(scale*float32(code)) - least
			}
		}
	}
}

func encodeQ5_K(dst []byte, src []float32) {
	var codes [256]byte
	for ; len(src) > 0; dst, src = dst[176:], src[256:] {
		fitGroups(dst, &codes, src[:256], 31, -0.5, 15)
		clear(dst[16:176])
		for i, q := range codes {
			group, j := i/32, i%32
			dst[16+j] |= q >> 4 << group
			dst[48+group/2*32+j] |= q & 15 << (group % 2 * 4)
		}
	}
}

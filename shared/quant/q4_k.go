package quant

// Q4_K: 256 values in 8 groups of 32, x = d·s·q - m·t.
//
//	float16 d, float16 m
//	uint8 st[12]: six bits of s and of t for each group
//	uint8 q[128]: byte j of the 32 that two groups share holds value j of the first in its low nibble, of the
//	second in its high one

func decodeQ4_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[144:] {
		d, m := f16(src), f16(src[2:])
		for group := range 8 {
			s, t := scaleMinK(src[4:16], group)
			scale, least := d*float32(s), m*float32(t)
			shift := group % 2 * 4
			for j, q := range src[16+group/2*32:][:32] {
				dst[group*32+j] = float32(scale*float32(q>>shift&15)) - least
			}
		}
	}
}

// scaleMinK unpacks the six-bit scale and minimum of one of eight groups. The first four groups have theirs in
// the low bits of bytes 0…3 and 4…7; the others take four bits of bytes 8…11 and the two high bits left over.
func scaleMinK(b []byte, group int) (s, t byte) {
	if group < 4 {
		return b[group] & 63, b[group+4] & 63
	}
	return b[group+4]&15 | b[group-4]>>6<<4, b[group+4]>>4 | b[group]>>6<<4
}

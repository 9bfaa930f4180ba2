package quant

import "encoding/binary"

// Q3_K: 256 values in 16 groups of 16, x = d·(s-32)·(q-4).
//
//	uint8 h[32]: third bits; bit k of byte j belongs to value 32k+j
//	uint8 q[64]: low two bits, laid out as in Q2_K
//	uint8 s[12]: six bits for each group
//	float16 d

func decodeQ3_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[110:] {
		high, codes, d := src[:32], src[32:96], f16(src[108:])
		for group, s := range scalesQ3_K(src[96:108]) {
			scale := d * float32(int(s)-32)
			half, shift, first := group/8, group%8/2*2, group%2*16
			for j, q := range codes[half*32+first:][:16] {
				third := high[first+j] >> (group / 2) & 1
				dst[group*16+j] = scale * float32(int(q>>shift&3|third<<2)-4)
			}
		}
	}
}

// scalesQ3_K unpacks 16 scales of six bits: the low four bits are nibbles of the first two words, the high two
// bits are pairs in the third.
func scalesQ3_K(b []byte) (s [16]byte) {
	high := binary.LittleEndian.Uint32(b[8:])
	for i := range s {
		low := b[i%8] >> (i / 8 * 4) & 15
		s[i] = low | byte(high>>(i%4*8+i/4*2)&3)<<4
	}
	return s
}

package quant

import "encoding/binary"

// Q5_0: 32 values, x = d·(q-16).
//
//	float16 d, uint32 h, uint8 q[16]: low four bits as in Q4_0, bit j of h is the fifth bit of value j

func decodeQ5_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[22:] {
		d, h := f16(src), binary.LittleEndian.Uint32(src[2:])
		for j, q := range src[6:22] {
			dst[j] = d * float32(int(q&15|fifth(h, j))-16)
			dst[j+16] = d * float32(int(q>>4|fifth(h, j+16))-16)
		}
	}
}

// fifth is bit j of h, in the place of a code's fifth bit.
func fifth(h uint32, j int) byte { return byte(h>>j&1) << 4 }

func encodeQ5_0(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[22:], src[32:] {
		var top, extreme float32
		for _, v := range src[:32] {
			if a := abs(v); top < a {
				top, extreme = a, v
			}
		}
		d := extreme / -16
		putF16(dst, d)
		inv := inverse(d)
		putFives(dst[2:22], func(j int) byte { return truncated(float32(src[j]*inv)+16.5, 31) })
	}
}

// putFives writes h and q of 32 codes of five bits.
func putFives(dst []byte, code func(j int) byte) {
	var h uint32
	for j := range 16 {
		a, b := code(j), code(j+16)
		h |= uint32(a>>4)<<j | uint32(b>>4)<<(j+16)
		dst[4+j] = a&15 | b<<4
	}
	binary.LittleEndian.PutUint32(dst, h)
}

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

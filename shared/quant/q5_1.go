package quant

import "encoding/binary"

// Q5_1: 32 values, x = d·q + m.
//
//	float16 d, float16 m, uint32 h, uint8 q[16]: codes as in Q5_0

func decodeQ5_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[32:], src[24:] {
		d, m, h := f16(src), f16(src[2:]), binary.LittleEndian.Uint32(src[4:])
		for j, q := range src[8:24] {
			dst[j] = float32(d*float32(q&15|fifth(h, j))) + m
			dst[j+16] = float32(d*float32(q>>4|fifth(h, j+16))) + m
		}
	}
}

func encodeQ5_1(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[24:], src[32:] {
		low, high := extremes(src[:32])
		d := (high - low) / 31
		putF16(dst, d)
		putF16(dst[2:], low)
		inv := inverse(d)
		putFives(dst[4:24], func(j int) byte { return truncated(float32((src[j]-low)*inv)+0.5, 31) })
	}
}

package quant

// Q6_K: 256 values in 16 groups of 16, x = d·s·(q-32).
//
//	uint8 q[128]: low four bits; of each half's 64 bytes, the low nibbles are values 0…63, the high ones 64…127
//	uint8 h[64]: high two bits; byte j of a half's 32 holds values j, j+32, j+64, j+96 of that half
//	int8 s[16], float16 d

func decodeQ6_K(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[256:], src[210:] {
		low, high, scales, d := src[:128], src[128:192], src[192:208], f16(src[208:])
		for i := range dst[:256] {
			half, v := i/128, i%128
			code := low[half*64+v%64]>>(v/64*4)&15 | high[half*32+v%32]>>(v/32*2)&3<<4
			scale := d * float32(int8(scales[i/16]))
			dst[i] = scale * float32(int(code)-32)
		}
	}
}

func encodeQ6_K(dst []byte, src []float32) {
	var codes [256]byte
	for ; len(src) > 0; dst, src = dst[210:], src[256:] {
		clear(dst[:210])
		var scales [16]float32
		var top, extreme float32
		for g := range scales {
			scales[g] = fitScale(src[g*16:][:16], codes[g*16:], 32)
			if a := abs(scales[g]); a > top {
				top, extreme = a, scales[g]
			}
		}
		if top < leastMagnitude {
			continue
		}
		inverse := -128 / extreme
		putF16(dst[208:], 1/inverse)
		d := f16(dst[208:])
		for g, s := range scales {
			s8 := int8(min(127, nearest(float32(inverse*s))))
			dst[192+g] = byte(s8)
			scale := d * float32(s8)
			if scale == 0 {
				continue
			}
			for i, v := range src[g*16:][:16] {
				codes[g*16+i] = byte(32 + clampInt(nearest(v/scale), -32, 31))
			}
		}
		for i, q := range codes {
			half, v := i/128, i%128
			dst[half*64+v%64] |= q & 15 << (v / 64 * 4)
			dst[128+half*32+v%32] |= q >> 4 << (v / 32 * 2)
		}
	}
}

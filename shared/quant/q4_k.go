package quant

import "math"

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

func encodeQ4_K(dst []byte, src []float32) {
	var codes [256]byte
	for ; len(src) > 0; dst, src = dst[144:], src[256:] {
		fitGroups(dst, &codes, src[:256], 15, -1, 20)
		for i := range 128 {
			at := i/32*64 + i%32
			dst[16+i] = codes[at] | codes[at+32]<<4
		}
	}
}

// fitGroups writes the first 16 bytes of a Q4_K or Q5_K block, d, m and st, and gives the codes, 0…top.
func fitGroups(dst []byte, codes *[256]byte, x []float32, top int, from float32, steps int) {
	var scales, leasts [8]float32
	var weight [32]float32
	var maxScale, maxLeast float32
	for g := range 8 {
		part := x[g*32:][:32]
		var sum float32
		for _, v := range part {
			sum += float32(v * v)
		}
		mean := float32(math.Sqrt(float64(sum / 32)))
		for i, v := range part {
			weight[i] = mean + abs(v)
		}
		scales[g], leasts[g] = fitAffine(part, weight[:], codes[g*32:], top, from, steps)
		maxScale, maxLeast = max(maxScale, scales[g]), max(maxLeast, leasts[g])
	}
	putF16(dst, maxScale/63)
	putF16(dst[2:], maxLeast/63)
	inverse := func(v float32) float32 {
		if v > 0 {
			return 63 / v
		}
		return 0
	}
	invScale, invLeast := inverse(maxScale), inverse(maxLeast)
	clear(dst[4:16])
	for g := range 8 {
		s := min(63, byte(nearest(float32(invScale*scales[g]))))
		t := min(63, byte(nearest(float32(invLeast*leasts[g]))))
		putScaleMinK(dst[4:16], g, s, t)
	}
	d, m := f16(dst), f16(dst[2:])
	for g := range 8 {
		s, t := scaleMinK(dst[4:16], g)
		scale, least := d*float32(s), m*float32(t)
		if scale == 0 {
			continue
		}
		for i, v := range x[g*32:][:32] {
			codes[g*32+i] = byte(clampInt(nearest((v+least)/scale), 0, top))
		}
	}
}

// putScaleMinK is the reverse of scaleMinK, over bytes that were zero before the first group.
func putScaleMinK(b []byte, group int, s, t byte) {
	if group < 4 {
		b[group], b[group+4] = s, t
		return
	}
	b[group+4] = s&15 | t<<4
	b[group-4] |= s >> 4 << 6
	b[group] |= t >> 4 << 6
}

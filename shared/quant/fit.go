package quant

import "math"

// How ggml chooses the scales of its K formats: it tries a row of scales around the one that just spans the values,
// rounds, solves for the scale (and minimum) of least weighted square error given the codes, and keeps the best.
// Sums are float32 in the order of the values, each product rounded before it is added, so that blocks are those of
// ggml's C compiled without fused multiply-adds.

// leastMagnitude is below what a group counts as zero.
const leastMagnitude = 1e-15

// fitAffine finds scale and least so that scale·code − least is near x, with codes 0…top. It tries steps+1 scales,
// the first for top+from levels. x has at most 32 values.
func fitAffine(x, weight []float32, codes []byte, top int, from float32, steps int) (scale, least float32) {
	low, high := x[0], x[0]
	var sumW, sumX float32
	for i, v := range x {
		low, high = min(low, v), max(high, v)
		sumW += weight[i]
		sumX += float32(weight[i] * v)
	}
	low = min(low, 0)
	if high == low {
		clear(codes[:len(x)])
		return 0, -low
	}
	least = low
	last := float32(top)
	inverse := last / (high - low)
	scale = 1 / inverse
	var room [2][32]float32
	levels, trial := room[0][:len(x)], room[1][:len(x)]
	weight = weight[:len(x)]
	var best float32
	for i, v := range x {
		l := nearestIn(float32(inverse*float32(v-low)), 0, last)
		levels[i] = l
		d := float32(float32(scale*l)+low) - v
		best += float32(weight[i] * float32(d*d))
	}
	for step := range steps + 1 {
		inverse = float32(float32(from+float32(0.1*float32(step)))+last) / (high - low)
		var sumL, sumL2, sumXL float32
		for i, v := range x {
			l := nearestIn(float32(inverse*float32(v-low)), 0, last)
			trial[i] = l
			wl := float32(weight[i] * l)
			sumL += wl
			sumL2 += float32(wl * l)
			sumXL += float32(wl * v)
		}
		det := float32(sumW*sumL2) - float32(sumL*sumL)
		if !(det > 0) {
			continue
		}
		s := (float32(sumW*sumXL) - float32(sumX*sumL)) / det
		m := (float32(sumL2*sumX) - float32(sumL*sumXL)) / det
		if m > 0 {
			m, s = 0, sumXL/sumL2
		}
		var err float32
		for i, v := range x {
			d := float32(float32(s*trial[i])+m) - v
			err += float32(weight[i] * float32(d*d))
		}
		if err < best {
			levels, trial = trial, levels
			best, scale, least = err, s, m
			low = m // later trials span from the best minimum so far
		}
	}
	for i, l := range levels {
		codes[i] = byte(l)
	}
	return scale, -least
}

// fitScale finds the scale so that scale·(code−half) is near x, with codes 0…2·half−1; large values weigh more.
func fitScale(x []float32, codes []byte, half int) float32 {
	var top, extreme float32
	for _, v := range x {
		if a := abs(v); a > top {
			top, extreme = a, v
		}
	}
	if top < leastMagnitude {
		clear(codes[:len(x)])
		return 0
	}
	try := func(inverse float32) (sumLX, sumL2 float32) {
		for _, v := range x {
			l := nearestIn(float32(inverse*v), -float32(half), float32(half-1))
			w := float32(v * v)
			sumLX += float32(float32(w*v) * l)
			sumL2 += float32(float32(w*l) * l)
		}
		return sumLX, sumL2
	}
	inverse := -float32(half) / extreme
	chosen := inverse
	sumLX, sumL2 := try(inverse)
	var scale float32
	if sumL2 != 0 {
		scale = sumLX / sumL2
	}
	best := float32(scale * sumLX)
	for step := -9; step <= 9; step++ {
		if step == 0 {
			continue
		}
		inverse = -float32(float32(half)+float32(0.1*float32(step))) / extreme
		sumLX, sumL2 = try(inverse)
		if sumL2 > 0 && float32(sumLX*sumLX) > float32(best*sumL2) {
			scale, chosen = sumLX/sumL2, inverse
			best = float32(scale * sumLX)
		}
	}
	for i, v := range x {
		codes[i] = byte(half + clampInt(nearest(float32(chosen*v)), -half, half-1))
	}
	return scale
}

// nearest rounds half to even by adding 1.5·2²³, after which the integer stands in the low bits. It is right below 2²²
// and some integer elsewhere.
func nearest(v float32) int {
	return int(math.Float32bits(v+12582912)&0x7fffff) - 0x400000
}

// nearestIn is nearest within bounds, as a float32; low for what is no number.
func nearestIn(v, low, high float32) float32 {
	v = float32(v+12582912) - 12582912
	if v > high {
		return high
	}
	if v >= low {
		return v
	}
	return low
}

func clampInt(v, low, high int) int { return max(low, min(v, high)) }

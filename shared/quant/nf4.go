package quant

import "math"

// NF4: 64 values, x = absmax·level[q], with levels at the quantiles of a normal distribution (QLoRA,
// arXiv:2305.14314). The levels and rules are those of bitsandbytes; the block is ours, so that a scale lies
// beside its codes.
//
//	float32 absmax, uint8 q[32]: value 2j in the HIGH nibble of byte j, value 2j+1 in the low one

const (
	nf4Values = 64
	nf4Bytes  = 36
)

var levelsNF4 = [16]float32{
	-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453,
	-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
	0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
	0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
}

// boundsNF4 are the float32 midpoints between neighbouring levels, and one that nothing is above.
var boundsNF4 = func() (b [16]float32) {
	for i := range 15 {
		b[i] = (levelsNF4[i] + levelsNF4[i+1]) / 2
	}
	b[15] = float32(math.Inf(1))
	return b
}()

// codeNF4 is the level nearest to x in [-1, 1]; of two at the same distance, the lower. NaN becomes 0.
func codeNF4(x float32) byte {
	// A bin is narrower than the distance between bounds, so that one comparison is left.
	bin := uint32(int32(x*nf4Bins + nf4Bins))
	if bin > 2*nf4Bins {
		return countBelow(boundsNF4[:15], x)
	}
	c := binsNF4[bin]
	if x > boundsNF4[c] {
		c++
	}
	return c & 15
}

// nf4Bins is the number of bins in [0, 1).
const nf4Bins = 32

// binsNF4 is the number of bounds below each bin, with a margin for the rounding of the bin's number.
var binsNF4 = func() (b [2*nf4Bins + 1]byte) {
	const margin = 1e-4
	for i := range b {
		b[i] = countBelow(boundsNF4[:15], float32(i-nf4Bins)/nf4Bins-margin)
	}
	return b
}()

// countBelow is the number of bounds below x.
func countBelow(bounds []float32, x float32) (n byte) {
	for _, b := range bounds {
		if x > b {
			n++
		}
	}
	return n
}

func decodeNF4(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[nf4Values:], src[nf4Bytes:] {
		absmax := f32(src)
		for j, q := range src[4:nf4Bytes] {
			dst[2*j] = levelsNF4[q>>4] * absmax
			dst[2*j+1] = levelsNF4[q&15] * absmax
		}
	}
}

func encodeNF4(dst []byte, src []float32) {
	for ; len(src) > 0; dst, src = dst[nf4Bytes:], src[nf4Values:] {
		absmax := absMax(src[:nf4Values])
		putF32(dst, absmax)
		inv := 1 / max(absmax, leastAbsMax)
		codes, values := dst[4:nf4Bytes], src[:nf4Values]
		for j := range codes {
			codes[j] = codeNF4(values[2*j]*inv)<<4 | codeNF4(values[2*j+1]*inv)
		}
	}
}

// leastAbsMax keeps the reciprocal of the scale of a block of zeros finite.
const leastAbsMax = 1e-38

// absMax is the largest magnitude in v.
func absMax(v []float32) float32 {
	var top uint32 // magnitudes of floats order as their bits do
	for _, x := range v {
		top = max(top, math.Float32bits(x)&^(1<<31))
	}
	return math.Float32frombits(top)
}

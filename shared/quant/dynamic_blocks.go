package quant

import (
	"math"
	"slices"
)

// Dynamic is a block-wise code of 8 bits: each block of 256 values is scaled to its greatest magnitude, and each value
// is the number of the nearest of 256 in a map (8-bit Optimizers via Block-wise Quantization, arXiv:2110.02861).
type Dynamic struct {
	values [256]float32
	first  [1 << 16]byte // the code of the lowest value that has these first 16 bits
}

// DynamicBlock is the number of values that share a scale.
const DynamicBlock = 256

// The maps of bitsandbytes' optimisers: for first moments, and for second moments, which have no sign.
var (
	DynamicSigned   = newDynamic(dynamicMap)
	DynamicUnsigned = newDynamic(makeDynamicMap(false))
)

func newDynamic(values [256]float32) *Dynamic {
	d := &Dynamic{values: values}
	for i := range d.first {
		bits := uint32(i) << 16
		if bits>>31 == 1 { // of negative values the lowest has all ones behind
			bits |= 0xffff
		}
		if x := math.Float32frombits(bits); x == x {
			d.first[i] = d.search(x)
		}
	}
	return d
}

// Blocks is the number of scales of n values.
func (d *Dynamic) Blocks(n int) int { return (n + DynamicBlock - 1) / DynamicBlock }

// Decode writes the values of one block.
func (d *Dynamic) Decode(dst []float32, codes []byte, scale float32) {
	for i, c := range codes {
		dst[i] = d.values[c] * scale
	}
}

// Encode writes the codes of one block and returns its scale. Of two values as near, the lower is taken.
func (d *Dynamic) Encode(codes []byte, src []float32) (scale float32) {
	for _, x := range src {
		scale = max(scale, x, -x)
	}
	inverse := float32(0)
	if scale > 0 {
		inverse = 1 / scale
	}
	for i, x := range src {
		codes[i] = d.nearest(x * inverse)
	}
	return scale
}

// nearest goes on from the first code that x may have: a few steps, since codes are further apart than 1/128 of a value.
func (d *Dynamic) nearest(x float32) byte {
	i := int(d.first[math.Float32bits(x)>>16])
	for i < len(d.values)-1 && !(x-d.values[i] <= d.values[i+1]-x) {
		i++
	}
	return byte(i)
}

// search is nearest by halving.
func (d *Dynamic) search(x float32) byte {
	i, _ := slices.BinarySearch(d.values[:], x)
	switch {
	case i == len(d.values):
		return byte(i - 1)
	case i > 0 && x-d.values[i-1] <= d.values[i]-x:
		return byte(i - 1)
	}
	return byte(i)
}

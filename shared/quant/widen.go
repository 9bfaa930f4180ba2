package quant

import (
	"encoding/binary"

	"graft/shared/tensor"
)

// Widened is the type in which programs hold weights that a file stores as d. Kernels have products with the formats
// most in use; the others become Q8_0 when they are loaded. Of Q5_0 and IQ4_NL that is exact, of the rest the error is
// at most 1/254 of a block's largest magnitude, a small part of the formats' own.
func Widened(d tensor.DType) tensor.DType {
	switch d {
	case tensor.Q5_0, tensor.Q5_1, tensor.Q2_K, tensor.Q3_K, tensor.IQ4_NL:
		return tensor.Q8_0
	}
	return d
}

// Widen writes the blocks of d in src as Widened(d) to dst, which has the room.
func Widen(d tensor.DType, dst, src []byte) {
	switch d {
	case tensor.Q5_0:
		for ; len(src) >= 22; dst, src = dst[34:], src[22:] {
			copy(dst, src[:2])
			h := binary.LittleEndian.Uint32(src[2:])
			for j, q := range src[6:22] {
				dst[2+j] = (q&15 | fifth(h, j)) - 16
				dst[18+j] = (q>>4 | fifth(h, j+16)) - 16
			}
		}
	case tensor.IQ4_NL:
		for ; len(src) >= 18; dst, src = dst[34:], src[18:] {
			copy(dst, src[:2])
			for j, q := range src[2:18] {
				dst[2+j] = byte(int8(levelsIQ4_NL[q&15]))
				dst[18+j] = byte(int8(levelsIQ4_NL[q>>4]))
			}
		}
	default:
		values := make([]float32, d.BlockValues())
		to := tensor.Q8_0.Size(len(values))
		for size := d.BlockBytes(); len(src) >= size; dst, src = dst[to:], src[size:] {
			Decode(d, values, src)
			encodeQ8_0(dst, values)
		}
	}
}

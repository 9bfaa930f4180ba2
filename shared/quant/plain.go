package quant

import (
	"encoding/binary"
	"math"

	"graft/shared/tensor"
)

// The plain formats: one number, one "block". Halves round to nearest, ties to even.

func decodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = f32(src[4*i:])
	}
}

func encodeF32(dst []byte, src []float32) {
	for i, v := range src {
		putF32(dst[4*i:], v)
	}
}

func decodeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = f16(src[2*i:])
	}
}

func encodeF16(dst []byte, src []float32) {
	for i, v := range src {
		putF16(dst[2*i:], v)
	}
}

func decodeBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = tensor.F32FromBF16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func encodeBF16(dst []byte, src []float32) {
	for i, v := range src {
		binary.LittleEndian.PutUint16(dst[2*i:], tensor.BF16FromF32(v))
	}
}

func f32(b []byte) float32       { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
func putF32(b []byte, v float32) { binary.LittleEndian.PutUint32(b, math.Float32bits(v)) }
func f16(b []byte) float32       { return tensor.F32FromF16(binary.LittleEndian.Uint16(b)) }
func putF16(b []byte, v float32) { binary.LittleEndian.PutUint16(b, tensor.F16FromF32(v)) }

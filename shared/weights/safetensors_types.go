package weights

import (
	"encoding/binary"
	"fmt"
	"math"

	"graft/shared/tensor"
)

// stTypes has a row for each type of the safetensors format: its size and how its values are read. Types that no
// kernel computes with are converted where a file may hold something of use in them, or cannot be used.
var stTypes = map[string]struct {
	bits    int
	as      tensor.DType
	convert func(dst, src []byte) error
}{
	"F32":     {32, tensor.F32, nil},
	"F16":     {16, tensor.F16, nil},
	"BF16":    {16, tensor.BF16, nil},
	"I32":     {32, tensor.I32, nil},
	"U8":      {8, tensor.U8, nil},
	"BOOL":    {8, tensor.U8, nil},
	"I8":      {8, tensor.I32, convertI8},
	"I64":     {64, tensor.I32, convertI64},
	"F64":     {64, tensor.F32, convertF64},
	"I16":     {16, tensor.Invalid, nil},
	"U16":     {16, tensor.Invalid, nil},
	"U32":     {32, tensor.Invalid, nil},
	"U64":     {64, tensor.Invalid, nil},
	"C64":     {64, tensor.Invalid, nil},
	"F8_E4M3": {8, tensor.Invalid, nil},
	"F8_E5M2": {8, tensor.Invalid, nil},
	"F8_E8M0": {8, tensor.Invalid, nil},
	"F6_E2M3": {6, tensor.Invalid, nil},
	"F6_E3M2": {6, tensor.Invalid, nil},
	"F4":      {4, tensor.Invalid, nil},
}

// stWrite lists the types that are written, in the order the reference implementation sorts them: the largest
// alignment first.
var stWrite = []struct {
	dtype tensor.DType
	name  string
}{{tensor.F32, "F32"}, {tensor.I32, "I32"}, {tensor.BF16, "BF16"}, {tensor.F16, "F16"}, {tensor.U8, "U8"}}

func convertI8(dst, src []byte) error {
	for i, v := range src {
		binary.LittleEndian.PutUint32(dst[4*i:], uint32(int8(v)))
	}
	return nil
}

func convertI64(dst, src []byte) error {
	for i := range len(src) / 8 {
		v := int64(binary.LittleEndian.Uint64(src[8*i:]))
		if v != int64(int32(v)) {
			return fmt.Errorf("value %d is %d, which 32 bits do not hold", i, v)
		}
		binary.LittleEndian.PutUint32(dst[4*i:], uint32(v))
	}
	return nil
}

func convertF64(dst, src []byte) error {
	for i := range len(src) / 8 {
		v := math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
		binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(float32(v)))
	}
	return nil
}

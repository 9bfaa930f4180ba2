// Package quant knows how weights are stored in fewer bits than a float32.
//
// A block format packs a fixed number of consecutive values of a row into one block of bytes: a scale or
// two and a small code for each value. The table formats has a row for each storage type and each row's file
// defines it by a plain Go loop, exact to the bit; kernels are held to these loops. The rules come from two
// places: ggml's reference quantizers (the formats with a GGUF type) and bitsandbytes (NF4, and FP4 in
// checkpoints), whose layout in checkpoint files, with its second quantisation of the scales, is type BNB.
package quant

import (
	"fmt"

	"graft/shared/tensor"
)

// A Format is one storage type for real numbers.
type Format struct {
	DType tensor.DType
	Name  string // as GGUF spells it: "Q4_0"
	GGUF  uint32 // ggml's type id, or NoGGUF

	// Decode writes len(dst) values, a whole number of blocks, from as many blocks at the start of src.
	Decode func(dst []float32, src []byte)
	// Encode writes the blocks of src, a whole number of blocks, to the start of dst. It is nil where a
	// format is only read.
	Encode func(dst []byte, src []float32)
}

// NoGGUF is the GGUF type id of formats that GGUF files do not hold.
const NoGGUF = ^uint32(0)

var formats = [...]Format{
	{tensor.F32, "F32", 0, decodeF32, encodeF32},
	{tensor.F16, "F16", 1, decodeF16, encodeF16},
	{tensor.BF16, "BF16", 30, decodeBF16, encodeBF16},
	{tensor.Q8_0, "Q8_0", 8, decodeQ8_0, encodeQ8_0},
	{tensor.Q4_0, "Q4_0", 2, decodeQ4_0, encodeQ4_0},
	{tensor.Q4_1, "Q4_1", 3, decodeQ4_1, encodeQ4_1},
	{tensor.NF4, "NF4", NoGGUF, decodeNF4, encodeNF4},
	{tensor.Q5_0, "Q5_0", 6, decodeQ5_0, encodeQ5_0},
	{tensor.Q5_1, "Q5_1", 7, decodeQ5_1, encodeQ5_1},
	{tensor.Q2_K, "Q2_K", 10, decodeQ2_K, nil},
	{tensor.Q3_K, "Q3_K", 11, decodeQ3_K, nil},
	{tensor.Q4_K, "Q4_K", 12, decodeQ4_K, encodeQ4_K},
	{tensor.Q5_K, "Q5_K", 13, decodeQ5_K, encodeQ5_K},
	{tensor.Q6_K, "Q6_K", 14, decodeQ6_K, encodeQ6_K},
	{tensor.IQ4_NL, "IQ4_NL", 20, decodeIQ4_NL, nil},
}

// Of returns the format of a type, and false for types that do not hold real numbers.
func Of(d tensor.DType) (Format, bool) {
	for _, f := range formats {
		if f.DType == d {
			return f, true
		}
	}
	return Format{}, false
}

// ByGGUF returns the format with ggml's type id.
func ByGGUF(id uint32) (Format, bool) {
	for _, f := range formats {
		if f.GGUF == id && id != NoGGUF {
			return f, true
		}
	}
	return Format{}, false
}

// Decode writes len(dst) values stored as d at the start of src. len(dst) is a multiple of d's block, src is
// long enough and d holds real numbers; anything else is a bug of the caller.
func Decode(d tensor.DType, dst []float32, src []byte) {
	f, ok := Of(d)
	if !ok || len(dst)%d.BlockValues() != 0 || len(src) < d.Size(len(dst)) {
		panic(fmt.Sprintf("BUG: quant: %d values of %v decoded from %d bytes", len(dst), d, len(src)))
	}
	f.Decode(dst, src)
}

// Encode stores src as d at the start of dst. The error says that d cannot be written, or that src is not a
// whole number of blocks or dst too short.
func Encode(d tensor.DType, dst []byte, src []float32) error {
	f, ok := Of(d)
	switch {
	case !ok:
		return fmt.Errorf("quant: %v does not hold real numbers", d)
	case f.Encode == nil:
		return fmt.Errorf("quant: %v can be read but not written", d)
	case len(src)%d.BlockValues() != 0:
		return fmt.Errorf("quant: %d values do not divide into %v blocks of %d", len(src), d, d.BlockValues())
	case len(dst) < d.Size(len(src)):
		return fmt.Errorf("quant: %d values as %v take %d bytes, got %d", len(src), d, d.Size(len(src)), len(dst))
	}
	f.Encode(dst, src)
	return nil
}

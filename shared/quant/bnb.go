package quant

import (
	"fmt"
	"slices"
)

// BNB is a weight as bitsandbytes stores it in 4 bits: the values of the whole tensor in a row, cut into blocks
// that share a scale, the last of which may be short. It does not know the tensor's shape.
type BNB struct {
	Type      string     // "nf4" or "fp4"
	Values    int        // in the tensor
	BlockSize int        // values that share a scale: a power of two from 32 to 4096
	Codes     []byte     // two to a byte, the even one in the high nibble
	QuantMap  []float32  // the 16 levels
	AbsMax    []float32  // the scale of each block; nil where Nested holds them
	Nested    *NestedMax // the scales, quantised a second time ("double quant")
}

// NestedMax is the scales of a BNB in 8 bits: scale = QuantMap[code]·AbsMax[i/BlockSize] + Offset, in float32.
type NestedMax struct {
	Codes     []byte
	QuantMap  []float32 // 256 levels
	AbsMax    []float32
	BlockSize int // 256
	Offset    float32
}

// Check reports what does not fit together. The other methods need a BNB that passes.
func (b *BNB) Check() error {
	levels := b.levels()
	if levels == nil {
		return fmt.Errorf("quant_type is %q, expected nf4 or fp4", b.Type)
	}
	if b.Values < 1 {
		return fmt.Errorf("%d values", b.Values)
	}
	if b.BlockSize < 32 || b.BlockSize > 4096 || b.BlockSize&(b.BlockSize-1) != 0 {
		return fmt.Errorf("blocksize is %d, expected a power of two from 32 to 4096", b.BlockSize)
	}
	blocks := ceilDiv(b.Values, b.BlockSize)
	for _, f := range []struct {
		name      string
		got, want int
	}{{"weight bytes", len(b.Codes), ceilDiv(b.Values, 2)}, {"quant_map", len(b.QuantMap), 16}} {
		if f.got != f.want {
			return fmt.Errorf("%s: %d elements, expected %d for %d values", f.name, f.got, f.want, b.Values)
		}
	}
	n := b.Nested
	if n == nil {
		if len(b.AbsMax) != blocks {
			return fmt.Errorf("absmax: %d elements, expected %d for blocks of %d", len(b.AbsMax), blocks, b.BlockSize)
		}
		return nil
	}
	if n.BlockSize < 1 {
		return fmt.Errorf("nested_blocksize is %d", n.BlockSize)
	}
	for _, f := range []struct {
		name      string
		got, want int
	}{{"absmax", len(n.Codes), blocks}, {"nested_quant_map", len(n.QuantMap), 256},
		{"nested_absmax", len(n.AbsMax), ceilDiv(blocks, n.BlockSize)}} {
		if f.got != f.want {
			return fmt.Errorf("%s: %d elements, expected %d", f.name, f.got, f.want)
		}
	}
	return nil
}

func (b *BNB) levels() []float32 {
	switch b.Type {
	case "nf4":
		return levelsNF4[:]
	case "fp4":
		return levelsFP4[:]
	}
	return nil
}

// Scales are the scales of all blocks in float32, restored where they were quantised.
func (b *BNB) Scales() []float32 {
	if b.Nested == nil {
		return b.AbsMax
	}
	n := b.Nested
	scales := make([]float32, len(n.Codes))
	for i, q := range n.Codes {
		scales[i] = float32(n.QuantMap[q]*n.AbsMax[i/n.BlockSize]) + n.Offset
	}
	return scales
}

// Dequantize writes all values; len(dst) is b.Values.
func (b *BNB) Dequantize(dst []float32) {
	scales := b.Scales()
	for i := range dst {
		q := b.Codes[i/2] >> (4 - i%2*4) & 15
		dst[i] = b.QuantMap[q] * scales[i/b.BlockSize]
	}
}

// HasBlocks reports whether b can be stored as tensor.NF4 without loss.
func (b *BNB) HasBlocks() bool {
	return b.Type == "nf4" && b.BlockSize%nf4Values == 0 && b.Values%nf4Values == 0 && slices.Equal(b.QuantMap, levelsNF4[:])
}

// Blocks writes b as tensor.NF4 to dst, which has room for all values. b.HasBlocks.
func (b *BNB) Blocks(dst []byte) {
	for i, scale := range b.Scales() {
		end := min((i+1)*b.BlockSize, b.Values)
		for at := i * b.BlockSize; at < end; at += nf4Values {
			block := dst[at/nf4Values*nf4Bytes:]
			putF32(block, scale)
			copy(block[4:nf4Bytes], b.Codes[at/2:])
		}
	}
}

// FromBlocks is the tensor.NF4 blocks as bitsandbytes stores them, in blocks of 64.
func FromBlocks(blocks []byte) *BNB {
	n := len(blocks) / nf4Bytes
	b := &BNB{Type: "nf4", Values: n * nf4Values, BlockSize: nf4Values, QuantMap: levelsNF4[:],
		Codes: make([]byte, 0, n*nf4Values/2), AbsMax: make([]float32, 0, n)}
	for ; len(blocks) >= nf4Bytes; blocks = blocks[nf4Bytes:] {
		b.AbsMax = append(b.AbsMax, f32(blocks))
		b.Codes = append(b.Codes, blocks[4:nf4Bytes]...)
	}
	return b
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

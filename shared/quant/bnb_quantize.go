package quant

import "slices"

// Backend names the code of bitsandbytes that a quantisation follows to the bit. They differ where nobody looks:
// in ties of FP4, in the codes of a block of zeros, in a short last block, and in the second quantisation of
// scales close to their mean.
type Backend uint8

const (
	// CPU is bitsandbytes on a CPU, as of version 0.50.
	CPU Backend = iota
	// CUDA is the rule of bitsandbytes' kernels for NVIDIA GPUs, with a correctly rounded reciprocal (theirs may
	// be one unit in the last place off).
	CUDA
)

// BNBOptions say how to quantise. The zero value is NF4 in blocks of 64 with float32 scales.
type BNBOptions struct {
	Type        string // "nf4" (also for "") or "fp4"
	BlockSize   int    // 64 for 0
	DoubleQuant bool   // quantise the scales too
	Backend     Backend
}

// nestedBlock is the number of scales that share one of the second quantisation.
const nestedBlock = 256

// QuantizeBNB quantises the values of a whole tensor as bitsandbytes.functional.quantize_4bit does.
func QuantizeBNB(w []float32, opt BNBOptions) (*BNB, error) {
	b := &BNB{Type: opt.Type, Values: len(w), BlockSize: opt.BlockSize}
	if b.Type == "" {
		b.Type = "nf4"
	}
	if b.BlockSize == 0 {
		b.BlockSize = nf4Values
	}
	b.QuantMap = slices.Clone(b.levels())
	b.Codes = make([]byte, ceilDiv(len(w), 2))
	b.AbsMax = make([]float32, ceilDiv(len(w), max(b.BlockSize, 1)))
	if err := b.Check(); err != nil {
		return nil, err
	}
	for i := range b.AbsMax {
		at := i * b.BlockSize
		b.AbsMax[i] = encodeBNB(b.Codes[at/2:], w[at:min(at+b.BlockSize, len(w))], b.BlockSize, b.Type, opt.Backend)
	}
	if opt.DoubleQuant {
		b.Nest(opt.Backend)
	}
	return b, nil
}

// encodeBNB codes one block and returns its scale. A block shorter than size is the tensor's last.
func encodeBNB(dst []byte, w []float32, size int, kind string, backend Backend) (absmax float32) {
	absmax = absMax(w)
	buf := make([]float32, len(w), len(w)+1)
	switch {
	case backend == CUDA:
		scale(buf, w, 1/absmax) // infinite for a block of zeros; 0·inf is NaN, whose code is 0
	case len(w) < size:
		absmax = max(absmax, leastAbsMax)
		for i, x := range w {
			buf[i] = x / absmax
		}
	default:
		scale(buf, w, 1/max(absmax, leastAbsMax))
	}
	if len(buf)%2 != 0 {
		buf = append(buf, 0*buf[0]) // stands in for the value after an odd last one; NaN in a block of zeros on CUDA
	}
	code := signedFP4
	switch {
	case kind == "nf4":
		for j := 0; j < len(buf); j += 2 {
			dst[j/2] = codeNF4(buf[j])<<4 | codeNF4(buf[j+1])
		}
		return absmax
	case backend == CPU:
		code = sortedFP4
	}
	for j := 0; j < len(buf); j += 2 {
		dst[j/2] = code(buf[j])<<4 | code(buf[j+1])
	}
	return absmax
}

func scale(dst, w []float32, by float32) {
	for i, x := range w {
		dst[i] = x * by
	}
}

// Nest quantises the scales of b a second time, in 8 bits around their mean.
func (b *BNB) Nest(backend Backend) {
	n := &NestedMax{Codes: make([]byte, len(b.AbsMax)), QuantMap: dynamicMap[:], BlockSize: nestedBlock, Offset: mean(b.AbsMax)}
	shifted := make([]float32, len(b.AbsMax))
	for i, v := range b.AbsMax {
		shifted[i] = v - n.Offset
	}
	code := dynamicTable
	if backend == CUDA {
		code = dynamicSearch
	}
	for at := 0; at < len(shifted); at += nestedBlock {
		part := shifted[at:min(at+nestedBlock, len(shifted))]
		absmax := absMax(part)
		n.AbsMax = append(n.AbsMax, absmax)
		if absmax == 0 && backend == CPU {
			continue // codes 0; the scale is the offset whatever they are
		}
		inv := 1 / absmax
		for i, v := range part {
			n.Codes[at+i] = code(v * inv)
		}
	}
	b.Nested, b.AbsMax = n, nil
}

// NestBlocks replaces the scales of a whole tensor in tensor.NF4 by those that survive a second quantisation.
// This is what a base loaded in 4 bits with double quantisation computes with.
func NestBlocks(blocks []byte, backend Backend) {
	b := FromBlocks(blocks)
	b.Nest(backend)
	for i, scale := range b.Scales() {
		putF32(blocks[i*nf4Bytes:], scale)
	}
}

// NF4Levels are the values NF4's codes stand for, times the scale.
func NF4Levels() [16]float32 { return levelsNF4 }

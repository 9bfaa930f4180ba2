package weights

import (
	"encoding/binary"
	"math"
	"strings"

	"graft/shared/tensor"
)

// Rope pairs. Hugging Face rotates value i of a head with value i + half; llama.cpp's converter for the
// architecture "llama" puts the two side by side instead, by reordering the rows of the projections that make
// queries and keys. Whole rows move, so that blocks stay as they are.

func isQuery(checkpoint string) bool { return strings.Contains(checkpoint, ".self_attn.q_proj.") }
func isKey(checkpoint string) bool   { return strings.Contains(checkpoint, ".self_attn.k_proj.") }

// pairedHeads is the number of heads whose rows a tensor of the checkpoint has, where the architecture reorders
// them; else 0.
func (a *ggufArch) pairedHeads(name string, q, kv int) int {
	switch {
	case !a.pairs:
	case isQuery(name):
		return q
	case isKey(name):
		return kv
	}
	return 0
}

// rowsOf is what is reordered: the rows of a weight, the values of a bias.
func rowsOf(s tensor.Spec) int {
	if len(s.Shape) == 1 {
		return s.Shape[0]
	}
	return s.Shape.Rows()
}

// fromPairs copies rows from llama.cpp's order to Hugging Face's, toPairs the other way.
func fromPairs(dst, src []byte, rows, heads int) {
	movePairs(len(src)/rows, rows, heads, func(pair, half, size int) { copy(dst[half:half+size], src[pair:]) })
}

func toPairs(dst, src []byte, rows, heads int) {
	movePairs(len(src)/rows, rows, heads, func(pair, half, size int) { copy(dst[pair:pair+size], src[half:]) })
}

// movePairs calls move with the offset of each row of size bytes in both orders.
func movePairs(size, rows, heads int, move func(pair, half, size int)) {
	head := rows / heads
	for r := range rows {
		h, i := r/head, r%head
		pair := h*head + i%(head/2)*2 + i/(head/2)
		move(pair*size, r*size, size)
	}
}

// Norms that multiply by one more than their weight have that sum as weight in GGUF.

// largerByOne reports whether a tensor of the checkpoint is such a weight.
func (a *ggufArch) largerByOne(name string) bool {
	return a.plusOne && strings.HasSuffix(name, "norm.weight")
}

// addToFloats adds v to float32 values.
func addToFloats(b []byte, v float32) {
	for ; len(b) >= 4; b = b[4:] {
		binary.LittleEndian.PutUint32(b, math.Float32bits(math.Float32frombits(binary.LittleEndian.Uint32(b))+v))
	}
}

package quant

import (
	"math"
	"testing"

	"graft/shared/tensor"
)

// Widened blocks have the values of the blocks they were made of: exactly, or within what Q8_0 rounds.
func TestWiden(t *testing.T) {
	var fix ggmlFixture
	fixture(t, "ggml.json", &fix)
	for name, c := range fix.Decode {
		f := byName(t, name)
		to := Widened(f.DType)
		if to == f.DType {
			continue
		}
		wide := make([]byte, to.Size(len(c.Out)))
		Widen(f.DType, wide, c.Blocks)
		got := make([]float32, len(c.Out))
		Decode(to, got, wide)
		if f.DType == tensor.Q5_0 || f.DType == tensor.IQ4_NL {
			sameBits(t, name, got, c.Out)
			continue
		}
		for at := 0; at < len(got); at += 32 {
			most := float64(absMax(c.Out[at : at+32]))
			for i := at; i < at+32; i++ {
				// Half a step of the codes, and as much for the scale's rounding to float16.
				if err := math.Abs(float64(got[i] - c.Out[i])); err > most/254+most/2048 {
					t.Fatalf("%s: value %d is %g, want %g; the block's largest is %g", name, i, got[i], c.Out[i], most)
				}
			}
		}
	}
}

package train

import (
	"math"

	"graft/shared/dataset"
	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// noiseStream is the stream of random numbers of the noise; those of adapters count modules from 0.
const noiseStream = 1 << 30

// noisy adds NEFTune's noise (arXiv:2310.05914) to embedded tokens, before an adapter sees them.
func noisy(h nn.Hooks, g *graph.Graph, rows int) nn.Hooks {
	embed := h.Embed
	h.Embed = func(p nn.Params, index, x graph.Value) graph.Value {
		if index == g.Leaf(graph.Input, "tokens", tensor.I32, rows) { // and not positions or types
			size := g.Leaf(graph.Input, "noise", tensor.F32, rows)
			x = op.Noise(x, size, nn.Seed(g), noiseStream)
		}
		if embed != nil {
			x = embed(p, index, x)
		}
		return x
	}
	return h
}

// noiseSize is the greatest noise of each row: alpha/√(L·D) in a sequence of L tokens, none on rows of an adapter's prompt.
func (t *Trainer) noiseSize(b *dataset.Batch) *tensor.Tensor {
	size := make([]float32, len(b.Tokens))
	width := float64(t.o.Model.Config().HiddenSize)
	for from := 0; from < b.Used; {
		to := from + 1
		for to < b.Used && b.Lo[to] == b.Lo[from] {
			to++
		}
		s := float32(t.o.Arguments.NEFTuneNoiseAlpha / math.Sqrt(float64(to-from)*width))
		for ; from < to; from++ {
			if b.Tokens[from] >= 0 {
				size[from] = s
			}
		}
	}
	return tensor.FromFloats(size, len(size))
}

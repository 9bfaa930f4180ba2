package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Fingerprint names a base whatever format it is stored in: the SHA-256 of its sizes and of its norms' weights, rounded
// to eight bits of mantissa. Every format keeps norms at that precision, so a checkpoint, its 4-bit copy and its
// GGUF file have the same fingerprint, and models trained apart have different ones.
func (b *Base) Fingerprint() (string, error) {
	c, h := b.Model.Config(), sha256.New()
	fmt.Fprintf(h, "%s %d %d %d %d %d\n", c.ModelType, c.VocabSize, c.HiddenSize, c.NumHiddenLayers, c.NumAttentionHeads, c.NumKeyValueHeads)
	g := graph.New()
	b.Model.Hidden(nn.Root(g, &nn.Scope{}), nn.NewInputs(g, 1))
	if err := g.Err(); err != nil {
		return "", err
	}
	var err error
	var half [2]byte
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		if k != graph.Weight || len(v.Shape()) != 1 || len(name) < 6 || name[len(name)-6:] != "weight" {
			return true
		}
		var t *tensor.Tensor
		if t, err = weights.Floats(b.Source, name); err != nil {
			return false
		}
		for _, f := range t.Floats() {
			binary.LittleEndian.PutUint16(half[:], uint16((math.Float32bits(f)+0x8000)>>16))
			h.Write(half[:])
		}
		return true
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

package nn

import (
	"encoding/json"
	"fmt"
	"math"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// RoPE turns pairs of values of a head by angles that grow with the position (Su et al. 2021).
type RoPE struct {
	HeadDim int
	InvFreq []float32 // radians a position, one a pair; what lies past the pairs is not turned
	Scale   float32   // of the turned values: YaRN's attention factor, else 1

	// A scaling may have other frequencies for sequences of more than short positions; nil where InvFreq serves all.
	short   int
	invFreq func(positions int) []float32
}

// NewRoPE reads the rotation of heads of dim values from config.json's rope_theta and rope_scaling (or the newer
// rope_parameters), as transformers' modeling_rope_utils does.
func NewRoPE(dim int, theta float64, maxPositions int, scaling json.RawMessage) (RoPE, error) {
	r := rotation{ropeScaling: ropeScaling{PartialRotaryFactor: 1}, theta: theta, maxPositions: float64(maxPositions), scale: 1}
	if len(scaling) > 0 {
		if err := json.Unmarshal(scaling, &r.ropeScaling); err != nil {
			return RoPE{}, fmt.Errorf("rope_scaling: %w", err)
		}
	}
	if r.RopeTheta != 0 {
		r.theta = r.RopeTheta
	}
	r.dim = int(float64(dim) * r.PartialRotaryFactor)
	if r.dim < 2 || r.dim%2 != 0 || r.dim > dim || !(r.theta > 1) {
		return RoPE{}, fmt.Errorf("rope: %d of head_dim %d and rope_theta %g, expected an even size and a base over 1", r.dim, dim, r.theta)
	}
	r.inv = r.inverse(r.theta)
	if err := r.apply(); err != nil {
		return RoPE{}, fmt.Errorf("rope_scaling: %w", err)
	}
	out := RoPE{HeadDim: dim, InvFreq: float32s(r.inv), Scale: float32(r.scale)}
	if r.longer != nil {
		out.short = int(r.short)
		out.invFreq = func(positions int) []float32 { return float32s(r.longer(float64(positions))) }
	}
	return out, nil
}

func float32s(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, f := range v {
		out[i] = float32(f)
	}
	return out
}

// Rotate turns the heads of x [T,heads·HeadDim] by their rows' positions.
func (r RoPE) Rotate(p Params, x graph.Value, in Inputs) graph.Value {
	return op.RoPE(x, in.Positions, r.frequencies(p.g, in), op.RoPEConfig{HeadDim: r.HeadDim, Scale: r.Scale})
}

// frequencies are those of a pass. Where they depend on how long sequences are, that is the longest of the pass, as in
// transformers, and with a cache, whose keys must agree, the most it has room for, as in llama.cpp.
func (r RoPE) frequencies(g *graph.Graph, in Inputs) graph.Value {
	// The name carries the content: models with several rotations have several tables.
	name := func(inv []float32) string { return fmt.Sprintf("rope.inv_freq.%d.%08x", r.HeadDim, checksum(inv)) }
	constant := func(inv []float32) graph.Value { return g.Constant(name(inv), tensor.FromFloats(inv, len(inv))) }
	switch {
	case r.invFreq == nil:
		return constant(r.InvFreq)
	case in.Cache != nil:
		return constant(r.of(in.Cache.limit()))
	}
	long := fmt.Sprintf("%s.%08x", name(r.InvFreq), checksum(r.of(r.short+1)))
	return g.Derived(long, func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		positions := inputs["positions"]
		if positions == nil {
			return nil
		}
		longest := int32(0)
		for _, p := range positions.Ints() {
			longest = max(longest, p+1)
		}
		return tensor.FromFloats(r.of(int(longest)), len(r.InvFreq))
	}, tensor.F32, len(r.InvFreq))
}

// of are the frequencies for sequences of so many positions.
func (r RoPE) of(positions int) []float32 {
	if r.invFreq == nil || positions <= r.short {
		return r.InvFreq
	}
	return r.invFreq(positions)
}

// checksum is FNV-1a over the bits of v.
func checksum(v []float32) uint32 {
	h := uint32(2166136261)
	for _, f := range v {
		for b, i := math.Float32bits(f), 0; i < 4; b, i = b>>8, i+1 {
			h = (h ^ b&0xff) * 16777619
		}
	}
	return h
}

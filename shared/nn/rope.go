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
	InvFreq []float32 // radians a position, one a pair
	Scale   float32   // of the turned values: YaRN's attention factor, else 1
}

// ropeScaling is rope_scaling of config.json, or rope_parameters of newer ones.
type ropeScaling struct {
	RopeType        string   `json:"rope_type"`
	Type            string   `json:"type"` // the older name
	RopeTheta       float64  `json:"rope_theta"`
	Factor          float64  `json:"factor"`
	LowFreqFactor   float64  `json:"low_freq_factor"`
	HighFreqFactor  float64  `json:"high_freq_factor"`
	BetaFast        float64  `json:"beta_fast"`
	BetaSlow        float64  `json:"beta_slow"`
	Truncate        *bool    `json:"truncate"`
	MScale          float64  `json:"mscale"`
	MScaleAllDim    float64  `json:"mscale_all_dim"`
	AttentionFactor *float64 `json:"attention_factor"`
	OriginalMax     float64  `json:"original_max_position_embeddings"`
}

// scalings has a row for each rope_type.
var scalings = map[string]func(inv []float64, theta, maxPositions float64, dim int, s ropeScaling) (scale float64, err error){
	"default": func([]float64, float64, float64, int, ropeScaling) (float64, error) { return 1, nil },
	"linear":  scaleLinear,
	"llama3":  scaleLlama3,
	"yarn":    scaleYaRN,
}

// NewRoPE reads the rotation of heads of dim values from config.json's rope_theta and rope_scaling, as
// transformers' modeling_rope_utils does.
func NewRoPE(dim int, theta float64, maxPositions int, scaling json.RawMessage) (RoPE, error) {
	s := ropeScaling{}
	if len(scaling) > 0 {
		if err := json.Unmarshal(scaling, &s); err != nil {
			return RoPE{}, fmt.Errorf("rope_scaling: %w", err)
		}
	}
	kind := s.RopeType
	if kind == "" {
		kind = s.Type
	}
	if kind == "" {
		kind = "default"
	}
	if s.RopeTheta != 0 {
		theta = s.RopeTheta
	}
	f, ok := scalings[kind]
	if !ok {
		return RoPE{}, fmt.Errorf("rope_scaling: rope_type %q is not known", kind)
	}
	if kind != "default" && s.Factor < 1 {
		return RoPE{}, fmt.Errorf("rope_scaling: factor is %g, expected 1 or more", s.Factor)
	}
	if dim < 2 || dim%2 != 0 || !(theta > 1) {
		return RoPE{}, fmt.Errorf("rope: head_dim %d and rope_theta %g, expected an even size and a base over 1", dim, theta)
	}
	inv := make([]float64, dim/2)
	for j := range inv {
		inv[j] = 1 / math.Pow(theta, float64(float32(2*j)/float32(dim)))
	}
	scale, err := f(inv, theta, float64(maxPositions), dim, s)
	if err != nil {
		return RoPE{}, fmt.Errorf("rope_scaling: %s: %w", kind, err)
	}
	r := RoPE{HeadDim: dim, InvFreq: make([]float32, len(inv)), Scale: float32(scale)}
	for j, f := range inv {
		r.InvFreq[j] = float32(f)
	}
	return r, nil
}

// Rotate turns the heads of x [T,heads·HeadDim] by their rows' positions.
func (r RoPE) Rotate(p Params, x, positions graph.Value) graph.Value {
	// The name carries the content: models with several rotations have several tables.
	name := fmt.Sprintf("rope.inv_freq.%d.%08x", r.HeadDim, checksum(r.InvFreq))
	inv := p.g.Constant(name, tensor.FromFloats(r.InvFreq, len(r.InvFreq)))
	return op.RoPE(x, positions, inv, op.RoPEConfig{HeadDim: r.HeadDim, Scale: r.Scale})
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

func scaleLinear(inv []float64, _, _ float64, _ int, s ropeScaling) (float64, error) {
	for j := range inv {
		inv[j] /= s.Factor
	}
	return 1, nil
}

// scaleLlama3 slows long waves down by factor, leaves short ones, and blends between.
func scaleLlama3(inv []float64, _, maxPositions float64, _ int, s ropeScaling) (float64, error) {
	if s.OriginalMax == 0 {
		s.OriginalMax = maxPositions
	}
	if s.LowFreqFactor <= 0 || s.HighFreqFactor <= s.LowFreqFactor {
		return 0, fmt.Errorf("low_freq_factor %g and high_freq_factor %g, expected 0 < low < high", s.LowFreqFactor, s.HighFreqFactor)
	}
	for j, f := range inv {
		wave := 2 * math.Pi / f
		switch {
		case wave < s.OriginalMax/s.HighFreqFactor:
		case wave > s.OriginalMax/s.LowFreqFactor:
			inv[j] = f / s.Factor
		default:
			smooth := (s.OriginalMax/wave - s.LowFreqFactor) / (s.HighFreqFactor - s.LowFreqFactor)
			inv[j] = (1-smooth)*f/s.Factor + smooth*f
		}
	}
	return 1, nil
}

// scaleYaRN interpolates waves by how often they turn within the original context (Peng et al. 2023).
func scaleYaRN(inv []float64, theta, maxPositions float64, dim int, s ropeScaling) (float64, error) {
	if s.OriginalMax == 0 {
		s.OriginalMax = maxPositions
	}
	if s.BetaFast == 0 {
		s.BetaFast = 32
	}
	if s.BetaSlow == 0 {
		s.BetaSlow = 1
	}
	turns := func(n float64) float64 { // the pair that turns n times within the original context
		return float64(dim) * math.Log(s.OriginalMax/(n*2*math.Pi)) / (2 * math.Log(theta))
	}
	low, high := turns(s.BetaFast), turns(s.BetaSlow)
	if s.Truncate == nil || *s.Truncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(dim-1))
	if low == high {
		high += 0.001
	}
	for j, f := range inv {
		ramp := min(max((float64(j)-low)/(high-low), 0), 1)
		inv[j] = f/s.Factor*ramp + f*(1-ramp)
	}
	mscale := func(m float64) float64 {
		if s.Factor <= 1 {
			return 1
		}
		return 0.1*m*math.Log(s.Factor) + 1
	}
	switch {
	case s.AttentionFactor != nil:
		return *s.AttentionFactor, nil
	case s.MScale != 0 && s.MScaleAllDim != 0:
		return mscale(s.MScale) / mscale(s.MScaleAllDim), nil
	}
	return mscale(1), nil
}

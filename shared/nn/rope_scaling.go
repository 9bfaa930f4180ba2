package nn

import (
	"fmt"
	"math"
)

// ropeScaling is rope_scaling of config.json, or rope_parameters of newer ones.
type ropeScaling struct {
	RopeType            string    `json:"rope_type"`
	Type                string    `json:"type"` // the older name
	RopeTheta           float64   `json:"rope_theta"`
	PartialRotaryFactor float64   `json:"partial_rotary_factor"` // of a head: what is turned
	Factor              float64   `json:"factor"`
	LowFreqFactor       float64   `json:"low_freq_factor"`
	HighFreqFactor      float64   `json:"high_freq_factor"`
	BetaFast            float64   `json:"beta_fast"`
	BetaSlow            float64   `json:"beta_slow"`
	Truncate            *bool     `json:"truncate"`
	MScale              float64   `json:"mscale"`
	MScaleAllDim        float64   `json:"mscale_all_dim"`
	AttentionFactor     *float64  `json:"attention_factor"`
	OriginalMax         float64   `json:"original_max_position_embeddings"`
	ShortFactor         []float64 `json:"short_factor"`
	LongFactor          []float64 `json:"long_factor"`
}

// rotation is a RoPE being made.
type rotation struct {
	ropeScaling
	dim                 int // values of a head that are turned
	theta, maxPositions float64

	inv    []float64 // radians a position
	scale  float64
	short  float64 // positions from which on longer gives the frequencies
	longer func(positions float64) []float64
}

// scalings has a row for each rope_type, and whether it cannot do without a factor.
var scalings = []struct {
	name   string
	factor bool
	apply  func(r *rotation) error
}{
	{"default", false, func(*rotation) error { return nil }},
	{"linear", true, scaleLinear},
	{"dynamic", true, scaleDynamic},
	{"llama3", true, scaleLlama3},
	{"yarn", false, scaleYaRN},
	{"longrope", false, scaleLong},
	{"su", false, scaleLong}, // its name in the first files of Phi-3
}

// apply runs the scaling that rope_type names.
func (r *rotation) apply() error {
	kind := r.RopeType
	if kind == "" {
		kind = r.Type
	}
	if kind == "" {
		kind = "default"
	}
	if r.OriginalMax == 0 {
		r.OriginalMax = r.maxPositions
	}
	for _, s := range scalings {
		if s.name != kind {
			continue
		}
		if s.factor && r.Factor < 1 {
			return fmt.Errorf("factor is %g, expected 1 or more", r.Factor)
		}
		if err := s.apply(r); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		return nil
	}
	return fmt.Errorf("rope_type %q is not known", kind)
}

// inverse are the frequencies without scaling of a base.
func (r *rotation) inverse(theta float64) []float64 {
	inv := make([]float64, r.dim/2)
	for j := range inv {
		inv[j] = 1 / math.Pow(theta, float64(float32(2*j)/float32(r.dim)))
	}
	return inv
}

func scaleLinear(r *rotation) error {
	for j := range r.inv {
		r.inv[j] /= r.Factor
	}
	return nil
}

// scaleDynamic raises the base as sequences grow past max_position_embeddings ("NTK-aware" scaling).
func scaleDynamic(r *rotation) error {
	if r.dim < 4 {
		return fmt.Errorf("%d values of a head are turned, expected 4 or more", r.dim)
	}
	r.short = r.maxPositions
	r.longer = func(positions float64) []float64 {
		grown := r.Factor*positions/r.maxPositions - (r.Factor - 1)
		return r.inverse(r.theta * math.Pow(grown, float64(r.dim)/float64(r.dim-2)))
	}
	return nil
}

// scaleLong divides each frequency by a factor of its own, of which there are two sets: for sequences within the
// original context, and for longer ones (LongRoPE, Ding et al. 2024).
func scaleLong(r *rotation) error {
	if len(r.ShortFactor) != len(r.inv) || len(r.LongFactor) != len(r.inv) {
		return fmt.Errorf("short_factor has %d values and long_factor %d, expected %d", len(r.ShortFactor), len(r.LongFactor), len(r.inv))
	}
	if r.Factor == 0 {
		r.Factor = r.maxPositions / r.OriginalMax
	}
	switch {
	case r.AttentionFactor != nil:
		r.scale = *r.AttentionFactor
	case r.Factor > 1:
		r.scale = math.Sqrt(1 + math.Log(r.Factor)/math.Log(r.OriginalMax))
	}
	inv := r.inv
	by := func(factors []float64) ([]float64, error) {
		out := make([]float64, len(inv))
		for j, f := range factors {
			if out[j] = inv[j] / f; !(f > 0) {
				return nil, fmt.Errorf("factor %d is %g, expected more than 0", j, f)
			}
		}
		return out, nil
	}
	long, err := by(r.LongFactor)
	if err != nil {
		return err
	}
	r.short, r.longer = r.OriginalMax, func(float64) []float64 { return long }
	r.inv, err = by(r.ShortFactor)
	return err
}

// scaleLlama3 slows long waves down by factor, leaves short ones, and blends between.
func scaleLlama3(r *rotation) error {
	if r.LowFreqFactor <= 0 || r.HighFreqFactor <= r.LowFreqFactor {
		return fmt.Errorf("low_freq_factor %g and high_freq_factor %g, expected 0 < low < high", r.LowFreqFactor, r.HighFreqFactor)
	}
	for j, f := range r.inv {
		wave := 2 * math.Pi / f
		switch {
		case wave < r.OriginalMax/r.HighFreqFactor:
		case wave > r.OriginalMax/r.LowFreqFactor:
			r.inv[j] = f / r.Factor
		default:
			smooth := (r.OriginalMax/wave - r.LowFreqFactor) / (r.HighFreqFactor - r.LowFreqFactor)
			r.inv[j] = (1-smooth)*f/r.Factor + smooth*f
		}
	}
	return nil
}

// scaleYaRN interpolates waves by how often they turn within the original context (Peng et al. 2023).
func scaleYaRN(s *rotation) error {
	if s.Factor == 0 {
		s.Factor = s.maxPositions / s.OriginalMax
	}
	if s.Factor < 1 {
		return fmt.Errorf("factor is %g, expected 1 or more", s.Factor)
	}
	if s.BetaFast == 0 {
		s.BetaFast = 32
	}
	if s.BetaSlow == 0 {
		s.BetaSlow = 1
	}
	turns := func(n float64) float64 { // the pair that turns n times within the original context
		return float64(s.dim) * math.Log(s.OriginalMax/(n*2*math.Pi)) / (2 * math.Log(s.theta))
	}
	low, high := turns(s.BetaFast), turns(s.BetaSlow)
	if s.Truncate == nil || *s.Truncate {
		low, high = math.Floor(low), math.Ceil(high)
	}
	low, high = max(low, 0), min(high, float64(s.dim-1))
	if low == high {
		high += 0.001
	}
	for j, f := range s.inv {
		ramp := min(max((float64(j)-low)/(high-low), 0), 1)
		s.inv[j] = f/s.Factor*ramp + f*(1-ramp)
	}
	mscale := func(m float64) float64 {
		if s.Factor <= 1 {
			return 1
		}
		return 0.1*m*math.Log(s.Factor) + 1
	}
	switch {
	case s.AttentionFactor != nil:
		s.scale = *s.AttentionFactor
	case s.MScale != 0 && s.MScaleAllDim != 0:
		s.scale = mscale(s.MScale) / mscale(s.MScaleAllDim)
	default:
		s.scale = mscale(1)
	}
	return nil
}

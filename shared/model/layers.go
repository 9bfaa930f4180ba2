package model

import (
	"encoding/json"
	"fmt"

	"graft/shared/nn"
)

// The kinds of layers that layer_types of config.json names.
const (
	fullAttention    = "full_attention"
	slidingAttention = "sliding_attention"
)

// layerWindows is the number of keys each layer's rows attend, 0 for all. Where config.json has no layer_types, slides
// tells which layers have the window.
func (c Config) layerWindows(slides func(layer int) bool) ([]int, error) {
	windows := make([]int, c.NumHiddenLayers)
	if c.LayerTypes != nil && len(c.LayerTypes) != len(windows) {
		return nil, fmt.Errorf("config.json: layer_types has %d entries for %d layers", len(c.LayerTypes), len(windows))
	}
	for i := range windows {
		sliding := c.LayerTypes == nil && slides(i)
		if c.LayerTypes != nil {
			switch c.LayerTypes[i] {
			case slidingAttention:
				sliding = true
			case fullAttention:
			default:
				return nil, fmt.Errorf("config.json: layer_types[%d] is %q, expected %q or %q", i, c.LayerTypes[i], fullAttention, slidingAttention)
			}
		}
		if !sliding {
			continue
		}
		if c.SlidingWindow == nil || *c.SlidingWindow < 1 {
			return nil, fmt.Errorf("config.json: layer %d has a sliding window, and sliding_window has no size", i)
		}
		windows[i] = *c.SlidingWindow
	}
	return windows, nil
}

// rope reads the rotation of the layers of a kind. transformers 5 has it in rope_parameters, for each kind where they
// differ; earlier files spread it over rope_theta, rope_scaling and other keys.
func (c Config) rope(layerType string) (nn.RoPE, error) {
	theta, scaling := c.RopeTheta, c.RopeScaling
	if layerType == slidingAttention && c.RopeLocalBaseFreq != 0 {
		theta, scaling = c.RopeLocalBaseFreq, nil
	}
	if s := c.RopeParameters; len(s) > 0 && string(s) != "null" {
		scaling = s
		var kinds map[string]json.RawMessage
		if err := json.Unmarshal(s, &kinds); err != nil {
			return nn.RoPE{}, fmt.Errorf("config.json: rope_parameters: %w", err)
		}
		if kind, ok := kinds[layerType]; ok {
			scaling = kind
		}
	}
	fields := map[string]any{}
	if len(scaling) > 0 && string(scaling) != "null" {
		if err := json.Unmarshal(scaling, &fields); err != nil {
			return nn.RoPE{}, fmt.Errorf("config.json: rope_scaling: %w", err)
		}
	}
	if _, ok := fields["partial_rotary_factor"]; !ok && c.PartialRotaryFactor != nil {
		fields["partial_rotary_factor"] = *c.PartialRotaryFactor
	}
	if c.OriginalMaxPositions != nil { // transformers gives it priority
		fields["original_max_position_embeddings"] = *c.OriginalMaxPositions
	}
	if c.ModelType == "phi3" && (fields["type"] == "yarn" || fields["rope_type"] == "yarn") { // as transformers reads it
		fields["rope_type"] = "longrope"
	}
	scaling, err := json.Marshal(fields)
	if err != nil {
		return nn.RoPE{}, fmt.Errorf("config.json: rope_scaling: %w", err)
	}
	r, err := nn.NewRoPE(c.HeadDim, theta, c.MaxPositionEmbeddings, scaling)
	if err != nil {
		return nn.RoPE{}, fmt.Errorf("config.json: %w", err)
	}
	return r, nil
}

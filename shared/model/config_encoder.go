package model

import "fmt"

// Encoder is the part of Config that only encoders have.
type Encoder struct {
	LayerNormEps          float64 `json:"layer_norm_eps"`
	TypeVocabSize         int     `json:"type_vocab_size"`
	PositionEmbeddingType string  `json:"position_embedding_type"`

	// ModernBERT
	NormEps                float64 `json:"norm_eps"`
	NormBias               bool    `json:"norm_bias"`
	LocalAttention         int     `json:"local_attention"`            // keys a row of a layer with a window attends, less its own
	GlobalAttnEveryNLayers int     `json:"global_attn_every_n_layers"` // what was before layer_types
	GlobalRopeTheta        float64 `json:"global_rope_theta"`
	LocalRopeTheta         float64 `json:"local_rope_theta"`
	ClassifierPooling      string  `json:"classifier_pooling"`
	ClassifierBias         bool    `json:"classifier_bias"`
	ClassifierActivation   string  `json:"classifier_activation"`

	// DistilBERT's words for the sizes of others
	Dim        int    `json:"dim"`
	HiddenDim  int    `json:"hidden_dim"`
	NLayers    int    `json:"n_layers"`
	NHeads     int    `json:"n_heads"`
	Activation string `json:"activation"`
}

// alias fills sizes in that config.json has under DistilBERT's names.
func (c *Config) alias() {
	for _, s := range []struct{ to, from *int }{{&c.HiddenSize, &c.Dim}, {&c.IntermediateSize, &c.HiddenDim}, {&c.NumHiddenLayers, &c.NLayers}, {&c.NumAttentionHeads, &c.NHeads}} {
		if *s.to == 0 {
			*s.to = *s.from
		}
	}
}

// encoder checks what the encoders share. eps is that of their norms.
func (c Config) encoder(eps float64) error {
	switch {
	case !(eps > 0):
		return fmt.Errorf("config.json: the norms' epsilon is %g, expected it over 0", eps)
	case c.HiddenSize%c.NumAttentionHeads != 0:
		return fmt.Errorf("config.json: hidden_size %d is no multiple of num_attention_heads %d", c.HiddenSize, c.NumAttentionHeads)
	case c.PositionEmbeddingType != "" && c.PositionEmbeddingType != "absolute":
		return fmt.Errorf("config.json: position_embedding_type is %q, expected \"absolute\"", c.PositionEmbeddingType)
	}
	return nil
}

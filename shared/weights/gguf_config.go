package weights

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// architectures has a row for each GGUF architecture whose metadata is understood: what config.json calls it.
var architectures = map[string]struct{ modelType, class string }{
	"llama": {"llama", "LlamaForCausalLM"},
}

// config is the part of a Llama config.json that GGUF metadata has.
type config struct {
	Architectures       []string       `json:"architectures"`
	ModelType           string         `json:"model_type"`
	VocabSize           int64          `json:"vocab_size"`
	HiddenSize          int64          `json:"hidden_size"`
	IntermediateSize    int64          `json:"intermediate_size"`
	NumHiddenLayers     int64          `json:"num_hidden_layers"`
	NumAttentionHeads   int64          `json:"num_attention_heads"`
	NumKeyValueHeads    int64          `json:"num_key_value_heads"`
	HeadDim             int64          `json:"head_dim"`
	HiddenAct           string         `json:"hidden_act"`
	MaxPosition         int64          `json:"max_position_embeddings"`
	RMSNormEps          float64        `json:"rms_norm_eps"`
	RopeTheta           float64        `json:"rope_theta"`
	RopeScaling         map[string]any `json:"rope_scaling"`
	AttentionBias       bool           `json:"attention_bias"`
	TieWordEmbeddings   bool           `json:"tie_word_embeddings"`
	BOS                 *int64         `json:"bos_token_id"`
	EOS                 *int64         `json:"eos_token_id"`
	PAD                 *int64         `json:"pad_token_id,omitempty"`
	PartialRotaryFactor float64        `json:"partial_rotary_factor,omitempty"`
	NameOrPath          string         `json:"_name_or_path,omitempty"`
}

// Config is the file's metadata as a Hugging Face config.json, so that models are built from either alike. All
// that is missing is reported at once.
func (g *GGUF) Config() ([]byte, error) {
	arch, _ := g.Meta.String("general.architecture")
	row, ok := architectures[arch]
	if !ok {
		return nil, fmt.Errorf("gguf: general.architecture is %q, which is not known", arch)
	}
	var missing []string
	need := func(key string) int64 {
		v, ok := g.Meta.Int(arch + "." + key)
		if !ok || v < 1 || v > 1<<31 {
			missing = append(missing, arch+"."+key)
			return 1
		}
		return v
	}
	c := config{
		Architectures:     []string{row.class},
		ModelType:         row.modelType,
		HiddenSize:        need("embedding_length"),
		IntermediateSize:  need("feed_forward_length"),
		NumHiddenLayers:   need("block_count"),
		MaxPosition:       need("context_length"),
		HiddenAct:         "silu",
		RopeTheta:         10000,
		TieWordEmbeddings: true,
	}
	q, kv, err := ggufHeads(g.Meta, arch)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	if q == 0 {
		missing, q, kv = append(missing, arch+".attention.head_count"), 1, 1
	}
	c.NumAttentionHeads, c.NumKeyValueHeads = int64(q), int64(kv)
	c.HeadDim = c.HiddenSize / c.NumAttentionHeads
	if v, ok := g.Meta.Int(arch + ".attention.key_length"); ok {
		c.HeadDim = v
	}
	if c.RMSNormEps, ok = g.decimal(arch + ".attention.layer_norm_rms_epsilon"); !ok {
		missing = append(missing, arch+".attention.layer_norm_rms_epsilon")
	}
	embed, ok := g.Spec("model.embed_tokens.weight")
	if !ok || len(embed.Shape) != 2 {
		missing = append(missing, "token_embd.weight")
	} else {
		c.VocabSize = int64(embed.Shape[0])
	}
	if missing != nil {
		return nil, fmt.Errorf("gguf: metadata or tensors are missing or wrong: %v", missing)
	}

	if v, ok := g.decimal(arch + ".rope.freq_base"); ok {
		c.RopeTheta = v
	}
	if v, ok := g.Meta.Int(arch + ".rope.dimension_count"); ok && v != c.HeadDim {
		c.PartialRotaryFactor = float64(v) / float64(c.HeadDim)
	}
	if kind, ok := g.Meta.String(arch + ".rope.scaling.type"); ok && kind != "none" {
		factor, _ := g.decimal(arch + ".rope.scaling.factor")
		c.RopeScaling = map[string]any{"rope_type": kind, "factor": factor}
	}
	_, untied := g.Spec("lm_head.weight")
	c.TieWordEmbeddings = !untied
	_, c.AttentionBias = g.Spec("model.layers.0.self_attn.q_proj.bias")
	c.BOS, c.EOS, c.PAD = g.token("bos"), g.token("eos"), g.token("padding")
	c.NameOrPath, _ = g.Meta.String("general.name")
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("gguf: config: %w", err) // a NaN or infinity in the metadata
	}
	return append(b, '\n'), nil
}

// decimal is a float as it would be written: GGUF keeps 1e-5 as the nearest float32, and config.json as 1e-05.
func (g *GGUF) decimal(key string) (float64, bool) {
	v, ok := g.Meta.Float(key)
	if f := float32(v); float64(f) == v {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	}
	return v, ok
}

// token is the id of a special token, nil where the file has none.
func (g *GGUF) token(kind string) *int64 {
	v, ok := g.Meta.Int("tokenizer.ggml." + kind + "_token_id")
	if !ok {
		return nil
	}
	return &v
}

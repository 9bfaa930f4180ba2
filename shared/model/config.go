package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// Config is what Graft reads of a checkpoint's config.json. Names are Hugging Face's.
type Config struct {
	ModelType             string            `json:"model_type"`
	Architectures         []string          `json:"architectures"`
	VocabSize             int               `json:"vocab_size"`
	HiddenSize            int               `json:"hidden_size"`
	IntermediateSize      int               `json:"intermediate_size"`
	NumHiddenLayers       int               `json:"num_hidden_layers"`
	NumAttentionHeads     int               `json:"num_attention_heads"`
	NumKeyValueHeads      int               `json:"num_key_value_heads"`
	HeadDim               int               `json:"head_dim"`
	HiddenAct             string            `json:"hidden_act"`
	HiddenActivation      string            `json:"hidden_activation"` // Gemma's name
	MaxPositionEmbeddings int               `json:"max_position_embeddings"`
	RMSNormEps            float64           `json:"rms_norm_eps"`
	RopeTheta             float64           `json:"rope_theta"`
	RopeScaling           json.RawMessage   `json:"rope_scaling"`
	RopeParameters        json.RawMessage   `json:"rope_parameters"`      // transformers 5
	RopeLocalBaseFreq     float64           `json:"rope_local_base_freq"` // of layers with a window, where theirs is another
	PartialRotaryFactor   *float64          `json:"partial_rotary_factor"`
	OriginalMaxPositions  *int              `json:"original_max_position_embeddings"`
	SlidingWindow         *int              `json:"sliding_window"`
	UseSlidingWindow      bool              `json:"use_sliding_window"`
	MaxWindowLayers       int               `json:"max_window_layers"`
	SlidingWindowPattern  int               `json:"sliding_window_pattern"`
	LayerTypes            []string          `json:"layer_types"`
	Bidirectional         bool              `json:"use_bidirectional_attention"`
	QueryPreAttnScalar    float64           `json:"query_pre_attn_scalar"`
	AttnLogitSoftcapping  *float64          `json:"attn_logit_softcapping"`
	FinalLogitSoftcapping *float64          `json:"final_logit_softcapping"`
	TieWordEmbeddings     bool              `json:"tie_word_embeddings"`
	AttentionBias         bool              `json:"attention_bias"`
	MLPBias               bool              `json:"mlp_bias"`
	BOSTokenID            *int32            `json:"bos_token_id"`
	EOSTokenID            TokenIDs          `json:"eos_token_id"`
	PadTokenID            *int32            `json:"pad_token_id"`
	ID2Label              map[string]string `json:"id2label"`
	NumLabels             int               `json:"num_labels"`
	QuantizationConfig    *Quantization     `json:"quantization_config"`
	DType                 string            `json:"dtype"`       // transformers 5
	TorchDType            string            `json:"torch_dtype"` // earlier

	Encoder
	Dropouts
	TextConfig json.RawMessage `json:"text_config"` // of a model that also sees: what it reads text with
}

// Quantization is quantization_config of a checkpoint stored in bitsandbytes' formats.
type Quantization struct {
	QuantMethod       string `json:"quant_method"`
	LoadIn4Bit        bool   `json:"load_in_4bit"`
	LoadIn8Bit        bool   `json:"load_in_8bit"`
	BnB4BitQuantType  string `json:"bnb_4bit_quant_type"`
	BnB4BitDoubleQuan bool   `json:"bnb_4bit_use_double_quant"`
}

// TokenIDs is one id or a list of them.
type TokenIDs []int32

// UnmarshalJSON takes a number, a list of numbers, or null.
func (t *TokenIDs) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = nil
		return nil
	}
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]int32)(t))
	}
	*t = make(TokenIDs, 1)
	return json.Unmarshal(b, &(*t)[0])
}

// ParseConfig reads config.json and checks its sizes. What it leaves out is as the architecture's class in transformers
// has it.
func ParseConfig(data []byte) (Config, error) {
	var head Config
	if err := json.Unmarshal(data, &head); err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	c := Config{RMSNormEps: 1e-6, RopeTheta: 10000, MaxPositionEmbeddings: 2048, HiddenAct: "silu"}
	for _, a := range architectures {
		if a.modelType == head.ModelType && a.defaults != nil {
			a.defaults(&c)
		}
	}
	if len(head.TextConfig) > 0 {
		if err := json.Unmarshal(head.TextConfig, &c); err != nil {
			return Config{}, fmt.Errorf("config.json: text_config: %w", err)
		}
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return Config{}, fmt.Errorf("config.json: %w", err)
	}
	c.alias()
	if c.NumKeyValueHeads == 0 {
		c.NumKeyValueHeads = c.NumAttentionHeads
	}
	if c.HeadDim == 0 && c.NumAttentionHeads > 0 {
		c.HeadDim = c.HiddenSize / c.NumAttentionHeads
	}
	if c.NumLabels == 0 {
		c.NumLabels = len(c.ID2Label)
	}
	return c, c.check()
}

// The largest sizes of any published model are well below these; what is above is a broken or hostile file.
const (
	maxWidth     = 1 << 20
	maxLayers    = 1 << 10
	maxVocab     = 1 << 23
	maxPositions = 1 << 27
)

func (c Config) check() error {
	for _, f := range []struct {
		name     string
		got, max int
	}{
		{"vocab_size", c.VocabSize, maxVocab},
		{"hidden_size", c.HiddenSize, maxWidth},
		{"intermediate_size", c.IntermediateSize, maxWidth},
		{"num_hidden_layers", c.NumHiddenLayers, maxLayers},
		{"num_attention_heads", c.NumAttentionHeads, maxWidth},
		{"num_key_value_heads", c.NumKeyValueHeads, maxWidth},
		{"head_dim", c.HeadDim, maxWidth},
		{"max_position_embeddings", c.MaxPositionEmbeddings, maxPositions},
	} {
		if f.got < 1 || f.got > f.max {
			return fmt.Errorf("config.json: %s is %d, expected 1 to %d", f.name, f.got, f.max)
		}
	}
	if c.NumAttentionHeads%c.NumKeyValueHeads != 0 {
		return fmt.Errorf("config.json: num_attention_heads %d is no multiple of num_key_value_heads %d", c.NumAttentionHeads, c.NumKeyValueHeads)
	}
	return c.Dropouts.check()
}

// Labels are the names of the classes in order of their ids, nil where config.json has none.
func (c Config) Labels() []string {
	if len(c.ID2Label) == 0 {
		return nil
	}
	names := make([]string, len(c.ID2Label))
	for i := range names {
		name, ok := c.ID2Label[strconv.Itoa(i)]
		if !ok {
			return nil
		}
		names[i] = name
	}
	return names
}

// IsEOS reports whether id ends a generated text.
func (c Config) IsEOS(id int32) bool { return slices.Contains(c.EOSTokenID, id) }

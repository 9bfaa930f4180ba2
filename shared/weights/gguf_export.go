package weights

import (
	"encoding/json"
	"fmt"
	"io"

	"graft/shared/tensor"
)

// GGUFItems are the tensors of a Llama checkpoint as its GGUF file has them: under GGUF's names, the rows of query
// and key projections in llama.cpp's order, and vectors in float32, which llama.cpp expects. config is the
// checkpoint's config.json. To quantise as well, give it a view by Quantized.
func GGUFItems(src Source, config []byte) ([]Item, error) {
	c, err := parseLlama(config)
	if err != nil {
		return nil, err
	}
	src = Quantized(src, func(name string, s tensor.Spec) tensor.DType {
		if len(s.Shape) == 1 && s.DType.IsFloat() {
			return tensor.F32
		}
		return s.DType
	})
	var items []Item
	for _, name := range src.Names() {
		item, err := ItemFrom(src, name)
		if err != nil {
			return nil, err
		}
		heads := 0
		switch {
		case isQuery(name):
			heads = int(c.NumAttentionHeads)
		case isKey(name):
			heads = int(c.NumKeyValueHeads)
		}
		if heads > 0 {
			if item, err = pairedItem(item, heads); err != nil {
				return nil, err
			}
		}
		item.Name = GGUFName(name)
		items = append(items, item)
	}
	return items, nil
}

// pairedItem is an item whose rows are brought into llama.cpp's order.
func pairedItem(t Item, heads int) (Item, error) {
	rows := rowsOf(t.Spec)
	if rows%(2*heads) != 0 {
		return t, fmt.Errorf("%s: %d rows do not divide into pairs of %d heads", t.Name, rows, heads)
	}
	write := t.Write
	t.Write = func(w io.Writer) error {
		var src collector
		if err := write(&src); err != nil {
			return err
		}
		dst := make([]byte, len(src))
		toPairs(dst, src, rows, heads)
		_, err := w.Write(dst)
		return err
	}
	return t, nil
}

type collector []byte

func (c *collector) Write(b []byte) (int, error) {
	*c = append(*c, b...)
	return len(b), nil
}

func parseLlama(b []byte) (c config, err error) {
	if err := json.Unmarshal(b, &c); err != nil {
		return c, fmt.Errorf("config.json: %w", err)
	}
	if c.ModelType != "llama" {
		return c, fmt.Errorf("config.json: model_type is %q, expected llama", c.ModelType)
	}
	if c.NumKeyValueHeads == 0 {
		c.NumKeyValueHeads = c.NumAttentionHeads
	}
	for name, v := range map[string]int64{"vocab_size": c.VocabSize, "hidden_size": c.HiddenSize, "intermediate_size": c.IntermediateSize,
		"num_hidden_layers": c.NumHiddenLayers, "num_attention_heads": c.NumAttentionHeads, "num_key_value_heads": c.NumKeyValueHeads,
		"max_position_embeddings": c.MaxPosition} {
		if v < 1 || v > 1<<31 {
			return c, fmt.Errorf("config.json: %s is %d", name, v)
		}
	}
	if c.HeadDim == 0 {
		c.HeadDim = c.HiddenSize / c.NumAttentionHeads
	}
	if c.RopeTheta == 0 {
		c.RopeTheta = 10000
	}
	return c, nil
}

// MetaOf is the model's part of a GGUF file's metadata, from a Llama config.json. The tokenizer's part is not in it.
func MetaOf(configJSON []byte) (m Meta, err error) {
	c, err := parseLlama(configJSON)
	if err != nil {
		return m, err
	}
	if c.RopeScaling != nil {
		return m, fmt.Errorf("config.json: rope_scaling %v is not written to GGUF", c.RopeScaling)
	}
	const a = "llama."
	m.Set("general.architecture", "llama")
	m.Set("general.type", "model")
	if c.NameOrPath != "" {
		m.Set("general.name", c.NameOrPath)
	}
	m.Set(a+"block_count", uint32(c.NumHiddenLayers))
	m.Set(a+"context_length", uint32(c.MaxPosition))
	m.Set(a+"embedding_length", uint32(c.HiddenSize))
	m.Set(a+"feed_forward_length", uint32(c.IntermediateSize))
	m.Set(a+"attention.head_count", uint32(c.NumAttentionHeads))
	m.Set(a+"attention.head_count_kv", uint32(c.NumKeyValueHeads))
	m.Set(a+"attention.key_length", uint32(c.HeadDim))
	m.Set(a+"attention.value_length", uint32(c.HeadDim))
	m.Set(a+"attention.layer_norm_rms_epsilon", float32(c.RMSNormEps))
	m.Set(a+"rope.freq_base", float32(c.RopeTheta))
	m.Set(a+"rope.dimension_count", uint32(c.HeadDim))
	m.Set(a+"vocab_size", uint32(c.VocabSize))
	m.Set("general.quantization_version", uint32(2))
	return m, nil
}

package weights

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"graft/shared/tensor"
)

// ggufModel is a checkpoint as its config.json tells of it, about to be written as GGUF.
type ggufModel struct {
	*ggufArch
	c         map[string]any
	dim       int // of a head
	q, kv     int // heads
	theta     float64
	scaling   map[string]any
	tied      bool
	vocabSize int
}

func ggufModelOf(config []byte) (*ggufModel, error) {
	m := &ggufModel{}
	if err := json.Unmarshal(config, &m.c); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	modelType, _ := m.c["model_type"].(string)
	row, known := archOfModel(modelType)
	if m.ggufArch = row; row == nil {
		return nil, fmt.Errorf("config.json: model_type is %q, expected one of %q", modelType, known)
	}
	for _, f := range m.fields {
		if _, ok := m.c[f.config]; !ok && f.otherwise != nil {
			m.c[f.config] = f.otherwise
		}
	}
	for _, key := range []string{"num_key_value_heads", "head_dim"} {
		if v, ok := m.c[key].(float64); !ok || v == 0 {
			delete(m.c, key) // null, as written by some, is as good as nothing
		}
	}
	var wrong []string
	count := func(key string, otherwise int) int {
		v, ok := m.c[key].(float64)
		if !ok && otherwise > 0 {
			v = float64(otherwise)
		}
		if v < 1 || v > maxGGUFCount || v != float64(int64(v)) {
			wrong = append(wrong, key)
			return 1
		}
		m.c[key] = v
		return int(v)
	}
	m.vocabSize = count("vocab_size", 0)
	m.q = count("num_attention_heads", 0)
	m.kv = count("num_key_value_heads", m.q)
	m.dim = count("head_dim", count("hidden_size", 0)/m.q)
	m.scaling, _ = m.c["rope_scaling"].(map[string]any)
	if p, ok := m.c["rope_parameters"].(map[string]any); ok { // transformers 5
		m.scaling = p
		if theta, ok := p["rope_theta"]; ok {
			m.c["rope_theta"] = theta
		}
	}
	for _, f := range m.fields {
		switch {
		case f.kind == countField && (f.need || m.c[f.config] != nil):
			count(f.config, 0)
		case f.kind == realField && (f.need || m.c[f.config] != nil):
			if _, ok := m.c[f.config].(float64); !ok {
				wrong = append(wrong, f.config)
			}
		}
	}
	if wrong != nil {
		slices.Sort(wrong)
		return nil, fmt.Errorf("config.json: missing or no such number as is expected: %v", slices.Compact(wrong))
	}
	m.theta, _ = m.c["rope_theta"].(float64)
	m.tied, _ = m.c["tie_word_embeddings"].(bool)
	return m, nil
}

// GGUFItems are the tensors of a checkpoint as its GGUF file has them: under GGUF's names, rows in llama.cpp's
// order, vectors in float32, which llama.cpp expects, and the divisors of a scaled rotation that is told so.
// config is the checkpoint's config.json.
func GGUFItems(src Source, config []byte, mix Mixture) ([]Item, error) {
	m, err := ggufModelOf(config)
	if err != nil {
		return nil, err
	}
	if _, untied := src.Spec("lm_head.weight"); !untied {
		m.tied = true
	}
	want := mix.types(m)
	src = Quantized(src, func(name string, s tensor.Spec) tensor.DType { return want(m.ggufName(name), s) })
	factors, err := ropeMeta(&Meta{}, m.arch, m.dim, m.theta, m.scaling)
	if err != nil {
		return nil, err
	}
	items := factors
	for _, name := range src.Names() {
		if m.leftOut(name) {
			continue
		}
		item, err := ItemFrom(src, name)
		if err != nil {
			return nil, err
		}
		if heads := m.pairedHeads(name, m.q, m.kv); heads > 0 {
			if item, err = pairedItem(item, heads); err != nil {
				return nil, err
			}
		}
		if m.largerByOne(name) {
			item = changed(item, func(b []byte) []byte { addToFloats(b, 1); return b })
		}
		item.Name = m.ggufName(name)
		items = append(items, item)
	}
	return items, nil
}

// leftOut are tensors of old checkpoints that say again what config.json says, and an output layer that is not used.
func (m *ggufModel) leftOut(name string) bool {
	return strings.HasSuffix(name, ".rotary_emb.inv_freq") || m.tied && name == "lm_head.weight"
}

// pairedItem is an item whose rows are brought into llama.cpp's order.
func pairedItem(t Item, heads int) (Item, error) {
	rows := rowsOf(t.Spec)
	if rows%(2*heads) != 0 {
		return t, fmt.Errorf("%s: %d rows do not divide into pairs of %d heads", t.Name, rows, heads)
	}
	return changed(t, func(src []byte) []byte {
		dst := make([]byte, len(src))
		toPairs(dst, src, rows, heads)
		return dst
	}), nil
}

// changed is an item whose bytes are changed when they are written.
func changed(t Item, by func([]byte) []byte) Item {
	write := t.Write
	t.Write = func(w io.Writer) error {
		var b collector
		if err := write(&b); err != nil {
			return err
		}
		_, err := w.Write(by(b))
		return err
	}
	return t
}

type collector []byte

func (c *collector) Write(b []byte) (int, error) {
	*c = append(*c, b...)
	return len(b), nil
}

// MetaOf is the model's part of the metadata of a GGUF file in a mixture, from config.json. The tokenizer's part is
// not in it.
func MetaOf(config []byte, mix Mixture) (Meta, error) {
	var m Meta
	c, err := ggufModelOf(config)
	if err != nil {
		return m, err
	}
	m.Set("general.architecture", c.arch)
	m.Set("general.type", "model")
	if name, ok := c.c["_name_or_path"].(string); ok && name != "" {
		m.Set("general.name", name)
	}
	for _, f := range c.fields {
		v, ok := c.c[f.config].(float64)
		switch {
		case !ok:
		case f.kind == countField:
			m.Set(c.arch+"."+f.meta, uint32(v))
		default:
			m.Set(c.arch+"."+f.meta, float32(v))
		}
	}
	rotated := float64(c.dim)
	if part, ok := c.c["partial_rotary_factor"].(float64); ok {
		rotated *= part
	}
	for _, n := range []struct {
		key   string
		value int
	}{{"attention.key_length", c.dim}, {"attention.value_length", c.dim}, {"rope.dimension_count", int(rotated)}, {"vocab_size", c.vocabSize}} {
		m.Set(c.arch+"."+n.key, uint32(n.value))
	}
	_, err = ropeMeta(&m, c.arch, c.dim, c.theta, c.scaling)
	if mix.Name != "" {
		m.Set("general.file_type", mix.FileType)
	}
	m.Set("general.quantization_version", uint32(2))
	return m, err
}

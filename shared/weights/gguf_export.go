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
	if m.dim = count("head_dim", count("hidden_size", 0)/m.q); m.dim > maxHeadDim {
		wrong = append(wrong, "head_dim")
	}
	m.rotation()
	for _, f := range m.fields {
		switch {
		case f.kind == countField && (f.need || m.c[f.config] != nil), f.kind == limitField && m.c[f.config] != nil:
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
	if err := m.same(); err != nil {
		return nil, err
	}
	m.theta, _ = m.c["rope_theta"].(float64)
	m.tied, _ = m.c["tie_word_embeddings"].(bool)
	return m, nil
}

// rotation finds what config.json says of rotations: in rope_parameters since transformers 5, for each kind of layer
// where they differ.
func (m *ggufModel) rotation() {
	m.scaling, _ = m.c["rope_scaling"].(map[string]any)
	p, ok := m.c["rope_parameters"].(map[string]any)
	if local, nested := p["sliding_attention"].(map[string]any); nested {
		if theta, ok := local["rope_theta"]; ok {
			m.c["rope_local_base_freq"] = theta
		}
		p, ok = p["full_attention"].(map[string]any)
	}
	if ok {
		m.scaling = p
		for _, key := range []string{"rope_theta", "partial_rotary_factor"} {
			if v, ok := p[key]; ok {
				m.c[key] = v
			}
		}
	}
	for _, key := range []string{"original_max_position_embeddings", "partial_rotary_factor"} { // Phi-3
		if v, ok := m.c[key]; ok && v != nil && m.scaling != nil {
			m.scaling[key] = v
		}
	}
}

// same holds config.json to what GGUF leaves to the architecture: another model has no place in such a file.
func (m *ggufModel) same() error {
	fixed := m.fixed
	if m.sized != nil {
		layers, _ := m.c["num_hidden_layers"].(float64)
		hidden, _ := m.c["hidden_size"].(float64)
		if layers > maxGGUFLayers {
			return fmt.Errorf("config.json: num_hidden_layers is %g, expected at most %d", layers, maxGGUFLayers)
		}
		fixed = slices.Concat(fixed, m.sized(archSizes{int(layers), int(hidden), m.q, m.dim}))
	}
	for _, f := range fixed {
		have, ok := m.c[f.config]
		if !ok || have == nil {
			continue
		}
		a, err := json.Marshal(have)
		if err != nil {
			return fmt.Errorf("config.json: %s: %w", f.config, err)
		}
		b, err := json.Marshal(f.value)
		if err != nil {
			return fmt.Errorf("config.json: %s: %w", f.config, err)
		}
		if string(a) != string(b) {
			return fmt.Errorf("config.json: %s is %s, and a GGUF file of %s has no place for other than %s", f.config, a, m.arch, b)
		}
	}
	return nil
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
	factors, err := m.ropeMeta(&Meta{})
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
		case f.kind == countField || f.kind == limitField:
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
	_, err = c.ropeMeta(&m)
	if mix.Name != "" {
		m.Set("general.file_type", mix.FileType)
	}
	m.Set("general.quantization_version", uint32(2))
	return m, err
}

// WithoutGGUFName lists the tensors of a checkpoint that its architecture has no name for in GGUF.
func WithoutGGUFName(src Source, config []byte) ([]string, error) {
	m, err := ggufModelOf(config)
	if err != nil {
		return nil, err
	}
	var unknown []string
	for _, name := range src.Names() {
		if to := m.ggufName(name); !m.leftOut(name) && (to == name || to == "cls.output.weight") {
			unknown = append(unknown, name)
		}
	}
	return unknown, nil
}

package weights

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// maxGGUFCount bounds every size in the metadata that becomes one in config.json.
const maxGGUFCount = 1 << 31

// maxHeadDim bounds the values of a head, of which rotations have tables.
const maxHeadDim = 1 << 16

// maxGGUFLayers bounds the layers of a model that are told one by one.
const maxGGUFLayers = 1 << 12

// Config is the file's metadata as a Hugging Face config.json, so that models are built from either alike. All
// that is missing is reported at once.
func (g *GGUF) Config() ([]byte, error) {
	arch, _ := g.Meta.String("general.architecture")
	row, ok := archOfFile(g.Meta)
	if !ok {
		return nil, fmt.Errorf("gguf: general.architecture is %q, which is not known", arch)
	}
	c := map[string]any{"architectures": []string{row.class}, "model_type": row.modelType}
	for _, f := range row.fixed {
		c[f.config] = f.value
	}
	var missing []string
	for _, f := range row.fields {
		v, ok, err := g.field(arch, f)
		switch {
		case err != nil:
			return nil, fmt.Errorf("gguf: %w", err)
		case ok:
			c[f.config] = v
		case f.need:
			missing = append(missing, arch+"."+f.meta)
		case f.otherwise != nil:
			c[f.config] = f.otherwise
		}
	}
	embed, ok := g.Spec(row.top[0].checkpoint + ".weight")
	if !ok || len(embed.Shape) != 2 {
		missing = append(missing, row.top[0].gguf+".weight")
	} else {
		c["vocab_size"] = embed.Shape[0]
	}
	if types, ok := g.Spec(row.checkpointName(bertTypes + ".weight")); ok {
		c["type_vocab_size"] = types.Shape[0]
	}
	if missing != nil {
		return nil, fmt.Errorf("gguf: metadata or tensors are missing or wrong: %v", missing)
	}
	heads, _ := c["num_attention_heads"].(int64)
	if _, ok := c["num_key_value_heads"]; !ok {
		c["num_key_value_heads"] = heads
	}
	dim := c["hidden_size"].(int64) / heads
	if v, ok := g.Meta.Int(arch + ".attention.key_length"); ok {
		dim = v
	}
	if dim < 1 || dim > maxHeadDim {
		return nil, fmt.Errorf("gguf: heads have %d values, expected 1 to %d", dim, maxHeadDim)
	}
	c["head_dim"] = dim
	if row.sized != nil {
		layers, hidden := c["num_hidden_layers"].(int64), c["hidden_size"].(int64)
		if layers > maxGGUFLayers {
			return nil, fmt.Errorf("gguf: metadata %s.block_count is %d, expected at most %d", arch, layers, maxGGUFLayers)
		}
		for _, f := range row.sized(archSizes{int(layers), int(hidden), int(heads), int(dim)}) {
			c[f.config] = f.value
		}
	}
	if v, ok := g.Meta.Int(arch + ".rope.dimension_count"); ok && v != dim {
		c["partial_rotary_factor"] = float64(v) / float64(dim)
	}
	if err := g.ropeConfig(arch, dim, c); err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	_, untied := g.Spec("lm_head.weight")
	c["tie_word_embeddings"] = !untied
	_, c["attention_bias"] = g.Spec("model.layers.0.self_attn.q_proj.bias")
	for key, kind := range map[string]string{"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"} {
		if v, ok := g.Meta.Int("tokenizer.ggml." + kind + "_token_id"); ok {
			c[key] = v
		}
	}
	if ends := g.Meta.ends(); len(ends) > 1 {
		c["eos_token_id"] = ends
	}
	if v, ok := g.Meta.String("general.name"); ok {
		c["_name_or_path"] = v
	}
	b, err := json.MarshalIndent(withPoints(c), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("gguf: config: %w", err) // a NaN or infinity in the metadata
	}
	return append(b, '\n'), nil
}

// field is one value of the metadata as config.json has it.
func (g *GGUF) field(arch string, f ggufField) (v any, ok bool, err error) {
	key := arch + "." + f.meta
	if f.kind == realField {
		v, ok := g.decimal(key)
		return v, ok, nil
	}
	n, ok, err := g.Meta.uniform(key)
	if err != nil || !ok {
		return nil, false, err
	}
	if n == 0 && f.kind == limitField {
		return nil, true, nil
	}
	if n < 1 || n > maxGGUFCount {
		return nil, false, fmt.Errorf("metadata %s is %d, expected 1 to %d", key, n, maxGGUFCount)
	}
	return n, true, nil
}

// uniform is an integer, or what all integers of an array for each layer are.
func (m Meta) uniform(key string) (v int64, ok bool, err error) {
	v, ok = m.Int(key)
	if per, isArray := m.Ints(key); isArray && len(per) > 0 {
		if slices.Min(per) != slices.Max(per) {
			return 0, false, fmt.Errorf("metadata %s differs between layers, which is not read", key)
		}
		v, ok = per[0], true
	}
	return v, ok, nil
}

// heads are the numbers of query and of key heads, which the order of rows needs. Both are 0 where the file
// does not say, as in a file of weights only.
func (m Meta) heads(arch string) (q, kv int, err error) {
	count := func(key string) int {
		v, ok, e := m.uniform(arch + ".attention." + key)
		switch {
		case err != nil:
		case e != nil:
			err = e
		case ok && (v < 1 || v > 1<<16):
			err = fmt.Errorf("metadata %s.attention.%s is %d, expected a number of heads", arch, key, v)
		}
		return int(v)
	}
	q, kv = count("head_count"), count("head_count_kv")
	if err != nil {
		return 0, 0, err
	}
	if kv == 0 {
		kv = q
	}
	return q, kv, nil
}

// decimal is a float as it would be written: GGUF keeps 1e-5 as the nearest float32, and config.json as 1e-05.
func (g *GGUF) decimal(key string) (float64, bool) {
	v, ok := g.Meta.Float(key)
	return shortest(v), ok
}

func shortest(v float64) float64 {
	if f := float32(v); float64(f) == v && !math.IsInf(v, 0) {
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	}
	return v
}

// turnEnds are tokens that end an answer in a conversation. A file may have another as its eos_token_id, which ends a
// document; llama.cpp, too, knows them by name.
var turnEnds = []string{"<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<|end|>"}

// ends are the tokens that end a text, that of the metadata first; none if that is not there.
func (m Meta) ends() []int64 {
	eos, ok := m.Int("tokenizer.ggml.eos_token_id")
	if !ok {
		return nil
	}
	ends := []int64{eos}
	add := func(id int64) {
		if !slices.Contains(ends, id) {
			ends = append(ends, id)
		}
	}
	if id, ok := m.Int("tokenizer.ggml.eot_token_id"); ok {
		add(id)
	}
	tokens, _ := m.Strings("tokenizer.ggml.tokens")
	types, _ := m.Ints("tokenizer.ggml.token_type")
	const control = 3
	for id, token := range tokens {
		if id < len(types) && types[id] == control && slices.Contains(turnEnds, token) {
			add(int64(id))
		}
	}
	return ends
}

// real is a float that is written with a point or an exponent: transformers refuses 30 where it wants 30.0.
type real float64

func (r real) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(float64(r))
	if err == nil && !bytes.ContainsAny(b, ".e") {
		b = append(b, ".0"...)
	}
	return b, err
}

// withPoints is v with its floats written so.
func withPoints(v any) any {
	switch v := v.(type) {
	case float64:
		return real(v)
	case []float64:
		out := make([]real, len(v))
		for i, f := range v {
			out[i] = real(f)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = withPoints(x)
		}
		return out
	}
	return v
}

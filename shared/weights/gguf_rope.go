package weights

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"graft/shared/nn"
	"graft/shared/tensor"
)

// Scaled rotations. GGUF tells of two by metadata, "linear" and "yarn". Llama 3's is a tensor of divisors, one for
// each pair of a head, that the converter has computed from config.json. LongRoPE has two of them, for texts within the
// original context and for longer ones.
const (
	ropeFactors      = "rope_freqs.weight"
	ropeFactorsShort = "rope_factors_short.weight"
	ropeFactorsLong  = "rope_factors_long.weight"
)

// ropeTensors are no weights of the checkpoint.
var ropeTensors = []string{ropeFactors, ropeFactorsShort, ropeFactorsLong}

// llama3 is the rope_scaling of every published model of rope_type "llama3", but for the factor.
var llama3 = map[string]any{"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}

// ropeKeys pairs what both say of a scaling.
var ropeKeys = []struct{ meta, config string }{
	{"factor", "factor"},
	{"original_context_length", "original_max_position_embeddings"},
	{"yarn_beta_fast", "beta_fast"},
	{"yarn_beta_slow", "beta_slow"},
}

// ropeConfig adds rope_scaling to c, where the file has a scaling of heads of dim values.
func (g *GGUF) ropeConfig(arch string, dim int64, c map[string]any) error {
	if _, ok := g.tensors[ropeFactors]; ok {
		theta, _ := c["rope_theta"].(float64)
		scaling, err := g.llama3Config(int(dim), theta)
		c["rope_scaling"] = scaling
		return err
	}
	if _, ok := g.tensors[ropeFactorsLong]; ok {
		scaling, err := g.longConfig(arch)
		c["rope_scaling"] = scaling
		return err
	}
	kind, _ := g.Meta.String(arch + ".rope.scaling.type")
	if kind == "" || kind == "none" {
		return nil
	}
	s := map[string]any{"rope_type": kind}
	for _, k := range ropeKeys {
		key := arch + ".rope.scaling." + k.meta
		if v, ok := g.decimal(key); ok {
			s[k.config] = v
		} else if n, ok := g.Meta.Int(key); ok {
			s[k.config] = n
		}
	}
	for _, key := range []string{"attn_factor", "yarn_attn_factor", "yarn_ext_factor"} {
		if v, ok := g.Meta.Float(arch + ".rope.scaling." + key); ok && v != 1 {
			return fmt.Errorf("metadata %s.rope.scaling.%s is %g, which is not read", arch, key, v)
		}
	}
	c["rope_scaling"] = s
	return nil
}

// ropeTolerance is how far two computations of a divisor in float32 may lie apart.
const ropeTolerance = 1e-4

// longConfig reads the divisors of LongRoPE.
func (g *GGUF) longConfig(arch string) (map[string]any, error) {
	s := map[string]any{"rope_type": "longrope"}
	for _, t := range []struct{ tensor, config string }{{ropeFactorsShort, "short_factor"}, {ropeFactorsLong, "long_factor"}} {
		v, err := Floats(g, t.tensor)
		if err != nil {
			return nil, err
		}
		s[t.config] = decimals(v.Floats())
	}
	n, ok := g.Meta.Int(arch + ".rope.scaling.original_context_length")
	if !ok || n < 1 || n > maxGGUFCount {
		return nil, fmt.Errorf("metadata %s.rope.scaling.original_context_length is %d, expected that of %s", arch, n, ropeFactorsLong)
	}
	s["original_max_position_embeddings"] = n
	if v, ok := g.decimal(arch + ".rope.scaling.attn_factor"); ok {
		s["attention_factor"] = v
	}
	return s, nil
}

func decimals(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, f := range v {
		out[i] = shortest(float64(f))
	}
	return out
}

// llama3Config finds the scaling whose divisors the file has. The largest of them is its factor. Divisors of another
// rule are those of a LongRoPE that is the same for all lengths.
func (g *GGUF) llama3Config(dim int, theta float64) (map[string]any, error) {
	factors, err := Floats(g, ropeFactors)
	if err != nil {
		return nil, err
	}
	have := factors.Floats()
	s := map[string]any{"factor": 1.0}
	for k, v := range llama3 {
		s[k] = v
	}
	for _, f := range have {
		s["factor"] = max(s["factor"].(float64), shortest(float64(f)))
	}
	want, err := divisors(dim, theta, s)
	if err != nil {
		return nil, err
	}
	if len(have) != len(want) {
		return nil, fmt.Errorf("%s: %d values, expected %d for heads of %d", ropeFactors, len(have), len(want), dim)
	}
	for i, f := range have {
		if !(math.Abs(float64(f/want[i]-1)) < ropeTolerance) {
			same := decimals(have)
			return map[string]any{"rope_type": "longrope", "short_factor": same, "long_factor": same, "attention_factor": 1.0}, nil
		}
	}
	return s, nil
}

// divisors are how much slower a scaling turns each pair.
func divisors(dim int, theta float64, scaling map[string]any) ([]float32, error) {
	b, err := json.Marshal(scaling)
	if err != nil {
		return nil, err
	}
	plain, err := nn.NewRoPE(dim, theta, 0, nil)
	if err != nil {
		return nil, err
	}
	scaled, err := nn.NewRoPE(dim, theta, 0, b)
	if err != nil {
		return nil, err
	}
	d := make([]float32, len(plain.InvFreq))
	for i := range d {
		d[i] = plain.InvFreq[i] / scaled.InvFreq[i]
	}
	return d, nil
}

// ropeMeta adds to meta what GGUF says of config.json's rope_scaling, and gives the tensors of divisors if it says it
// so.
func (m *ggufModel) ropeMeta(meta *Meta) ([]Item, error) {
	kind, _ := m.scaling["rope_type"].(string)
	if kind == "" {
		kind, _ = m.scaling["type"].(string)
	}
	if m.arch == "phi3" && kind == "yarn" { // as transformers reads it
		kind = "longrope"
	}
	switch kind {
	case "", "default":
	case "llama3":
		d, err := divisors(m.dim, m.theta, m.scaling)
		if err != nil {
			return nil, fmt.Errorf("config.json: %w", err)
		}
		return []Item{ItemOf(ropeFactors, tensor.FromFloats(d, len(d)))}, nil
	case "linear", "yarn":
		meta.Set(m.arch+".rope.scaling.type", kind)
		for _, k := range ropeKeys {
			v, ok := m.scaling[k.config].(float64)
			switch {
			case !ok:
			case k.meta == "original_context_length":
				meta.Set(m.arch+".rope.scaling."+k.meta, uint32(v))
			default:
				meta.Set(m.arch+".rope.scaling."+k.meta, float32(v))
			}
		}
		for _, key := range []string{"attention_factor", "mscale", "mscale_all_dim", "truncate"} {
			if v, ok := m.scaling[key]; ok && v != nil {
				return nil, fmt.Errorf("config.json: rope_scaling: %s is %v, which GGUF has no place for", key, v)
			}
		}
	case "longrope", "su":
		return m.longMeta(meta)
	default:
		return nil, fmt.Errorf("config.json: rope_scaling of rope_type %q is not written to GGUF", kind)
	}
	return nil, nil
}

// longMeta adds LongRoPE, whose factor of attention is written out.
func (m *ggufModel) longMeta(meta *Meta) ([]Item, error) {
	b, err := json.Marshal(m.scaling)
	if err != nil {
		return nil, err
	}
	most, _ := m.c["max_position_embeddings"].(float64)
	r, err := nn.NewRoPE(m.dim, m.theta, int(most), b)
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	var factors struct {
		Short []float32 `json:"short_factor"`
		Long  []float32 `json:"long_factor"`
	}
	if err := json.Unmarshal(b, &factors); err != nil {
		return nil, fmt.Errorf("config.json: rope_scaling: %w", err)
	}
	if m.arch == "phi3" {
		original, ok := m.scaling["original_max_position_embeddings"].(float64)
		if !ok {
			original = most
		}
		meta.Set(m.arch+".rope.scaling.original_context_length", uint32(original))
		meta.Set(m.arch+".rope.scaling.attn_factor", r.Scale)
		return []Item{ItemOf(ropeFactorsLong, tensor.FromFloats(factors.Long, len(factors.Long))),
			ItemOf(ropeFactorsShort, tensor.FromFloats(factors.Short, len(factors.Short)))}, nil
	}
	if !slices.Equal(factors.Short, factors.Long) || r.Scale != 1 {
		return nil, fmt.Errorf("config.json: rope_scaling of rope_type \"longrope\" is not written to a GGUF file of %s", m.arch)
	}
	return []Item{ItemOf(ropeFactors, tensor.FromFloats(factors.Long, len(factors.Long)))}, nil
}

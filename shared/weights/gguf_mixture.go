package weights

import (
	"slices"
	"strconv"
	"strings"

	"graft/shared/tensor"
)

// Mixture says which type each tensor of a GGUF file gets. The zero Mixture leaves all as they are.
type Mixture struct {
	Name     string // as llama.cpp's quantize and converter call it, in lower case
	FileType uint32 // general.file_type
	most     tensor.DType
}

// Mixtures are those that are written.
var Mixtures = []Mixture{
	{"f32", 0, tensor.F32},
	{"f16", 1, tensor.F16},
	{"bf16", 32, tensor.BF16},
	{"q8_0", 7, tensor.Q8_0},
	{"q4_0", 2, tensor.Q4_0},
	{"q4_k_m", 15, tensor.Q4_K},
}

// MixtureOf is the mixture of that name, in any case, and the names there are.
func MixtureOf(name string) (m Mixture, known []string, ok bool) {
	for _, row := range Mixtures {
		if known = append(known, row.Name); row.Name == strings.ToLower(name) {
			m, ok = row, true
		}
	}
	return m, known, ok
}

// narrower is what takes a type's place where rows do not divide into its blocks; F16 where they do not divide into
// that one's either.
var narrower = map[tensor.DType]tensor.DType{tensor.Q4_K: tensor.Q5_0, tensor.Q5_K: tensor.Q5_1, tensor.Q6_K: tensor.Q8_0}

// types is the type of each tensor by its GGUF name, as llama.cpp's llama_model_quantize chooses it.
func (x Mixture) types(m *ggufModel) func(name string, s tensor.Spec) tensor.DType {
	layers, _ := m.c["num_hidden_layers"].(float64)
	return func(name string, s tensor.Spec) tensor.DType {
		switch {
		case len(s.Shape) == 1:
			return tensor.F32
		case x.most == tensor.Invalid:
			return s.DType
		case !mixed(name):
			return tensor.F32
		case !x.most.IsBlock():
			return x.most
		}
		d := x.choose(m, name, int(layers), s.Shape.Cols())
		if to, ok := narrower[d]; ok && s.Shape.Cols()%d.BlockValues() != 0 {
			d = to
		}
		if s.Shape.Cols()%d.BlockValues() != 0 {
			d = tensor.F16
		}
		return d
	}
}

// mixed reports whether a tensor is stored in fewer bits at all.
func mixed(name string) bool {
	return strings.HasSuffix(name, "weight") && !strings.HasSuffix(name, "_norm.weight") &&
		!slices.Contains([]string{"position_embd.weight", "token_types.weight"}, name)
}

// choose spends more bits where errors cost most: on the output layer, and in Q4_K_M on half of the matrices that make
// values and that lead back from the feed-forward part.
func (x Mixture) choose(m *ggufModel, name string, layers, cols int) tensor.DType {
	if name == "output.weight" || m.tied && name == "token_embd.weight" {
		if cols%x.most.BlockValues() != 0 || x.most == tensor.Q8_0 {
			return tensor.Q8_0
		}
		return tensor.Q6_K
	}
	layer, rest, ok := cutLayer(strings.TrimSuffix(name, ".weight"), "blk.")
	if !ok || x.most != tensor.Q4_K {
		return x.most
	}
	n, _ := strconv.Atoi(layer) // cutLayer has checked it
	more := n < layers/8 || n >= 7*layers/8 || (n-layers/8)%3 == 2
	values := rest == "attn_v" || rest == "attn_qkv"
	switch {
	case more && (values || rest == "ffn_down"):
		return tensor.Q6_K
	case values && manyForFew(m, layers):
		return tensor.Q5_K
	}
	return x.most
}

// manyForFew reports whether the model is one of 70 billion parameters, in which eight heads share the values that
// attn_v makes: llama.cpp gives those five bits where it would give four, and knows such models by their layers.
func manyForFew(m *ggufModel, layers int) bool { return layers == 80 && m.q != m.kv }

package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// GGUF is the vocabulary of a GGUF file, from its metadata.
type GGUF struct {
	Model  string    // tokenizer.ggml.model: a row of the table below
	Tokens []string  // tokenizer.ggml.tokens
	Types  []int32   // tokenizer.ggml.token_type, one for each token; nil: all normal
	Pre    string    // gpt2: tokenizer.ggml.pre: which pattern splits words, e.g. "llama-bpe"
	Merges []string  // gpt2: tokenizer.ggml.merges, "a b"
	Scores []float32 // llama, t5: tokenizer.ggml.scores, one for each token
	// gpt2: tokenizer.ggml.unknown_token_id, which stands for bytes that the vocabulary lacks; nil: they are dropped.
	Unknown *int32

	// llama, t5: the text is read as if a space stood before it.
	// tokenizer.ggml.add_space_prefix, true where that is absent.
	SpacePrefix bool
	// t5: spaces at the ends and beside others are left out, and characters are replaced as this table of SentencePiece's
	// says: tokenizer.ggml.remove_extra_whitespaces and precompiled_charsmap.
	RemoveExtraSpaces bool
	Charsmap          []byte

	// Tokens around a text that Encode adds: tokenizer.ggml.bos_token_id and
	// eos_token_id, where add_bos_token and add_eos_token say so.
	AddBOS, AddEOS bool
	BOS, EOS       int32
}

// Token types of GGUF.
const (
	ggufUnknown     = 2
	ggufControl     = 3 // special
	ggufUserDefined = 4 // found in the text, not special
	ggufByte        = 6 // <0xHH>
)

// ggufModels is the table of vocabularies by tokenizer.ggml.model.
var ggufModels = []struct {
	name string
	make func(*GGUF) (*Tokenizer, error)
}{
	{"gpt2", (*GGUF).byteLevel},
	{"llama", (*GGUF).sentencePiece},
	{"t5", func(g *GGUF) (*Tokenizer, error) { return g.unigram(nil) }},
	{"bert", (*GGUF).wordPiece},
}

// FromGGUF makes a tokenizer of the metadata of a GGUF file. It splits and
// normalizes as the model's own tokenizer.json does, which for some models is
// more than llama.cpp does (NFC for Qwen).
func FromGGUF(g GGUF) (*Tokenizer, error) {
	switch {
	case len(g.Tokens) == 0 || len(g.Tokens) > maxVocab:
		return nil, fmt.Errorf("gguf: tokenizer.ggml.tokens: has %d tokens, expected 1 to %d", len(g.Tokens), maxVocab)
	case g.Types != nil && len(g.Types) != len(g.Tokens):
		return nil, fmt.Errorf("gguf: tokenizer.ggml.token_type: has %d entries for %d tokens", len(g.Types), len(g.Tokens))
	}
	var known []string
	for _, m := range ggufModels {
		if m.name == g.Model {
			return m.make(&g)
		}
		known = append(known, m.name)
	}
	return nil, fmt.Errorf("gguf: tokenizer.ggml.model: unknown %q, expected one of %s", g.Model, strings.Join(known, " "))
}

// vocab returns a model with the vocabulary and no merges.
func (g *GGUF) vocab() *bpe {
	m := &bpe{words: append([]string(nil), g.Tokens...), ids: make(map[string]int32, len(g.Tokens)), unk: -1}
	for id, w := range m.words {
		if _, twice := m.ids[w]; twice { // padding repeats tokens; the first counts
			m.words[id] = ""
		} else {
			m.ids[w] = int32(id)
		}
	}
	return m
}

// added returns the tokens to be found in the text itself.
func (g *GGUF) added() ([]addedToken, error) {
	var all []addedToken
	seen := map[string]bool{}
	for id, kind := range g.Types {
		if (kind == ggufControl || kind == ggufUserDefined) && g.Tokens[id] != "" && !seen[g.Tokens[id]] {
			seen[g.Tokens[id]] = true
			all = append(all, addedToken{ID: int32(id), Content: g.Tokens[id], Special: kind == ggufControl})
		}
	}
	if len(all) > maxAdded {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.token_type: %d special tokens, at most %d are allowed", len(all), maxAdded)
	}
	return all, nil
}

// template returns the post-processor that adds BOS and EOS, or nil.
func (g *GGUF) template() (json.RawMessage, error) {
	type ref struct {
		ID     string `json:"id"`
		TypeID int    `json:"type_id"`
	}
	type special struct {
		ID     string   `json:"id"`
		IDs    []int32  `json:"ids"`
		Tokens []string `json:"tokens"`
	}
	single := []map[string]ref{}
	specials := map[string]special{}
	put := func(name string, on bool, id int32) error {
		if !on {
			return nil
		}
		if id < 0 || int(id) >= len(g.Tokens) {
			return fmt.Errorf("gguf: tokenizer.ggml.%s_token_id: id %d, expected 0 to %d", name, id, len(g.Tokens)-1)
		}
		w := g.Tokens[id]
		single = append(single, map[string]ref{"SpecialToken": {w, 0}})
		specials[w] = special{w, []int32{id}, []string{w}}
		return nil
	}
	if err := put("bos", g.AddBOS, g.BOS); err != nil {
		return nil, err
	}
	single = append(single, map[string]ref{"Sequence": {"A", 0}})
	if err := put("eos", g.AddEOS, g.EOS); err != nil || len(specials) == 0 {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"type": "TemplateProcessing", "single": single,
		"pair":           append(append([]map[string]ref{}, single...), map[string]ref{"Sequence": {"B", 1}}),
		"special_tokens": specials,
	})
}

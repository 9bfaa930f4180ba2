package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// GGUF is the vocabulary of a GGUF file, from its metadata.
type GGUF struct {
	Model  string   // tokenizer.ggml.model: "gpt2" is byte-level BPE
	Pre    string   // tokenizer.ggml.pre: which pattern splits words, e.g. "llama-bpe"
	Tokens []string // tokenizer.ggml.tokens
	Types  []int32  // tokenizer.ggml.token_type, one for each token; nil: all normal
	Merges []string // tokenizer.ggml.merges, "a b"

	// Tokens around a text that Encode adds: tokenizer.ggml.bos_token_id and
	// eos_token_id, where add_bos_token and add_eos_token say so.
	AddBOS, AddEOS bool
	BOS, EOS       int32
}

// Token types of GGUF.
const (
	ggufControl     = 3 // special
	ggufUserDefined = 4 // found in the text, not special
)

// ggufPre is a row of the table of tokenizer.ggml.pre: the pipeline that the
// original tokenizer.json of such models has.
type ggufPre struct {
	names        string // separated by spaces
	normalizer   string // JSON
	split        string // JSON of what comes before ByteLevel
	gpt2         bool   // ByteLevel splits by GPT-2's pattern
	ignoreMerges bool
}

var ggufPres = []ggufPre{
	{names: "gpt-2 gpt2 phi-2 jina-es jina-de mpt olmo jais trillion", gpt2: true},
	{names: "smollm starcoder refact command-r codeshell exaone minerva-7b", split: digitsJSON, gpt2: true},
	{names: "llama-bpe llama3 llama-v3 smaug-bpe falcon3", split: splitJSON(llama3Pattern), ignoreMerges: true},
	{names: "qwen2 deepseek-r1-qwen megrez", normalizer: nfcJSON, split: splitJSON(qwen2Pattern)},
	{names: "stablelm2 hunyuan", split: splitJSON(qwen2Pattern)},
}

// FromGGUF makes a tokenizer of the metadata of a GGUF file. It splits and
// normalizes as the model's own tokenizer.json does, which for some models is
// more than llama.cpp does (NFC for Qwen).
func FromGGUF(g GGUF) (*Tokenizer, error) {
	if g.Model != "gpt2" {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.model: expected gpt2, got %q", g.Model)
	}
	pre, err := findPre(g.Pre)
	if err != nil {
		return nil, err
	}
	m, err := g.bpe(pre.ignoreMerges)
	if err != nil {
		return nil, err
	}
	added, err := g.added()
	if err != nil {
		return nil, err
	}
	c := config{
		normalizer:   json.RawMessage(pre.normalizer),
		preTokenizer: json.RawMessage(byteLevelJSON(pre.gpt2)),
		decoder:      json.RawMessage(byteLevelJSON(true)),
	}
	if pre.split != "" {
		c.preTokenizer = sequenceJSON(pre.split, byteLevelJSON(pre.gpt2))
	}
	if c.postProcessor, err = g.template(); err != nil {
		return nil, err
	}
	return assemble(node{file: "gguf"}, m, added, c)
}

func findPre(name string) (ggufPre, error) {
	var known []string
	for _, p := range ggufPres {
		for _, n := range strings.Fields(p.names) {
			if n == name {
				return p, nil
			}
			known = append(known, n)
		}
	}
	return ggufPre{}, fmt.Errorf("gguf: tokenizer.ggml.pre: unknown %q, expected one of %s", name, strings.Join(known, " "))
}

func (g *GGUF) bpe(ignoreMerges bool) (*bpe, error) {
	switch {
	case len(g.Tokens) == 0 || len(g.Tokens) > maxVocab:
		return nil, fmt.Errorf("gguf: tokenizer.ggml.tokens: has %d tokens, expected 1 to %d", len(g.Tokens), maxVocab)
	case g.Types != nil && len(g.Types) != len(g.Tokens):
		return nil, fmt.Errorf("gguf: tokenizer.ggml.token_type: has %d entries for %d tokens", len(g.Types), len(g.Tokens))
	case len(g.Merges) > maxMerges:
		return nil, fmt.Errorf("gguf: tokenizer.ggml.merges: has %d merges, at most %d are allowed", len(g.Merges), maxMerges)
	}
	m := &bpe{
		words: append([]string(nil), g.Tokens...), ids: make(map[string]int32, len(g.Tokens)),
		unk: -1, ignoreMerges: ignoreMerges,
	}
	for id, w := range m.words {
		if _, twice := m.ids[w]; twice { // padding repeats tokens; the first counts
			m.words[id] = ""
		} else {
			m.ids[w] = int32(id)
		}
	}
	merges := make([][2]string, len(g.Merges))
	for i, s := range g.Merges {
		// A token may start with a space in some files: the border is the
		// first space after the first character.
		cut := -1
		if len(s) > 0 {
			cut = strings.IndexByte(s[1:], ' ')
		}
		if cut < 0 {
			return nil, fmt.Errorf("gguf: tokenizer.ggml.merges[%d]: expected two tokens and a space between, got %q", i, s)
		}
		merges[i] = [2]string{s[:cut+1], s[cut+2:]}
	}
	if err := m.setMerges(node{file: "gguf", place: "tokenizer.ggml.merges"}, merges); err != nil {
		return nil, err
	}
	m.link()
	return m, nil
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

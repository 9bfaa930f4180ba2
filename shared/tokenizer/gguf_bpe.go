package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
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
	{names: "tekken", split: splitJSON(tekkenPattern), ignoreMerges: true},
	{names: "gpt-4o llama4", split: splitJSON(gpt4oPattern)},
	{names: "stablelm2 hunyuan", split: splitJSON(qwen2Pattern)},
}

// byteLevel makes a byte-level BPE tokenizer.
func (g *GGUF) byteLevel() (*Tokenizer, error) {
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

// bpe makes the model.
func (g *GGUF) bpe(ignoreMerges bool) (*bpe, error) {
	if len(g.Merges) > maxMerges {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.merges: has %d merges, at most %d are allowed", len(g.Merges), maxMerges)
	}
	m := g.vocab()
	m.ignoreMerges = ignoreMerges
	if g.Unknown != nil {
		if *g.Unknown < 0 || int(*g.Unknown) >= len(g.Tokens) {
			return nil, fmt.Errorf("gguf: tokenizer.ggml.unknown_token_id: %d, expected 0 to %d", *g.Unknown, len(g.Tokens)-1)
		}
		m.unk = *g.Unknown
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

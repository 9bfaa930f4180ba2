package engine

import (
	"errors"
	"fmt"
	"io/fs"

	"graft/shared/adapter"
	"graft/shared/tokenizer"
	"graft/shared/weights"
)

// sentencePiece reads the tokenizer of a directory that has no tokenizer.json but a tokenizer.model.
func sentencePiece(fsys fs.FS) (*tokenizer.Tokenizer, error) {
	data, err := fs.ReadFile(fsys, "tokenizer.model")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tokenizer.json, and tokenizer.model: %w", err)
	}
	if err != nil {
		return nil, err
	}
	config, err := fs.ReadFile(fsys, "tokenizer_config.json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return tokenizer.FromSentencePiece(data, config)
}

// GGUFTokenizer reads the tokenizer in a GGUF file's metadata.
func GGUFTokenizer(g *weights.GGUF) (*tokenizer.Tokenizer, error) {
	const at = "tokenizer.ggml."
	m := g.Meta
	v := tokenizer.GGUF{SpacePrefix: true}
	v.Model, _ = m.String(at + "model")
	v.Pre, _ = m.String(at + "pre")
	v.Tokens, _ = m.Strings(at + "tokens")
	v.Merges, _ = m.Strings(at + "merges")
	v.Scores, _ = m.Floats(at + "scores")
	if types, ok := m.Ints(at + "token_type"); ok {
		v.Types = make([]int32, len(types))
		for i, t := range types {
			v.Types[i] = int32(t)
		}
	}
	if p, ok := m.Bool(at + "add_space_prefix"); ok {
		v.SpacePrefix = p
	}
	around := func(name string) (id int32, add bool) {
		add, _ = m.Bool(at + "add_" + name + "_token")
		n, ok := m.Int(at + name + "_token_id")
		return int32(n), add && ok
	}
	v.BOS, v.AddBOS = around("bos")
	v.EOS, v.AddEOS = around("eos")
	if id, ok := m.Int(at + "unknown_token_id"); ok && v.Model == "gpt2" {
		unknown := int32(id)
		v.Unknown = &unknown
	}
	if v.Model == "t5" {
		v.RemoveExtraSpaces, _ = m.Bool(at + "remove_extra_whitespaces")
		table, _ := m.Ints(at + "precompiled_charsmap")
		for _, b := range table {
			v.Charsmap = append(v.Charsmap, byte(b))
		}
	}
	t, err := tokenizer.FromGGUF(v)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	return t, nil
}

// ggufPoolings are llama.cpp's numbers of pooling_type.
var ggufPoolings = map[int64]string{1: "mean", 2: "cls", 3: "lasttoken"}

// sentenceOf reads how a GGUF file's model makes vectors of texts, nil where it does not say. llama.cpp gives them the
// length 1.
func sentenceOf(g *weights.GGUF) *Sentence {
	arch, _ := g.Meta.String("general.architecture")
	n, _ := g.Meta.Int(arch + ".pooling_type")
	pool, ok := ggufPoolings[n]
	if !ok {
		return nil
	}
	return &Sentence{Pooling: []string{pool}, Normalize: true, PoolPrompt: true}
}

// openGGUFAdapter reads the only GGUF file of a directory as an adapter.
func (b *Base) openGGUFAdapter(fsys fs.FS) (*Adapter, error) {
	src, err := weights.Open(fsys)
	if err != nil {
		return nil, err
	}
	g, ok := src.(*weights.GGUF)
	if !ok {
		src.Close()
		return nil, fmt.Errorf("adapter: %s is missing", adapter.ConfigName)
	}
	d, err := adapter.FromGGUF(g, b.Config, b.parts)
	if err != nil {
		return nil, err
	}
	return &Adapter{d}, nil
}

func exists(fsys fs.FS, name string) bool {
	_, err := fs.Stat(fsys, name)
	return err == nil
}

package tokenizer

import (
	"encoding/json"
	"fmt"
)

// maxFile is the largest tokenizer.json accepted, in bytes. The largest in use
// is 33 MB (Gemma 3).
const maxFile = 256 << 20

// file is tokenizer.json.
type file struct {
	Version       string          `json:"version"`
	AddedTokens   json.RawMessage `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         json.RawMessage `json:"model"`
}

// Parse reads a tokenizer.json of Hugging Face's tokenizers, version 1.0. Its
// "truncation" and "padding" are ignored: they are up to the caller. An error
// names the place in the file.
func Parse(data []byte) (*Tokenizer, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("tokenizer.json: has %d bytes, at most %d are allowed", len(data), maxFile)
	}
	n := node{file: "tokenizer.json", raw: data}
	var f file
	if err := n.decode(&f); err != nil {
		return nil, err
	}
	if f.Version != "" && f.Version != "1.0" {
		return nil, n.child("version", nil).errorf("expected 1.0, got %q", f.Version)
	}
	if len(f.Model) == 0 {
		return nil, n.errorf(`"model" is missing`)
	}
	m, err := component(n.child("model", f.Model), models())
	if err != nil {
		return nil, err
	}
	added, err := parseAdded(n.child("added_tokens", f.AddedTokens))
	if err != nil {
		return nil, err
	}
	return assemble(n, m, added, config{
		normalizer: f.Normalizer, preTokenizer: f.PreTokenizer,
		postProcessor: f.PostProcessor, decoder: f.Decoder,
	})
}

package tokenizer

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
)

// saved is tokenizer.json as Hugging Face writes it.
type saved struct {
	Version       string          `json:"version"`
	Truncation    json.RawMessage `json:"truncation"`
	Padding       json.RawMessage `json:"padding"`
	AddedTokens   []addedToken    `json:"added_tokens"`
	Normalizer    json.RawMessage `json:"normalizer"`
	PreTokenizer  json.RawMessage `json:"pre_tokenizer"`
	PostProcessor json.RawMessage `json:"post_processor"`
	Decoder       json.RawMessage `json:"decoder"`
	Model         any             `json:"model"`
}

// Save writes the tokenizer as a tokenizer.json that Parse and Hugging Face's
// tokenizers read.
func (t *Tokenizer) Save(w io.Writer) error {
	s := saved{
		Version:       "1.0",
		AddedTokens:   []addedToken{},
		Normalizer:    t.config.normalizer,
		PreTokenizer:  t.config.preTokenizer,
		PostProcessor: t.config.postProcessor,
		Decoder:       t.config.decoder,
		Model:         t.model.fields(),
	}
	for _, a := range t.added {
		if a.Content != "" {
			s.AddedTokens = append(s.AddedTokens, a)
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// vocabJSON is a vocabulary by id, written as {"token": id, …} in that order.
type vocabJSON []string

func (v vocabJSON) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for id, w := range v {
		if w == "" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(w)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(id))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

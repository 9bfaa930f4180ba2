package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"graft/shared/api"
	"graft/shared/generate"
	"graft/shared/generate/grammar"
	"graft/shared/prompt"
)

// forms are the grammars that answers of a base were held to, with the sets of tokens they allow.
type forms struct {
	mu         sync.Mutex
	vocabulary *grammar.Vocabulary
	masks      map[string]*grammar.Masks
}

// maxForms is how many grammars are kept.
const maxForms = 32

// constraint is what keeps an answer to a form, nil for none.
func (b *Base) constraint(f *api.ResponseFormat) (generate.Constraint, error) {
	if f == nil {
		return nil, nil
	}
	b.forms.mu.Lock()
	defer b.forms.mu.Unlock()
	if b.forms.vocabulary == nil {
		b.forms.vocabulary = grammar.NewVocabulary(min(b.Tokenizer.Len(), b.Model.Config().VocabSize), b.spoken)
		b.forms.masks = map[string]*grammar.Masks{}
	}
	key, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("response_format: %w", err)
	}
	m := b.forms.masks[string(key)]
	if m == nil {
		g, err := form(f)
		if err != nil {
			return nil, fmt.Errorf("response_format: %w", err)
		}
		if len(b.forms.masks) >= maxForms {
			clear(b.forms.masks)
		}
		m = grammar.NewMasks(g, b.forms.vocabulary)
		b.forms.masks[string(key)] = m
	}
	return m.New(b.Model.Config().EOSTokenID, b.spoken), nil
}

// spoken are the bytes of a token in an answer, none for a special one.
func (b *Base) spoken(id int32) []byte {
	if b.Tokenizer.IsSpecial(id) {
		return nil
	}
	return b.Tokenizer.Bytes(id)
}

func form(f *api.ResponseFormat) (*grammar.Grammar, error) {
	switch {
	case f.JSONSchema != nil && f.Regex == "" && f.Choices == nil:
		schema, err := prompt.ParseJSON(f.JSONSchema)
		if err != nil {
			return nil, fmt.Errorf("json_schema: %w", err)
		}
		return grammar.JSONSchema(schema)
	case f.JSONSchema == nil && f.Regex != "" && f.Choices == nil:
		return grammar.Regexp(f.Regex)
	case f.JSONSchema == nil && f.Regex == "" && f.Choices != nil:
		return grammar.Choice(f.Choices)
	}
	return nil, errors.New("expected one of json_schema, regex and choices")
}

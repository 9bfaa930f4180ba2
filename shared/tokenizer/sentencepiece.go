package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Types of models in a tokenizer.model.
const (
	spmUnigram = 1
	spmBPE     = 2
)

// spm is what a tokenizer.model says: SentencePiece's ModelProto.
type spm struct {
	GGUF
	model        uint64
	byteFallback bool
}

// FromSentencePiece reads a tokenizer.model, SentencePiece's file, of the kinds BPE and Unigram. config is the
// tokenizer_config.json beside it, which says which tokens go around a text and names tokens that were added; nil where
// there is none. Control pieces are special tokens, as in transformers.
func FromSentencePiece(data, config []byte) (*Tokenizer, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("tokenizer.model: has %d bytes, at most %d are allowed", len(data), maxFile)
	}
	s, err := parseSPM(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer.model: %w", err)
	}
	extra, err := s.configure(config)
	if err != nil {
		return nil, fmt.Errorf("tokenizer_config.json: %w", err)
	}
	for _, t := range s.Tokens {
		if !utf8.ValidString(t) {
			return nil, fmt.Errorf("tokenizer.model: piece %q is not UTF-8", t)
		}
	}
	if s.model == spmUnigram {
		return s.unigram(extra)
	}
	return s.spmBPE(extra, s.byteFallback)
}

func parseSPM(data []byte) (*spm, error) {
	s := &spm{GGUF: GGUF{SpacePrefix: true, RemoveExtraSpaces: true, Types: []int32{}, BOS: 1, EOS: 2}, model: spmUnigram}
	for m := message(data); len(m) > 0; {
		f, err := m.next()
		if err != nil {
			return nil, err
		}
		switch f.id {
		case 1:
			err = s.piece(f.bytes)
		case 2:
			err = s.trainer(f.bytes)
		case 3:
			err = s.normalizerOf(f.bytes)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case len(s.Tokens) == 0:
		return nil, fmt.Errorf("has no pieces")
	case s.model != spmUnigram && s.model != spmBPE:
		return nil, fmt.Errorf("model type %d, expected %d (Unigram) or %d (BPE)", s.model, spmUnigram, spmBPE)
	}
	return s, nil
}

// piece reads an entry of the vocabulary. Its types are those of GGUF.
func (s *spm) piece(m message) error {
	text, score, kind := "", float32(0), int32(ggufNormal)
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return err
		}
		switch f.id {
		case 1:
			text = string(f.bytes)
		case 2:
			score = f.float()
		case 3:
			kind = int32(f.number)
		}
	}
	if score != score {
		return fmt.Errorf("piece %q has no score but %v", text, score)
	}
	if len(s.Tokens) == maxVocab {
		return fmt.Errorf("more than %d pieces", maxVocab)
	}
	s.Tokens, s.Scores, s.Types = append(s.Tokens, text), append(s.Scores, score), append(s.Types, kind)
	return nil
}

func (s *spm) trainer(m message) error {
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return err
		}
		switch f.id {
		case 3:
			s.model = f.number
		case 24:
			if f.number != 0 {
				return fmt.Errorf("treat_whitespace_as_suffix is not supported")
			}
		case 35:
			s.byteFallback = f.number != 0
		case 41:
			s.BOS = int32(f.number)
		case 42:
			s.EOS = int32(f.number)
		}
	}
	return nil
}

func (s *spm) normalizerOf(m message) error {
	for len(m) > 0 {
		f, err := m.next()
		if err != nil {
			return err
		}
		switch f.id {
		case 2:
			s.Charsmap = f.bytes
		case 3:
			s.SpacePrefix = f.number != 0
		case 4:
			s.RemoveExtraSpaces = f.number != 0
		case 5:
			if f.number == 0 {
				return fmt.Errorf("escape_whitespaces = false is not supported")
			}
		}
	}
	return nil
}

// shifted are tokenizers whose ids are not those of their tokenizer.model.
var shifted = []string{"XLMRoberta", "Camembert", "MBart", "Barthez", "XGLM", "NllbTokenizer", "M2M100", "Marian", "Pegasus", "BigBird", "Reformer", "Deberta"}

// configure reads tokenizer_config.json.
func (s *spm) configure(config []byte) ([]addedToken, error) {
	s.AddBOS = s.model == spmBPE // as Llama's tokenizer has it
	s.AddEOS = false
	if config == nil {
		return nil, nil
	}
	var c struct {
		Class  string                `json:"tokenizer_class"`
		AddBOS *bool                 `json:"add_bos_token"`
		AddEOS *bool                 `json:"add_eos_token"`
		Prefix *bool                 `json:"add_prefix_space"`
		Added  map[string]addedToken `json:"added_tokens_decoder"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, err
	}
	for _, name := range shifted {
		if strings.HasPrefix(c.Class, name) {
			return nil, fmt.Errorf("tokenizer_class %s numbers its tokens otherwise than tokenizer.model: save it as tokenizer.json with transformers", c.Class)
		}
	}
	s.AddEOS = strings.HasPrefix(c.Class, "T5")
	for to, from := range map[*bool]*bool{&s.AddBOS: c.AddBOS, &s.AddEOS: c.AddEOS, &s.SpacePrefix: c.Prefix} {
		if from != nil {
			*to = *from
		}
	}
	if len(c.Added) > maxAdded {
		return nil, fmt.Errorf("added_tokens_decoder: %d tokens, at most %d are allowed", len(c.Added), maxAdded)
	}
	var extra []addedToken
	for key, a := range c.Added {
		id, err := strconv.ParseInt(key, 10, 32)
		if err != nil || id < 0 || id >= maxVocab || a.Content == "" {
			return nil, fmt.Errorf("added_tokens_decoder: id %q of %q, expected 0 to %d", key, a.Content, maxVocab-1)
		}
		a.ID = int32(id)
		extra = append(extra, a)
	}
	slices.SortFunc(extra, func(a, b addedToken) int { return int(a.ID - b.ID) })
	return extra, nil
}

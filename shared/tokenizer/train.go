package tokenizer

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"
)

// TrainOptions are what Train leaves to choose. The zero value is fine.
type TrainOptions struct {
	// Pattern splits text into words, as a regular expression of
	// tokenizer.json. "" is that of Qwen 2.
	Pattern string
	// MinFrequency is how often a pair must occur to be joined; at least 1.
	MinFrequency int64
	// Progress, if not nil, is told the size of the vocabulary as it grows.
	Progress func(size, want int)
}

// Train makes a byte-level BPE tokenizer of texts. Its vocabulary has vocabSize
// tokens, or fewer where the texts have no more pairs to join: first special,
// then the 256 bytes, then the joined pairs, the most frequent first. Text is
// normalized to NFC and split as by Qwen 2; any text can be encoded.
//
// For the same texts the result is that of Hugging Face's BpeTrainer with the
// initial alphabet of ByteLevel, whatever the order of the texts.
func Train(texts iter.Seq[string], vocabSize int, special []string, o TrainOptions) (*Tokenizer, error) {
	if o.Pattern == "" {
		o.Pattern = qwen2Pattern
	}
	base := len(special) + len(byteChars)
	if vocabSize < base || vocabSize > maxVocab {
		return nil, fmt.Errorf("tokenizer: vocabulary size %d, expected %d to %d", vocabSize, base, maxVocab)
	}
	m := &bpe{ids: map[string]int32{}, unk: -1}
	var added []addedToken
	for _, s := range special {
		if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) == 1 {
			return nil, fmt.Errorf("tokenizer: special token %q, expected at least two characters of utf-8", s)
		}
		if _, twice := m.ids[s]; twice {
			return nil, fmt.Errorf("tokenizer: special token %q is named twice", s)
		}
		added = append(added, addedToken{ID: m.add(s), Content: s, Special: true})
	}
	alphabet := slices.Clone(byteChars[:])
	slices.Sort(alphabet)
	for _, c := range alphabet {
		m.add(string(c))
	}

	split, err := newPattern(o.Pattern)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	nfc, _ := parseNFC(node{})
	counts := map[string]int64{}
	for text := range texts {
		p := nfc.normalize(source(text, true))
		isolated.split(p, split, false, func(p piece) { counts[p.text]++ })
	}
	m.learn(counts, vocabSize, o)
	m.link()
	return assemble(node{file: "tokenizer"}, m, added, config{
		normalizer:    json.RawMessage(nfcJSON),
		preTokenizer:  sequenceJSON(splitJSON(o.Pattern), byteLevelJSON(false)),
		postProcessor: json.RawMessage(byteLevelJSON(false)),
		decoder:       json.RawMessage(byteLevelJSON(false)),
	})
}

// add appends a token to the vocabulary, unless it is there, and returns its id.
func (m *bpe) add(token string) int32 {
	if id, ok := m.ids[token]; ok {
		return id
	}
	id := int32(len(m.words))
	m.words = append(m.words, token)
	m.ids[token] = id
	return id
}

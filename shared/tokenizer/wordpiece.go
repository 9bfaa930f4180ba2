package tokenizer

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// wordPiece is the model of BERT: a word is spelled from the left, each time
// with the longest token that fits. A word that cannot be spelled to its end is
// one unknown token.
type wordPiece struct {
	words    []string
	ids      map[string]int32
	rest     map[string]int32 // tokens that continue a word, without the prefix
	unk      int32
	prefix   string // of tokens that continue a word: ##
	maxChars int    // a longer word is unknown
	longest  int    // longest token in bytes
	guard
}

func parseWordPiece(n node) (model, error) {
	c := struct {
		Unk      string          `json:"unk_token"`
		Prefix   string          `json:"continuing_subword_prefix"`
		MaxChars int             `json:"max_input_chars_per_word"`
		Vocab    json.RawMessage `json:"vocab"`
	}{"[UNK]", "##", 100, nil}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	words, ids, err := parseVocab(n.child("vocab", c.Vocab))
	if err != nil {
		return nil, err
	}
	unk, ok := ids[c.Unk]
	if !ok {
		return nil, n.child("unk_token", nil).errorf("%q is not in the vocabulary", c.Unk)
	}
	m := &wordPiece{
		words: words, ids: ids, rest: map[string]int32{}, unk: unk,
		prefix: c.Prefix, maxChars: c.MaxChars, guard: newGuard(len(words)),
	}
	for w, id := range ids {
		m.longest = max(m.longest, len(w))
		if s, ok := strings.CutPrefix(w, m.prefix); ok {
			m.rest[s] = id
		}
	}
	return m, nil
}

func (m *wordPiece) vocab() []string { return m.words }

func (m *wordPiece) id(token string) (int32, bool) {
	id, ok := m.ids[token]
	return id, ok
}

func (m *wordPiece) forbid(special map[int32]bool) { m.guard.forbid(special, m.unk) }

func (m *wordPiece) append(dst []token, p piece, plain bool) []token {
	return m.guard.append(dst, p, plain, m.spell)
}

func (m *wordPiece) spell(dst []token, p piece, ban bool) []token {
	s, at := p.text, len(dst)
	unknown := func() []token { return append(dst[:at], token{m.unk, 0, int32(len(s))}) }
	if utf8.RuneCountInString(s) > m.maxChars {
		return unknown()
	}
	ids := m.ids
	for start := 0; start < len(s); ids = m.rest {
		end := min(len(s), start+m.longest)
		for end > start {
			if end == len(s) || utf8.RuneStart(s[end]) {
				if id, ok := ids[s[start:end]]; ok && !(ban && m.special[id]) {
					dst = append(dst, token{id, int32(start), int32(end)})
					break
				}
			}
			end--
		}
		if end == start {
			return unknown()
		}
		start = end
	}
	return dst
}

func (m *wordPiece) fields() any {
	return struct {
		Type     string    `json:"type"`
		Unk      string    `json:"unk_token"`
		Prefix   string    `json:"continuing_subword_prefix"`
		MaxChars int       `json:"max_input_chars_per_word"`
		Vocab    vocabJSON `json:"vocab"`
	}{"WordPiece", m.words[m.unk], m.prefix, m.maxChars, m.words}
}

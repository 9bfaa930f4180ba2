package tokenizer

import "encoding/json"

// wordLevel has one token for every word it knows.
type wordLevel struct {
	words []string
	ids   map[string]int32
	unk   int32 // -1: unknown words are dropped
	name  string
	guard
}

func parseWordLevel(n node) (model, error) {
	var c struct {
		Unk   string          `json:"unk_token"`
		Vocab json.RawMessage `json:"vocab"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	words, ids, err := parseVocab(n.child("vocab", c.Vocab))
	if err != nil {
		return nil, err
	}
	m := &wordLevel{words: words, ids: ids, unk: -1, name: c.Unk, guard: newGuard(len(words))}
	if id, ok := ids[c.Unk]; ok {
		m.unk = id
	}
	return m, nil
}

func (m *wordLevel) vocab() []string { return m.words }

func (m *wordLevel) id(token string) (int32, bool) {
	id, ok := m.ids[token]
	return id, ok
}

func (m *wordLevel) forbid(special map[int32]bool) { m.guard.forbid(special, m.unk) }

func (m *wordLevel) append(dst []token, p piece, plain bool) []token {
	return m.guard.append(dst, p, plain, m.spell)
}

func (m *wordLevel) spell(dst []token, p piece, ban bool) []token {
	id, ok := m.ids[p.text]
	if !ok || ban && m.special[id] {
		id = m.unk
	}
	if id < 0 {
		return dst
	}
	return append(dst, token{id, 0, int32(len(p.text))})
}

func (m *wordLevel) fields() any {
	return struct {
		Type  string    `json:"type"`
		Vocab vocabJSON `json:"vocab"`
		Unk   string    `json:"unk_token"`
	}{"WordLevel", m.words, m.name}
}

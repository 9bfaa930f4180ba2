package tokenizer

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Limits of a vocabulary. The largest in use have 262,144 tokens and 514,906
// merges (Gemma 3).
const (
	maxVocab  = 1 << 22
	maxMerges = 1 << 23
	// A vocabulary may leave ids unused, but not so many that a small file
	// makes large tables: ids stay below idSlack + 4 × number of tokens.
	idSlack = 1 << 16
)

// parseBPE reads the model "BPE".
func parseBPE(n node) (model, error) {
	var c struct {
		Dropout      *float64        `json:"dropout"`
		Unk          *string         `json:"unk_token"`
		Prefix       *string         `json:"continuing_subword_prefix"`
		Suffix       *string         `json:"end_of_word_suffix"`
		FuseUnk      bool            `json:"fuse_unk"`
		ByteFallback bool            `json:"byte_fallback"`
		IgnoreMerges bool            `json:"ignore_merges"`
		Vocab        json.RawMessage `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	if c.Dropout != nil && *c.Dropout != 0 {
		return nil, n.child("dropout", nil).errorf("expected 0 or null, got %g", *c.Dropout)
	}
	words, ids, err := parseVocab(n.child("vocab", c.Vocab))
	if err != nil {
		return nil, err
	}
	m := &bpe{
		words: words, ids: ids, unk: -1,
		fuseUnk: c.FuseUnk, byteFallback: c.ByteFallback, ignoreMerges: c.IgnoreMerges,
	}
	if c.Unk != nil {
		id, ok := ids[*c.Unk]
		if !ok {
			return nil, n.child("unk_token", nil).errorf("%q is not in the vocabulary", *c.Unk)
		}
		m.unk = id
	}
	if c.Prefix != nil {
		m.prefix = *c.Prefix
	}
	if c.Suffix != nil {
		m.suffix = *c.Suffix
	}
	merges, err := parseMerges(n.child("merges", c.Merges))
	if err != nil {
		return nil, err
	}
	if err := m.setMerges(n.child("merges", nil), merges); err != nil {
		return nil, err
	}
	m.link()
	return m, nil
}

// parseVocab reads {"token": id, …}.
func parseVocab(n node) ([]string, map[string]int32, error) {
	if n.null() {
		return nil, nil, n.errorf("missing")
	}
	var ids map[string]int32
	if err := n.decode(&ids); err != nil {
		return nil, nil, err
	}
	if len(ids) > maxVocab {
		return nil, nil, n.errorf("has %d tokens, at most %d are allowed", len(ids), maxVocab)
	}
	size := int32(0)
	limit := int32(idSlack + 4*len(ids))
	for w, id := range ids {
		if id < 0 || id >= limit {
			return nil, nil, n.errorf("token %q has id %d, expected 0 to %d", w, id, limit-1)
		}
		size = max(size, id+1)
	}
	words := make([]string, size)
	for w, id := range ids {
		if words[id] != "" {
			return nil, nil, n.errorf("tokens %q and %q have the same id %d", words[id], w, id)
		}
		words[id] = w
	}
	return words, ids, nil
}

// parseMerges reads ["a b", …] or [["a", "b"], …].
func parseMerges(n node) ([][2]string, error) {
	if n.null() {
		return nil, n.errorf("missing")
	}
	var merges [][2]string
	first := bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimSpace(n.raw), []byte("[")), " \t\r\n")
	if !bytes.HasPrefix(first, []byte(`"`)) {
		var pairs [][]string
		if err := n.decode(&pairs); err != nil {
			return nil, err
		}
		merges = make([][2]string, len(pairs))
		for i, p := range pairs {
			if len(p) != 2 {
				return nil, n.item(i, nil).errorf("expected two tokens, got %d", len(p))
			}
			merges[i] = [2]string(p)
		}
	} else {
		var lines []string
		if err := n.decode(&lines); err != nil {
			return nil, err
		}
		merges = make([][2]string, 0, len(lines))
		for i, l := range lines {
			if strings.HasPrefix(l, "#version") {
				continue
			}
			a, b, ok := strings.Cut(l, " ")
			if !ok || strings.Contains(b, " ") {
				return nil, n.item(i, nil).errorf("expected two tokens and a space between, got %q", l)
			}
			merges = append(merges, [2]string{a, b})
		}
	}
	if len(merges) > maxMerges {
		return nil, n.errorf("has %d merges, at most %d are allowed", len(merges), maxMerges)
	}
	return merges, nil
}

// setMerges ranks merges by their order. A pair named twice has the later rank.
func (m *bpe) setMerges(n node, merges [][2]string) error {
	m.pairs = newPairTable(len(merges))
	for i, ab := range merges {
		var id [3]int32
		for k, w := range []string{ab[0], ab[1], ab[0] + strings.TrimPrefix(ab[1], m.prefix)} {
			var ok bool
			if id[k], ok = m.ids[w]; !ok {
				return n.item(i, nil).errorf("%q is not in the vocabulary", w)
			}
		}
		m.pairs.put(id[0], id[1], merge{int32(i), id[2]})
	}
	return nil
}

// bpeFields is the model as tokenizer.json has it, in Hugging Face's order.
type bpeFields struct {
	Type         string      `json:"type"`
	Dropout      *float64    `json:"dropout"`
	Unk          *string     `json:"unk_token"`
	Prefix       *string     `json:"continuing_subword_prefix"`
	Suffix       *string     `json:"end_of_word_suffix"`
	FuseUnk      bool        `json:"fuse_unk"`
	ByteFallback bool        `json:"byte_fallback"`
	IgnoreMerges bool        `json:"ignore_merges"`
	Vocab        vocabJSON   `json:"vocab"`
	Merges       [][2]string `json:"merges"`
}

func (m *bpe) fields() any {
	f := bpeFields{
		Type: "BPE", FuseUnk: m.fuseUnk, ByteFallback: m.byteFallback, IgnoreMerges: m.ignoreMerges,
		Vocab: m.words,
	}
	optional := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	if m.unk >= 0 {
		f.Unk = &m.words[m.unk]
	}
	f.Prefix, f.Suffix = optional(m.prefix), optional(m.suffix)
	f.Merges = [][2]string{}
	for _, p := range m.pairs.byRank {
		if p.key != noPair {
			f.Merges = append(f.Merges, [2]string{m.words[p.key>>32], m.words[uint32(p.key)]})
		}
	}
	return f
}

package tokenizer

import (
	"bytes"
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
	m := &bpe{unk: -1}
	var dropout float64
	var unk *string
	for _, f := range []struct {
		name string
		to   any
	}{
		{"dropout", &dropout}, {"unk_token", &unk}, {"continuing_subword_prefix", &m.prefix},
		{"end_of_word_suffix", &m.suffix}, {"fuse_unk", &m.fuseUnk}, {"byte_fallback", &m.byteFallback},
		{"ignore_merges", &m.ignoreMerges},
	} {
		if c := n.field(f.name); !c.null() {
			if err := c.decode(f.to); err != nil {
				return nil, err
			}
		}
	}
	if dropout != 0 {
		return nil, n.field("dropout").errorf("expected 0 or null, got %g", dropout)
	}
	var err error
	if m.words, m.ids, err = parseVocab(n.field("vocab")); err != nil {
		return nil, err
	}
	if unk != nil {
		id, ok := m.ids[*unk]
		if !ok {
			return nil, n.field("unk_token").errorf("%q is not in the vocabulary", *unk)
		}
		m.unk = id
	}
	merges, err := parseMerges(n.field("merges"))
	if err != nil {
		return nil, err
	}
	if err := m.setMerges(n.field("merges"), merges); err != nil {
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
	ids, ok := (&rawScanner{b: n.raw}).vocab()
	if !ok {
		if err := n.decode(&ids); err != nil {
			return nil, nil, err
		}
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
		var ok bool
		if merges, ok = (&rawScanner{b: n.raw}).pairs(); !ok {
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
		}
	} else {
		lines, ok := (&rawScanner{b: n.raw}).strings()
		if !ok {
			if err := n.decode(&lines); err != nil {
				return nil, err
			}
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
	var joined []byte
	for i, ab := range merges {
		a, okA := m.ids[ab[0]]
		b, okB := m.ids[ab[1]]
		joined = append(append(joined[:0], ab[0]...), strings.TrimPrefix(ab[1], m.prefix)...)
		id, ok := m.ids[string(joined)]
		switch {
		case !okA:
			return n.item(i, nil).errorf("%q is not in the vocabulary", ab[0])
		case !okB:
			return n.item(i, nil).errorf("%q is not in the vocabulary", ab[1])
		case !ok:
			return n.item(i, nil).errorf("%q is not in the vocabulary", joined)
		}
		m.pairs.put(a, b, merge{int32(i), id})
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

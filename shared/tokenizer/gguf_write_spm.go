package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// spmGGUF is a SentencePiece BPE tokenizer as a GGUF file has it. There a token has a score and may be joined of any two
// others; here pairs have ranks. So a token's score is the rank of its first pair, counted down, and a tokenizer whose
// pairs are not all that make a token, in the order of the tokens, is refused.
func (t *Tokenizer) spmGGUF(m *bpe) (GGUF, error) {
	if !m.byteFallback || m.ignoreMerges || m.prefix != "" || m.suffix != "" {
		return GGUF{}, fmt.Errorf("tokenizer: only BPE of bytes, or with a fallback to bytes, is written to GGUF")
	}
	g := GGUF{Model: "llama", Pre: "default", Tokens: make([]string, len(t.words)), Types: make([]int32, len(t.words)), Scores: make([]float32, len(t.words))}
	var err error
	if g.SpacePrefix, err = t.spacePrefix(); err != nil {
		return GGUF{}, err
	}
	merges := m.fields().(bpeFields).Merges
	for id, w := range t.words {
		g.Tokens[id], g.Types[id], g.Scores[id] = w, ggufNormal, -float32(len(merges))
		a := t.byID[int32(id)]
		switch {
		case w == "":
			g.Tokens[id], g.Types[id] = fmt.Sprintf("[PAD%d]", id), ggufUnused
		case int32(id) == m.unk:
			g.Types[id] = ggufUnknown
		case a != nil && a.Special:
			g.Types[id] = ggufControl
		case a != nil:
			g.Types[id] = ggufUserDefined
		case isByteToken(w):
			g.Types[id] = ggufByte
		}
	}
	scored, last := make([]bool, len(t.words)), int32(-1)
	var normal [][2]string
	for rank, pair := range merges {
		id := m.ids[pair[0]+pair[1]]
		if g.Types[id] != ggufNormal { // it is found in the text as a whole
			continue
		}
		normal = append(normal, pair)
		if id != last && scored[id] {
			return GGUF{}, fmt.Errorf("tokenizer: merge %d makes %q, as an earlier one does that other tokens come between: a GGUF file has one score for a token", rank, t.words[id])
		}
		if !scored[id] {
			g.Scores[id], scored[id] = -float32(rank), true
		}
		last = id
	}
	if again := g.scoreMerges(m); !slices.Equal(sorted(again), sorted(normal)) {
		return GGUF{}, fmt.Errorf("tokenizer: %d merges, and its tokens can be joined in %d ways: a GGUF file says of no token how", len(normal), len(again))
	}
	t.around(&g)
	return g, nil
}

func sorted(merges [][2]string) [][2]string {
	merges = slices.Clone(merges)
	slices.SortFunc(merges, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	return merges
}

// isByteToken tells a token that spells one byte: "<0xE4>".
func isByteToken(w string) bool {
	var b byte
	n, err := fmt.Sscanf(w, "<0x%02X>", &b)
	return n == 1 && err == nil && len(w) == len("<0x00>")
}

// spacePrefix tells whether the tokenizer reads a text as if a space stood before it. All else that it does to a text
// before it joins characters must be what a GGUF file means: spaces become ▁.
func (t *Tokenizer) spacePrefix() (bool, error) {
	prefix, replaced := false, false
	for _, raw := range flatten(t.config.normalizer, t.config.preTokenizer) {
		var s struct {
			Type, Content, Prepend, Behavior, Replacement string
			PrependScheme                                 string `json:"prepend_scheme"`
			Pattern                                       struct{ String string }
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			return false, fmt.Errorf("tokenizer: %w", err)
		}
		switch {
		case s.Type == "Prepend" && s.Prepend == "▁":
			prefix = true
		case s.Type == "Replace" && s.Pattern.String == " " && s.Content == "▁":
			replaced = true
		case s.Type == "Split" && s.Pattern.String == " " && replaced: // there are no spaces left
		case s.Type == "Metaspace" && s.Replacement == "▁":
			prefix, replaced = s.PrependScheme != "never", true
		default:
			return false, fmt.Errorf("tokenizer: a GGUF file has no place for %s", raw)
		}
	}
	if !replaced {
		return false, fmt.Errorf("tokenizer: spaces are not written as ▁, which a GGUF file means")
	}
	return prefix, nil
}

// flatten lists the components of a pipeline, sequences laid flat.
func flatten(parts ...json.RawMessage) (all []json.RawMessage) {
	for _, raw := range parts {
		var s struct {
			Type          string
			PreTokenizers []json.RawMessage `json:"pretokenizers"`
			Normalizers   []json.RawMessage `json:"normalizers"`
		}
		if len(raw) == 0 || json.Unmarshal(raw, &s) != nil || s.Type == "" {
			continue
		}
		if s.Type == "Sequence" {
			all = append(all, flatten(append(s.PreTokenizers, s.Normalizers...)...)...)
			continue
		}
		all = append(all, raw)
	}
	return all
}

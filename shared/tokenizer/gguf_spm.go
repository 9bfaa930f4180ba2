package tokenizer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// sentencePiece makes a SentencePiece BPE tokenizer (Llama 2, Mistral): spaces
// are ▁, unknown characters are spelled in bytes, and of two neighbours those
// are joined first whose joint token has the highest score.
func (g *GGUF) sentencePiece() (*Tokenizer, error) {
	if len(g.Scores) != len(g.Tokens) {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.scores: has %d entries for %d tokens", len(g.Scores), len(g.Tokens))
	}
	m := g.vocab()
	m.fuseUnk, m.byteFallback = true, true
	for id, kind := range g.Types {
		if kind == ggufUnknown {
			m.unk = int32(id)
			break
		}
	}
	if err := m.setMerges(node{file: "gguf", place: "tokenizer.ggml.scores"}, g.scoreMerges(m)); err != nil {
		return nil, err
	}
	m.link()
	added, err := g.added()
	if err != nil {
		return nil, err
	}
	normalizers, decoders := `{"type":"Replace","pattern":{"String":" "},"content":"▁"}`,
		`{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}`
	if g.SpacePrefix {
		normalizers = `{"type":"Prepend","prepend":"▁"},` + normalizers
		decoders += `,{"type":"Strip","content":" ","start":1,"stop":0}`
	}
	c := config{
		normalizer: json.RawMessage(`{"type":"Sequence","normalizers":[` + normalizers + `]}`),
		decoder:    json.RawMessage(`{"type":"Sequence","decoders":[` + decoders + `]}`),
	}
	if c.postProcessor, err = g.template(); err != nil {
		return nil, err
	}
	return assemble(node{file: "gguf"}, m, added, c)
}

// scoreMerges ranks all ways to make a token of two others: by the score of the
// token, then longer parts first, as Hugging Face converts such vocabularies.
func (g *GGUF) scoreMerges(m *bpe) [][2]string {
	type scored struct {
		pair  [2]string
		score float32
	}
	var all []scored
	for id, w := range m.words {
		if g.Types != nil && g.Types[id] != ggufNormal {
			continue
		}
		from := len(all)
		for i := range w {
			if i == 0 {
				continue
			}
			_, left := m.ids[w[:i]]
			_, right := m.ids[w[i:]]
			if left && right {
				all = append(all, scored{[2]string{w[:i], w[i:]}, g.Scores[id]})
			}
		}
		slices.SortStableFunc(all[from:], func(a, b scored) int {
			return cmp.Or(cmp.Compare(m.ids[a.pair[0]], m.ids[b.pair[0]]), cmp.Compare(m.ids[a.pair[1]], m.ids[b.pair[1]]))
		})
	}
	slices.SortStableFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(utf8.RuneCountInString(b.pair[0]), utf8.RuneCountInString(a.pair[0])),
			cmp.Compare(utf8.RuneCountInString(b.pair[1]), utf8.RuneCountInString(a.pair[1])))
	})
	merges := make([][2]string, len(all))
	for i, s := range all {
		merges[i] = s.pair
	}
	return merges
}

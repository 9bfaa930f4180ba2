package tokenizer

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// sentencePiece makes a SentencePiece BPE tokenizer (Llama 2, Mistral, Gemma): spaces are ▁, unknown characters are spelled
// in bytes, and of two neighbours those are joined first whose joint token has the highest score.
func (g *GGUF) sentencePiece() (*Tokenizer, error) { return g.spmBPE(nil, true) }

// spmBPE makes it, with added tokens beyond those of the vocabulary.
func (g *GGUF) spmBPE(extra []addedToken, byteFallback bool) (*Tokenizer, error) {
	if len(g.Scores) != len(g.Tokens) {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.scores: has %d entries for %d tokens", len(g.Scores), len(g.Tokens))
	}
	m := g.vocab()
	m.fuseUnk, m.byteFallback, m.unk = true, byteFallback, g.unknown()
	if err := m.setMerges(node{file: "gguf", place: "tokenizer.ggml.scores"}, g.scoreMerges(m)); err != nil {
		return nil, err
	}
	m.link()
	return g.spmPipeline(m, extra)
}

// unknown is the token for what the vocabulary cannot spell, -1: none.
func (g *GGUF) unknown() int32 {
	return int32(slices.Index(g.Types, ggufUnknown))
}

// spmPipeline puts around a model what SentencePiece does to text.
func (g *GGUF) spmPipeline(m model, extra []addedToken) (*Tokenizer, error) {
	added, err := g.added()
	if err != nil {
		return nil, err
	}
	for i, a := range added {
		// llama.cpp's converter writes runs of ▁ as spaces, and they stand for both.
		added[i].Normalized = !a.Special && !g.SpacePrefix && strings.Trim(a.Content, " ") == ""
	}
	for _, a := range extra {
		added = slices.DeleteFunc(added, func(b addedToken) bool { return b.Content == a.Content })
		added = append(added, a)
	}
	var normalizers []string
	if len(g.Charsmap) > 0 {
		normalizers = append(normalizers, `{"type":"Precompiled","precompiled_charsmap":"`+base64.StdEncoding.EncodeToString(g.Charsmap)+`"}`)
	}
	if g.RemoveExtraSpaces {
		normalizers = append(normalizers, `{"type":"Replace","pattern":{"Regex":"\\A +| +\\z"},"content":""}`, `{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}`)
	}
	if g.SpacePrefix {
		normalizers = append(normalizers, `{"type":"Prepend","prepend":"▁"}`)
	}
	normalizers = append(normalizers, `{"type":"Replace","pattern":{"String":" "},"content":"▁"}`)
	decoders := `{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}`
	if g.SpacePrefix {
		decoders += `,{"type":"Strip","content":" ","start":1,"stop":0}`
	}
	c := config{
		normalizer: json.RawMessage(`{"type":"Sequence","normalizers":[` + strings.Join(normalizers, ",") + `]}`),
		decoder:    json.RawMessage(`{"type":"Sequence","decoders":[` + decoders + `]}`),
	}
	if c.postProcessor, err = g.template(); err != nil {
		return nil, err
	}
	t, err := assemble(node{file: "gguf"}, m, added, c)
	if err != nil {
		return nil, err
	}
	// What c says is as near as tokenizer.json can come.
	exact := spmNormalizer{prefix: g.SpacePrefix, trim: g.RemoveExtraSpaces}
	if len(g.Charsmap) > 0 {
		table, err := newPrecompiled(g.Charsmap)
		if err != nil {
			return nil, err
		}
		exact.table = table
	}
	t.normalizer = exact
	return t, nil
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

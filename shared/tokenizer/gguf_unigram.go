package tokenizer

import "fmt"

// unigram makes a SentencePiece Unigram tokenizer (T5), with added tokens beyond those of the vocabulary.
func (g *GGUF) unigram(extra []addedToken) (*Tokenizer, error) {
	if len(g.Scores) != len(g.Tokens) {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.scores: has %d entries for %d tokens", len(g.Scores), len(g.Tokens))
	}
	if err := checkWords(g.Tokens); err != nil {
		return nil, fmt.Errorf("gguf: tokenizer.ggml.tokens: %w", err)
	}
	v := g.vocab()
	scores := make([]float64, len(g.Scores))
	bytes := 0
	spelled := map[string]int32{} // what text can be spelled with
	for id, w := range v.words {
		scores[id] = float64(g.Scores[id])
		kind := int32(ggufNormal)
		if g.Types != nil {
			kind = g.Types[id]
		}
		switch {
		case kind == ggufByte:
			bytes++
		case kind == ggufNormal && w != "":
			spelled[w] = int32(id)
		}
	}
	m := newUnigram(v.words, scores, g.unknown(), bytes == 256)
	m.sentencePiece(spelled)
	return g.spmPipeline(m, extra)
}

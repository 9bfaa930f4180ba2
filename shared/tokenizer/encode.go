package tokenizer

import (
	"slices"
	"sync"
)

// An Encoding is a text as ids, with the place of each in the text.
type Encoding struct {
	IDs []int32
	// Offsets are the byte ranges [start, end) of the text that the ids stand
	// for. A range covers whole characters, also where the id is only part of
	// one. Ids that the post-processor added have {0, 0}.
	Offsets [][2]int
}

// tokenLists are lent to calls of Append.
var tokenLists = sync.Pool{New: func() any { return new([]token) }}

// Append appends the ids of text to dst and returns it. The text is plain: no
// special token comes out of it, whatever it says, but the <unk> of vocabularies
// that cannot spell every text. Added tokens that are not special are found only
// where they are mere text, such as runs of spaces, not markers like <think>.
// Nothing is put around it. Ill-formed UTF-8 is read as U+FFFD.
func (t *Tokenizer) Append(dst []int32, text string) []int32 {
	lent := tokenLists.Get().(*[]token)
	defer tokenLists.Put(lent)
	t.walk(source(text, true), t.plain,
		func(a *addedToken, _ piece) { dst = append(dst, a.ID) },
		func(p piece) {
			tokens := t.model.append((*lent)[:0], p, true)
			*lent = tokens
			dst = slices.Grow(dst, len(tokens))
			for _, k := range tokens {
				dst = append(dst, k.id)
			}
		})
	return dst
}

// Encode encodes text as Hugging Face's tokenizers does: added tokens in the
// text, special ones too, become their ids, and with addSpecial the
// post-processor puts its tokens (BOS, EOS, …) around it. Use [Tokenizer.Append]
// for text that may come from anyone.
func (t *Tokenizer) Encode(text string, addSpecial bool) Encoding {
	var e Encoding
	add := func(id int32, s span) {
		e.IDs = append(e.IDs, id)
		e.Offsets = append(e.Offsets, [2]int{s.start, s.end})
	}
	var tokens []token
	t.walk(source(text, false), t.anyText,
		func(a *addedToken, p piece) { add(a.ID, p.source(0, len(p.text))) },
		func(p piece) {
			tokens = t.model.append(tokens[:0], p, false)
			for _, k := range tokens {
				add(k.id, p.source(int(k.start), int(k.end)))
			}
		})
	if t.postProcessor != nil {
		t.postProcessor.process(&e, t, text, addSpecial)
	}
	return e
}

// walk runs p through the pipeline up to the model: added receives the added
// tokens in the text, word what is left, word by word, in order.
func (t *Tokenizer) walk(p piece, f finders, added func(*addedToken, piece), word func(piece)) {
	split := word
	if t.preTokenizer != nil {
		split = func(p piece) { t.preTokenizer.split(p, word) }
	}
	f.before.split(p, added, func(p piece) {
		f.after.split(t.normalize(p), added, split)
	})
}

package tokenizer

import "unicode"

// parsePunctuation reads Punctuation, which splits at every such character.
func parsePunctuation(n node) (preTokenizer, error) {
	c := struct {
		Behavior behavior `json:"behavior"`
	}{isolated}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	if !c.Behavior.valid() {
		return nil, n.child("behavior", nil).errorf("unknown behavior %q", c.Behavior)
	}
	is := func(r rune) bool { return unicode.Is(bertPunctuation, r) }
	return splitPattern{runeMatcher(is), c.Behavior, false}, nil
}

// bertWords splits as BERT does: words are what white space parts, and every
// punctuation character is one.
type bertWords struct{}

func parseBertPreTokenizer(node) (preTokenizer, error) { return bertWords{}, nil }

func (bertWords) split(p piece, emit func(piece)) {
	kinds := bertKinds()
	start := 0
	word := func(end int) {
		if start < end {
			emit(p.slice(start, end))
		}
	}
	for i := 0; i < len(p.text); {
		kind, _, size := kinds.at(p.text, i)
		if kind&(bertSpace|bertPunctuated) != 0 {
			word(i)
			start = i
			if kind&bertPunctuated != 0 {
				word(i + size)
			}
			start = i + size
		}
		i += size
	}
	word(len(p.text))
}

package tokenizer

import "unicode"

// isPunctuation tells whether r is punctuation for BERT: category P and the
// ASCII signs that are symbols for Unicode. Hugging Face knows the punctuation of
// Unicode 8; later signs, of rare scripts, differ.
func isPunctuation(r rune) bool {
	if r < 0x80 {
		return '!' <= r && r <= '/' || ':' <= r && r <= '@' || '[' <= r && r <= '`' || '{' <= r && r <= '~'
	}
	return unicode.Is(unicode.P, r)
}

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
	return splitPattern{runeMatcher(isPunctuation), c.Behavior, false}, nil
}

// parseBertPreTokenizer reads BertPreTokenizer: words are what white space parts,
// and every punctuation character is one.
func parseBertPreTokenizer(node) (preTokenizer, error) {
	return preTokenizerSequence{
		splitPattern{runeMatcher(unicode.IsSpace), removed, false},
		splitPattern{runeMatcher(isPunctuation), isolated, false},
	}, nil
}

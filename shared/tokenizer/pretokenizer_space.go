package tokenizer

import (
	"unicode"
	"unicode/utf8"
)

// parseWhitespaceSplit reads WhitespaceSplit: words are what white space parts.
func parseWhitespaceSplit(node) (preTokenizer, error) {
	return splitPattern{runeMatcher(unicode.IsSpace), removed, false}, nil
}

// parseWhitespace reads Whitespace: words are the matches of \w+|[^\w\s]+.
func parseWhitespace(node) (preTokenizer, error) {
	return splitPattern{wordsAndSigns{}, removed, true}, nil
}

// wordsAndSigns matches \w+|[^\w\s]+.
type wordsAndSigns struct{}

func (wordsAndSigns) each(s string, f func(start, end int)) {
	const none, word, sign = 0, 1, 2
	start, state := 0, none
	for i, r := range s {
		now := sign
		switch {
		case isWordChar(r):
			now = word
		case unicode.IsSpace(r):
			now = none
		}
		if now != state {
			if state != none {
				f(start, i)
			}
			start, state = i, now
		}
	}
	if state != none {
		f(start, len(s))
	}
}

// parseCharDelimiterSplit reads CharDelimiterSplit: words are what one given
// character parts.
func parseCharDelimiterSplit(n node) (preTokenizer, error) {
	var c struct {
		Delimiter string `json:"delimiter"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(c.Delimiter) != 1 {
		return nil, n.child("delimiter", nil).errorf("expected one character, got %q", c.Delimiter)
	}
	return splitPattern{literal(c.Delimiter), removed, false}, nil
}

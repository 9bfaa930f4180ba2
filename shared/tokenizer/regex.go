package tokenizer

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// maxPattern is the longest regular expression accepted, in bytes. The longest
// in use, that of GPT-4o, has under 400.
const maxPattern = 16 << 10

// matchTime bounds one match. A pattern that backtracks without end leaves the
// rest of its text unmatched instead of hanging the caller. Tests shorten it.
var matchTime = 5 * time.Second

// regex is a pattern without a scanner of its own.
type regex struct{ re *regexp2.Regexp }

func newRegex(pattern string) (regex, error) {
	if len(pattern) > maxPattern {
		return regex{}, fmt.Errorf("pattern has %d bytes, at most %d are allowed", len(pattern), maxPattern)
	}
	text, err := translate(pattern)
	if err != nil {
		return regex{}, err
	}
	re, err := regexp2.Compile(text, regexp2.None)
	if err != nil {
		return regex{}, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	re.MatchTimeout = matchTime
	return regex{re}, nil
}

func (x regex) each(s string, f func(start, end int)) {
	m, err := x.re.FindStringMatch(s)
	at, runes := 0, 0 // the same position in bytes and in characters
	advance := func(to int) int {
		for runes < to {
			_, n := utf8.DecodeRuneInString(s[at:])
			at += n
			runes++
		}
		return at
	}
	for err == nil && m != nil {
		start := advance(m.Index)
		f(start, advance(m.Index+m.Length))
		m, err = x.re.FindNextMatch(m)
	}
}

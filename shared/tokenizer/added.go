package tokenizer

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAdded bounds the added tokens. The most in use are about 6,000 (Gemma 3).
const maxAdded = 1 << 17

// An addedToken is found in the text itself, before it is normalized and split.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // not inside a word
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // is found in the normalized text
	Special    bool   `json:"special"`     // left out of decoded text
}

// plain tells whether the token is mere text, to be found in text of any origin:
// runs of spaces, say. Special tokens are not, nor are markers like <think>,
// <|user|> or [INST], which some files do not declare special.
func (a *addedToken) plain() bool {
	if a.Special {
		return false
	}
	s := strings.TrimSpace(a.Content)
	if s == "" {
		return true
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return !(first == '<' && last == '>' || first == '[' && last == ']' || strings.ContainsRune(s, '|'))
}

// parseAdded reads the list "added_tokens".
func parseAdded(n node) ([]addedToken, error) {
	if n.null() {
		return nil, nil
	}
	var raw []json.RawMessage
	if err := n.decode(&raw); err != nil {
		return nil, err
	}
	if len(raw) > maxAdded {
		return nil, n.errorf("has %d tokens, at most %d are allowed", len(raw), maxAdded)
	}
	all := make([]addedToken, 0, len(raw))
	for i := range raw {
		item := n.item(i, raw[i])
		a := addedToken{ID: -1, Normalized: true}
		if err := item.decode(&a); err != nil {
			return nil, err
		}
		if a.ID < 0 || a.ID >= maxVocab {
			return nil, item.errorf("id %d of %q, expected 0 to %d", a.ID, a.Content, maxVocab-1)
		}
		if a.Content != "" {
			all = append(all, a)
		}
	}
	return all, nil
}

// A finder finds added tokens in a text: at every position the longest, from
// left to right.
type finder struct {
	tokens []*addedToken
	next   map[uint64]int32 // a trie: node<<8 | byte to node; node 0 is the root
	found  []int32          // by node: index in tokens, or -1
	starts [256]bool        // bytes that tokens start with
	only   int              // the one such byte; -1: there are several
}

// newFinder makes a finder of tokens, spelled as text says.
func newFinder(tokens []*addedToken, text func(*addedToken) string) *finder {
	f := &finder{tokens: tokens, next: map[uint64]int32{}, found: []int32{-1}, only: -1}
	for i, a := range tokens {
		s := text(a)
		if s == "" {
			continue
		}
		if !f.starts[s[0]] {
			f.starts[s[0]] = true
			f.only = int(s[0])
		}
		at := int32(0)
		for k := range len(s) {
			key := uint64(at)<<8 | uint64(s[k])
			to, ok := f.next[key]
			if !ok {
				to = int32(len(f.found))
				f.next[key] = to
				f.found = append(f.found, -1)
			}
			at = to
		}
		if f.found[at] < 0 {
			f.found[at] = int32(i)
		}
	}
	for b, start := range f.starts {
		if start && b != f.only {
			f.only = -1
			break
		}
	}
	return f
}

// longest returns the longest token at s[i] and its end.
func (f *finder) longest(s string, i int) (a *addedToken, end int) {
	at := int32(0)
	for k := i; k < len(s); k++ {
		to, ok := f.next[uint64(at)<<8|uint64(s[k])]
		if !ok {
			break
		}
		at = to
		if n := f.found[at]; n >= 0 {
			a, end = f.tokens[n], k+1
		}
	}
	return a, end
}

// split cuts p at the tokens it contains; what lies between goes to text.
func (f *finder) split(p piece, added func(*addedToken, piece), text func(piece)) {
	if len(f.found) == 1 {
		if p.text != "" {
			text(p)
		}
		return
	}
	s := p.text
	at := 0 // end of what was emitted
	for i := 0; i < len(s); {
		if f.only >= 0 {
			skip := strings.IndexByte(s[i:], byte(f.only))
			if skip < 0 {
				break
			}
			i += skip
		} else if !f.starts[s[i]] {
			i++
			continue
		}
		a, end := f.longest(s, i)
		if a == nil {
			i++
			continue
		}
		start, stop := i, end
		i = end
		if a.SingleWord && (endsInWord(s[:start]) || startsInWord(s[stop:])) {
			continue
		}
		if a.LStrip {
			start = max(at, len(strings.TrimRightFunc(s[:start], unicode.IsSpace)))
		}
		if a.RStrip {
			stop += len(s[stop:]) - len(strings.TrimLeftFunc(s[stop:], unicode.IsSpace))
		}
		if at < start {
			text(p.slice(at, start))
		}
		if start < stop {
			added(a, p.slice(start, stop))
		}
		at = stop
	}
	if at < len(s) {
		text(p.slice(at, len(s)))
	}
}

func endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && isWordChar(r)
}

func startsInWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isWordChar(r)
}

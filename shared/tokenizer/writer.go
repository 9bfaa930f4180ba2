package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A writer collects a new text and, where someone asks, what range of the source
// each of its bytes comes from.
type writer struct {
	text    strings.Builder
	tracked bool
	align   []span
}

// newWriter makes a writer for what becomes of p, with room for size bytes.
func newWriter(p piece, size int) *writer {
	w := &writer{tracked: !p.untracked}
	w.text.Grow(size)
	if w.tracked {
		w.align = make([]span, 0, size)
	}
	return w
}

// rune writes a character that comes from the given range.
func (w *writer) rune(r rune, from span) {
	w.text.WriteRune(r)
	w.from(utf8.RuneLen(r), from)
}

// put writes text that comes from the given range.
func (w *writer) put(text string, from span) {
	w.text.WriteString(text)
	w.from(len(text), from)
}

func (w *writer) from(n int, s span) {
	if w.tracked {
		for range n {
			w.align = append(w.align, s)
		}
	}
}

// copy writes whole characters [i, j) of p as they are.
func (w *writer) copy(p piece, i, j int) {
	w.text.WriteString(p.text[i:j])
	switch {
	case !w.tracked:
	case p.align != nil:
		w.align = append(w.align, p.align[i:j]...)
	default:
		for i < j {
			n := charLen(p.text[i])
			w.from(n, span{p.base + i, p.base + i + n})
			i += n
		}
	}
}

// piece returns p with what was written as its text.
func (w *writer) piece(p piece) piece {
	p.text, p.align = w.text.String(), w.align
	return p
}

// charLen returns the bytes of a character by its first one, in valid UTF-8.
func charLen(b byte) int {
	switch {
	case b < 0xc0:
		return 1
	case b < 0xe0:
		return 2
	case b < 0xf0:
		return 3
	}
	return 4
}

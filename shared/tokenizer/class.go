package tokenizer

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// A class is what the split patterns of language models distinguish: \p{L},
// \p{N}, \s (with \r and \n apart), and the rest.
type class uint8

const (
	other class = iota
	letter
	number
	space   // \s but neither \r nor \n
	newline // \r or \n
)

const pageSize = 256

// classPages holds the class of every code point in pages of pageSize code
// points; equal pages are stored once (about 90 of 4352 differ).
type classPages struct {
	index [(unicode.MaxRune + 1) / pageSize]uint16
	pages [][pageSize]class
}

var classes = sync.OnceValue(func() *classPages {
	flat := make([]class, unicode.MaxRune+1)
	fill := func(t *unicode.RangeTable, c class) {
		for _, r := range t.R16 {
			for x := int(r.Lo); x <= int(r.Hi); x += int(r.Stride) {
				flat[x] = c
			}
		}
		for _, r := range t.R32 {
			for x := int(r.Lo); x <= int(r.Hi); x += int(r.Stride) {
				flat[x] = c
			}
		}
	}
	fillPairs := func(pairs []rune, c class) {
		for i := 0; i < len(pairs); i += 2 {
			for r := pairs[i]; r <= pairs[i+1]; r++ {
				flat[r] = c
			}
		}
	}
	fill(unicode.L, letter)
	fillPairs(newLetters, letter)
	fill(unicode.N, number)
	fillPairs(newNumbers, number)
	fill(unicode.White_Space, space)
	flat['\r'], flat['\n'] = newline, newline

	p := &classPages{}
	seen := map[[pageSize]class]uint16{}
	for i := range p.index {
		page := [pageSize]class(flat[i*pageSize : (i+1)*pageSize])
		n, ok := seen[page]
		if !ok {
			n = uint16(len(p.pages))
			seen[page] = n
			p.pages = append(p.pages, page)
		}
		p.index[i] = n
	}
	return p
})

// at returns the class of the character at s[i] and its length in bytes. s is
// valid UTF-8 and i is the start of a character.
func (p *classPages) at(s string, i int) (class, int) {
	if b := s[i]; b < utf8.RuneSelf {
		return p.pages[0][b], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return p.pages[p.index[r/pageSize]][r%pageSize], n
}

// run returns the end of the run of characters of class c that starts at i.
func (p *classPages) run(s string, i int, c class) int {
	for i < len(s) {
		got, n := p.at(s, i)
		if got != c {
			break
		}
		i += n
	}
	return i
}

package tokenizer

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// A bertKind is what BERT's normalizer and pre-tokenizer ask of a character: a
// set of the flags below.
type bertKind uint8

const (
	bertControl    bertKind = 1 << iota // is removed by cleaning
	bertSpace                           // white space
	bertIdeograph                       // gets a space on both sides
	bertPunctuated                      // is a word by itself
	bertPlain                           // has no lower case, no marks and no parts
)

// bertIdeographs are the blocks that Hugging Face takes for Chinese.
var bertIdeographs = &unicode.RangeTable{
	R16: []unicode.Range16{{0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1}, {0xf900, 0xfaff, 1}},
	R32: []unicode.Range32{
		{0x20000, 0x2a6df, 1}, {0x2a700, 0x2b73f, 1}, {0x2b740, 0x2b81f, 1}, {0x2b920, 0x2ceaf, 1}, {0x2f800, 0x2fa1f, 1},
	},
}

// bertPlains are characters of Chinese text that nothing changes: ideographs that
// are no copies of others, and punctuation. (Kana have parts, Hangul too.)
var bertPlains = &unicode.RangeTable{
	R16: []unicode.Range16{{0x3001, 0x3029, 1}, {0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1}, {0xff01, 0xff20, 1}},
	R32: []unicode.Range32{{0x20000, 0x2a6df, 1}, {0x2a700, 0x2ebe0, 1}},
}

// bertPages holds the kind of every code point in pages, equal pages once.
type bertPages struct {
	index [(unicode.MaxRune + 1) / pageSize]uint16
	pages [][pageSize]bertKind
}

var bertKinds = sync.OnceValue(func() *bertPages {
	flat := make([]bertKind, unicode.MaxRune+1)
	for _, x := range []struct {
		table *unicode.RangeTable
		kind  bertKind
	}{
		{bertControls, bertControl}, {unicode.White_Space, bertSpace}, {bertIdeographs, bertIdeograph},
		{bertPunctuation, bertPunctuated}, {bertPlains, bertPlain},
	} {
		for _, r := range x.table.R16 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				flat[c] |= x.kind
			}
		}
		for _, r := range x.table.R32 {
			for c := int(r.Lo); c <= int(r.Hi); c += int(r.Stride) {
				flat[c] |= x.kind
			}
		}
	}
	p := &bertPages{}
	seen := map[[pageSize]bertKind]uint16{}
	for i := range p.index {
		page := [pageSize]bertKind(flat[i*pageSize : (i+1)*pageSize])
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

// at returns the kind of the character at s[i], the character and its bytes.
func (p *bertPages) at(s string, i int) (bertKind, rune, int) {
	if b := s[i]; b < utf8.RuneSelf {
		return p.pages[p.index[0]][b], rune(b), 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return p.pages[p.index[r/pageSize]][r%pageSize], r, n
}

package tokenizer

import (
	"strings"
	"unicode/utf8"
)

const replacement = "\uFFFD"

// source returns text as a piece of valid UTF-8. Each maximal part of an
// ill-formed sequence becomes one U+FFFD, as in Python's errors="replace" and
// Rust's from_utf8_lossy (Unicode 16, section 3.9, "U+FFFD Substitution of
// Maximal Subparts").
func source(text string, untracked bool) piece {
	p := piece{text: text, untracked: untracked}
	if utf8.ValidString(text) {
		return p
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		bad := r == utf8.RuneError && n <= 1
		if bad {
			n = badLength(text[i:])
			b.WriteString(replacement)
		} else {
			b.WriteString(text[i : i+n])
		}
		if !untracked {
			from := span{i, i + n}
			for range utf8.RuneLen(r) {
				p.align = append(p.align, from)
			}
		}
		i += n
	}
	p.text = b.String()
	return p
}

// lossy returns b as text, ill-formed parts replaced as in source.
func lossy(b []byte) string {
	return source(string(b), true).text
}

// badLength returns the length of the maximal part of an ill-formed UTF-8
// sequence at the start of s: the longest prefix some character starts with, or
// one byte.
func badLength(s string) int {
	lo, hi := byte(0x80), byte(0xbf) // range of the second byte
	want := 0                        // continuation bytes
	switch c := s[0]; {
	case 0xc2 <= c && c <= 0xdf:
		want = 1
	case 0xe0 <= c && c <= 0xef:
		want = 2
		if c == 0xe0 {
			lo = 0xa0
		} else if c == 0xed {
			hi = 0x9f
		}
	case 0xf0 <= c && c <= 0xf4:
		want = 3
		if c == 0xf0 {
			lo = 0x90
		} else if c == 0xf4 {
			hi = 0x8f
		}
	}
	n := 1
	for n <= want && n < len(s) && lo <= s[n] && s[n] <= hi {
		lo, hi = 0x80, 0xbf
		n++
	}
	return n
}

// incomplete returns the length of the unfinished character at the end of b: 0
// when b ends at the border of a character or in bytes that none can start with.
func incomplete(b []byte) int {
	for n := 1; n <= 3 && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			tail := string(b[len(b)-n:])
			if !utf8.FullRuneInString(tail) && badLength(tail) == n {
				return n
			}
			return 0
		}
	}
	return 0
}

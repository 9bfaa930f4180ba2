package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isSpace is Python's str.isspace for one character.
func isSpace(r rune) bool {
	return r >= 0x1c && r <= 0x1f || unicode.IsSpace(r)
}

// isLineEnd tells whether str.splitlines breaks lines after r.
func isLineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// validUTF8 replaces bytes that are no UTF-8 by U+FFFD.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// strip returns the text without the characters of chars at its sides; nil
// stands for white space.
func strip(x *text, chars *text, left, right bool) *text {
	cut := isSpace
	if chars != nil {
		set := map[rune]bool{}
		for _, r := range chars.s {
			set[r] = true
		}
		cut = func(r rune) bool { return set[r] }
	}
	i, j := 0, len(x.s)
	if left {
		i = j - len(strings.TrimLeftFunc(x.s, cut))
	}
	if right {
		j = max(i, len(strings.TrimRightFunc(x.s, cut)))
	}
	return x.slice(i, j)
}

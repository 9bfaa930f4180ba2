package term

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width is the number of columns a text takes: two for wide characters, none for combining ones.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// columns is the width of one character (Unicode Standard Annex 11, ambiguous ones narrow).
func columns(r rune) int {
	switch {
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return 0
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Truncate cuts a text to at most n columns; a cut text ends with "…".
func Truncate(s string, n int) string {
	if Width(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	at := 0
	for i, r := range s {
		if at += columns(r); at > n-1 { // the last column is for the dots
			return s[:i] + "…"
		}
	}
	return s
}

// pad fills a text with spaces to n columns.
func pad(s string, n int, right bool) string {
	spaces := strings.Repeat(" ", max(n-Width(s), 0))
	if right {
		return spaces + s
	}
	return s + spaces
}

// Clean makes a text safe to show on one line: line breaks and tabs become spaces, other control characters, which could
// command the terminal, and those that reverse the direction of writing become "�".
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

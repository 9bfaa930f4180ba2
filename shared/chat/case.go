package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// upperLong has the characters whose upper case is several characters
// (Unicode's SpecialCasing, without most of its Greek).
var upperLong = map[rune]string{
	'ß': "SS", 'ŉ': "ʼN", 'ǰ': "J̌", 'ΐ': "Ϊ́", 'ΰ': "Ϋ́", 'և': "ԵՒ", 'ẖ': "H̱", 'ẗ': "T̈", 'ẘ': "W̊", 'ẙ': "Y̊",
	'ẚ': "Aʾ", 'ﬀ': "FF", 'ﬁ': "FI", 'ﬂ': "FL", 'ﬃ': "FFI", 'ﬄ': "FFL", 'ﬅ': "ST", 'ﬆ': "ST",
	'ﬓ': "ՄՆ", 'ﬔ': "ՄԵ", 'ﬕ': "ՄԻ", 'ﬖ': "ՎՆ", 'ﬗ': "ՄԽ",
}

// mapRuns applies f to the parts of x, each from one source.
func mapRuns(x *text, f func(string) string) *text {
	if x.runs == nil {
		return &text{s: f(x.s), tag: x.tag, safe: x.safe}
	}
	var b builder
	x.each(0, len(x.s), func(s string, t tag) { b.add(f(s), t) })
	return b.text().as(x.safe)
}

// mapRunes writes the characters of x anew by put, which gets the part of x from
// one source and the place of the character in it.
func mapRunes(x *text, put func(b *strings.Builder, part string, i int, r rune)) *text {
	return mapRuns(x, func(part string) string {
		var b strings.Builder
		b.Grow(len(part))
		for i, r := range part {
			put(&b, part, i, r)
		}
		return b.String()
	})
}

func putUpper(b *strings.Builder, part string, i int, r rune) {
	if long := upperLong[r]; r >= utf8.RuneSelf && long != "" {
		b.WriteString(long)
		return
	}
	b.WriteRune(unicode.ToUpper(r))
}

// putLower also knows that İ becomes two characters, and that a Σ at the end of a
// word becomes ς.
func putLower(b *strings.Builder, part string, i int, r rune) {
	switch {
	case r == 'İ':
		b.WriteString("i̇")
	case r == 'Σ' && endsInLetter(part[:i]) && !startsWithLetter(part[i+len("Σ"):]):
		b.WriteRune('ς')
	default:
		b.WriteRune(unicode.ToLower(r))
	}
}

// putTitle writes the first letter of a word in a title: ǆ becomes ǅ, ß Ss.
func putTitle(b *strings.Builder, part string, i int, r rune) {
	if long := upperLong[r]; r >= utf8.RuneSelf && long != "" && unicode.ToTitle(r) == r {
		_, n := utf8.DecodeRuneInString(long)
		b.WriteString(long[:n] + strings.ToLower(long[n:]))
		return
	}
	b.WriteRune(unicode.ToTitle(r))
}

func upper(x *text) *text { return mapRunes(x, putUpper) }
func lower(x *text) *text { return mapRunes(x, putLower) }

// maxBetween bounds the search for the letters around a Σ.
const maxBetween = 32

// joins tells whether letters around r belong to one word.
func joins(r rune) bool {
	return r == '\'' || r == '.' || r == '·' || unicode.In(r, unicode.Mn, unicode.Cf)
}

func endsInLetter(s string) bool {
	s = s[max(0, len(s)-maxBetween):]
	r, n := utf8.DecodeLastRuneInString(strings.TrimRightFunc(s, joins))
	return n > 0 && unicode.IsLetter(r)
}

func startsWithLetter(s string) bool {
	s = s[:min(len(s), maxBetween)]
	r, n := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, joins))
	return n > 0 && unicode.IsLetter(r)
}

// capitalize makes the first character a capital and the others small.
func capitalize(x *text) *text {
	first := true
	return mapRunes(x, func(b *strings.Builder, part string, i int, r rune) {
		if first {
			putTitle(b, part, i, r)
		} else {
			putLower(b, part, i, r)
		}
		first = false
	})
}

// title is str.title: a capital after everything that is no letter.
func title(x *text) *text {
	inWord := false
	return mapRunes(x, func(b *strings.Builder, part string, i int, r rune) {
		cased := unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
		if cased && !inWord {
			putTitle(b, part, i, r)
		} else {
			putLower(b, part, i, r)
		}
		inWord = cased
	})
}

// titleWords is the filter title: a capital after white space, - and opening
// brackets.
func titleWords(x *text) *text {
	start := true
	return mapRunes(x, func(b *strings.Builder, part string, i int, r rune) {
		if start {
			putUpper(b, part, i, r)
		} else {
			putLower(b, part, i, r)
		}
		start = isSpace(r) || strings.ContainsRune("-({[<", r)
	})
}

func swapCase(x *text) *text {
	return mapRunes(x, func(b *strings.Builder, part string, i int, r rune) {
		if unicode.IsUpper(r) {
			putLower(b, part, i, r)
		} else {
			putUpper(b, part, i, r)
		}
	})
}

// foldText is str.casefold.
func foldText(x *text) *text {
	return mapRunes(x, func(b *strings.Builder, part string, i int, r rune) {
		switch long := upperLong[r]; {
		case long != "":
			b.WriteString(strings.ToLower(long))
		case r == 'ς':
			b.WriteRune('σ')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	})
}

package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// upperLong has the characters whose upper case is several characters
// (Unicode's SpecialCasing), in pairs.
var upperLong = strings.NewReplacer(
	"ß", "SS", "ŉ", "ʼN", "ǰ", "J̌", "ΐ", "Ϊ́", "ΰ", "Ϋ́", "և", "ԵՒ", "ẖ", "H̱", "ẗ", "T̈", "ẘ", "W̊", "ẙ", "Y̊",
	"ẚ", "Aʾ", "ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST",
	"ﬓ", "ՄՆ", "ﬔ", "ՄԵ", "ﬕ", "ՄԻ", "ﬖ", "ՎՆ", "ﬗ", "ՄԽ",
)

// mapRuns applies f to the parts of x, each from one source.
func mapRuns(x *text, f func(string) string) *text {
	if x.runs == nil {
		return &text{s: f(x.s), tag: x.tag, safe: x.safe}
	}
	var b builder
	x.each(0, len(x.s), func(s string, t tag) { b.add(f(s), t) })
	return b.text().as(x.safe)
}

func upper(x *text) *text {
	return mapRuns(x, func(s string) string {
		if !isASCII(s) {
			s = upperLong.Replace(s)
		}
		return strings.ToUpper(s)
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lower also knows that İ becomes two characters, and that a Σ at the end of a
// word becomes ς.
func lower(x *text) *text {
	return mapRuns(x, func(s string) string {
		if isASCII(s) {
			return strings.ToLower(s)
		}
		var b strings.Builder
		for i, r := range s {
			switch {
			case r == 'İ':
				b.WriteString("i̇")
			case r == 'Σ' && endsInLetter(s[:i]) && !startsWithLetter(s[i+len("Σ"):]):
				b.WriteRune('ς')
			default:
				b.WriteRune(unicode.ToLower(r))
			}
		}
		return b.String()
	})
}

// joins tells whether letters around r belong to one word.
func joins(r rune) bool {
	return r == '\'' || r == '.' || r == '·' || unicode.In(r, unicode.Mn, unicode.Cf)
}

func endsInLetter(s string) bool {
	r, n := utf8.DecodeLastRuneInString(strings.TrimRightFunc(s, joins))
	return n > 0 && unicode.IsLetter(r)
}

func startsWithLetter(s string) bool {
	r, n := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, joins))
	return n > 0 && unicode.IsLetter(r)
}

// capitalize makes the first character a capital and the others small.
func capitalize(x *text) *text {
	_, n := utf8.DecodeRuneInString(x.s)
	return concat(titleCase(x.slice(0, n)), lower(x.slice(n, len(x.s))))
}

// titleCase is the first letter of a word in a title: ǆ becomes ǅ, ß becomes Ss.
func titleCase(x *text) *text {
	return mapRuns(x, func(s string) string {
		if r, n := utf8.DecodeRuneInString(s); n == len(s) && unicode.ToTitle(r) != r {
			return string(unicode.ToTitle(r))
		}
		long := upperLong.Replace(s)
		if _, n := utf8.DecodeRuneInString(long); long != s {
			return long[:n] + strings.ToLower(long[n:])
		}
		return s
	})
}

// title is str.title: a capital after everything that is no letter.
func title(x *text) *text {
	var b builder
	start, inWord := 0, false
	flush := func(end int, f func(*text) *text) {
		if start < end {
			b.addText(f(x.slice(start, end)))
		}
		start = end
	}
	for i, r := range x.s {
		cased := unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r)
		if cased && !inWord {
			flush(i, lower)
			flush(i+utf8.RuneLen(r), titleCase)
		}
		inWord = cased
	}
	flush(len(x.s), lower)
	return b.text()
}

// titleWords is the filter title: a capital after white space, - and brackets.
func titleWords(x *text) *text {
	var b builder
	words(x.s, func(i, j int) {
		_, n := utf8.DecodeRuneInString(x.s[i:])
		b.addText(upper(x.slice(i, i+n)))
		b.addText(lower(x.slice(i+n, j)))
	})
	return b.text()
}

func swapCase(x *text) *text {
	return mapRuns(x, func(s string) string {
		var b strings.Builder
		for _, r := range s {
			switch {
			case unicode.IsUpper(r):
				b.WriteRune(unicode.ToLower(r))
			case unicode.IsLower(r):
				b.WriteString(strings.ToUpper(upperLong.Replace(string(r))))
			default:
				b.WriteRune(r)
			}
		}
		return b.String()
	})
}

// foldText is str.casefold.
func foldText(x *text) *text {
	return mapRuns(x, func(s string) string {
		return strings.ReplaceAll(strings.ToLower(upperLong.Replace(s)), "ς", "σ")
	})
}

package eval

import (
	"regexp"
	"strings"
	"unicode"
)

// The two tokenisations of BLEU that sacreBLEU calls 13a (mteval-v13a, for languages with spaces) and zh.
const (
	tokens13a = "13a"
	tokensZh  = "zh"
)

// parting separates punctuation, but not periods and commas between digits; the order matters.
var parting = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile("([{-~\\[-` -&(-+:-@/])"), " $1 "},
	{regexp.MustCompile(`([^0-9])([.,])`), "$1 $2 "},
	{regexp.MustCompile(`([.,])([^0-9])`), " $1 $2"},
	{regexp.MustCompile(`([0-9])(-)`), "$1 $2 "},
}

// wideRanges are the characters that zh makes tokens of their own. They are sacreBLEU's, with what its notation of
// planes beyond the first comes to: U+2001 to U+2A6D, quotation marks among them, and not the extension B.
var wideRanges = &unicode.RangeTable{R16: []unicode.Range16{
	{0x2001, 0x2a6d, 1}, {0x2e80, 0x2eff, 1}, {0x2f00, 0x2fdf, 1}, {0x2ff0, 0x2fff, 1}, {0x3000, 0x303f, 1}, {0x3100, 0x312f, 1},
	{0x31a0, 0x31bf, 1}, {0x31c0, 0x31ef, 1}, {0x3200, 0x33ff, 1}, {0x3400, 0x4db5, 1}, {0x4e00, 0x9fbb, 1}, {0xf900, 0xfa2d, 1},
	{0xfa30, 0xfa6a, 1}, {0xfa70, 0xfad9, 1}, {0xfe10, 0xfe1f, 1}, {0xfe30, 0xfe4f, 1}, {0xff00, 0xffef, 1},
}}

// bleuTokens splits a text.
func bleuTokens(s, how string) []string {
	if how == tokensZh {
		s = apart(strings.TrimSpace(s), func(r rune) bool { return unicode.Is(wideRanges, r) })
	} else {
		s = strings.ReplaceAll(s, "<skipped>", "")
		s = strings.ReplaceAll(strings.ReplaceAll(s, "-\n", ""), "\n", " ")
		for _, e := range [][2]string{{"&quot;", `"`}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}} { // one after the other: &amp;lt; is <
			s = strings.ReplaceAll(s, e[0], e[1])
		}
		s = " " + s + " "
	}
	for _, p := range parting {
		s = p.what.ReplaceAllString(s, p.with)
	}
	return strings.Fields(s)
}

// apart puts blanks around some characters.
func apart(s string, which func(rune) bool) string {
	var b strings.Builder
	for _, r := range s {
		if which(r) {
			b.WriteRune(' ')
			b.WriteRune(r)
			b.WriteRune(' ')
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// rougeTokens are runs of a-z and 0-9, in lower case, as in Google's rouge_score; a Han character, which that drops, is a
// token of its own, so that Chinese texts can be compared.
func rougeTokens(s string) []string {
	s = apart(strings.ToLower(s), func(r rune) bool { return unicode.Is(unicode.Han, r) })
	return strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || unicode.Is(unicode.Han, r))
	})
}

// isChinese reports whether some text has Han characters.
func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// grams counts the n-grams of tokens.
func grams(tokens []string, n int) map[string]int {
	out := map[string]int{}
	for i := 0; i+n <= len(tokens); i++ {
		out[strings.Join(tokens[i:i+n], "\x00")]++
	}
	return out
}

// common is the size of the intersection of two bags, total that of one.
func common(a, b map[string]int) (n int) {
	for k, c := range a {
		n += min(c, b[k])
	}
	return n
}

func total(a map[string]int) (n int) {
	for _, c := range a {
		n += c
	}
	return n
}

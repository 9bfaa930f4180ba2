package tokenizer

import (
	"sort"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unicodeForm is NFC, NFD, NFKC or NFKD (Unicode Standard Annex 15), as Hugging
// Face's tokenizers computes it. That differs from package norm in two ways: its
// tables are those of Unicode 9 (see sinceUnicode9), and it never breaks a long
// run of marks with U+034F as norm's stream-safe format does after thirty.
type unicodeForm struct {
	form      norm.Form // the quick check
	decompose norm.Form // NFD or NFKD
	compose   bool
}

func parseNFC(node) (normalizer, error)  { return unicodeForm{norm.NFC, norm.NFD, true}, nil }
func parseNFD(node) (normalizer, error)  { return unicodeForm{norm.NFD, norm.NFD, false}, nil }
func parseNFKC(node) (normalizer, error) { return unicodeForm{norm.NFKC, norm.NFKD, true}, nil }
func parseNFKD(node) (normalizer, error) { return unicodeForm{norm.NFKD, norm.NFKD, false}, nil }

// sinceUnicode9 are the characters that package norm decomposes, composes or
// reorders and Hugging Face's tables leave alone, found by comparing every code
// point.
var sinceUnicode9 = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x7fd, 0x7fd, 1}, {0x898, 0x89f, 1}, {0x8ca, 0x8d3, 1}, {0x9fe, 0x9fe, 1},
		{0xc3c, 0xc3c, 1}, {0xd3b, 0xd3c, 1}, {0xeba, 0xeba, 1}, {0x1715, 0x1715, 1},
		{0x1abf, 0x1ace, 1}, {0x1df6, 0x1dfa, 1}, {0x32ff, 0x32ff, 1}, {0xa7f2, 0xa7f4, 1},
		{0xa82c, 0xa82c, 1}, {0xab69, 0xab69, 1},
	},
	R32: []unicode.Range32{
		{0x10781, 0x10785, 1}, {0x10787, 0x107b0, 1}, {0x107b2, 0x107ba, 1}, {0x10d24, 0x10d27, 1},
		{0x10eab, 0x10eac, 1}, {0x10efd, 0x10eff, 1}, {0x10f46, 0x10f50, 1}, {0x10f82, 0x10f85, 1},
		{0x11070, 0x11070, 1}, {0x1133b, 0x1133b, 1}, {0x1145e, 0x1145e, 1}, {0x11839, 0x1183a, 1},
		{0x11938, 0x11938, 1}, {0x1193d, 0x1193e, 1}, {0x11943, 0x11943, 1}, {0x119e0, 0x119e0, 1},
		{0x11a34, 0x11a34, 1}, {0x11a47, 0x11a47, 1}, {0x11a99, 0x11a99, 1}, {0x11d42, 0x11d42, 1},
		{0x11d44, 0x11d45, 1}, {0x11d97, 0x11d97, 1}, {0x11f41, 0x11f42, 1}, {0x16ff0, 0x16ff1, 1},
		{0x1e030, 0x1e06d, 1}, {0x1e08f, 0x1e08f, 1}, {0x1e130, 0x1e136, 1}, {0x1e2ae, 0x1e2ae, 1},
		{0x1e2ec, 0x1e2ef, 1}, {0x1e4ec, 0x1e4ef, 1}, {0x1f16c, 0x1f16c, 1}, {0x1fbf0, 0x1fbf9, 1},
	},
}

func (u unicodeForm) normalize(p piece) piece {
	if u.form.IsNormalString(p.text) {
		return p
	}
	changes := u.decomposed(p.text)
	if u.compose {
		changes = composed(changes)
	}
	return p.transform(changes, 0)
}

// decomposed returns s decomposed, its marks in canonical order.
func (u unicodeForm) decomposed(s string) []change {
	out := make([]change, 0, len(s)+8)
	marks := 0 // where the marks that may still be reordered start
	push := func(r rune, n int) {
		if combiningClass(r) == 0 {
			sortMarks(out[marks:])
			marks = len(out) + 1
		}
		out = append(out, change{r, n})
	}
	var buf [maxDecomposed]rune
	for _, r := range s {
		for n, d := range u.runes(buf[:0], r) {
			push(d, min(n, 1))
		}
	}
	sortMarks(out[min(marks, len(out)):])
	return out
}

// maxDecomposed is a number of runes that no character decomposes into more of (the longest, U+FDFA in NFKD, has 18).
const maxDecomposed = 18

// runes appends the decomposition of one character, which is r itself where it has none.
func (u unicodeForm) runes(dst []rune, r rune) []rune {
	if l, v, t, ok := splitHangul(r); ok {
		dst = append(dst, l, v)
		if t != 0 {
			dst = append(dst, t)
		}
		return dst
	}
	if r < 0xa0 || unicode.Is(sinceUnicode9, r) {
		return append(dst, r)
	}
	var text [utf8.UTFMax]byte
	to := u.decompose.Properties(utf8.AppendRune(text[:0], r)).Decomposition()
	if to == nil {
		return append(dst, r)
	}
	for len(to) > 0 {
		d, size := utf8.DecodeRune(to)
		to = to[size:]
		dst = append(dst, d)
	}
	return dst
}

// sortMarks puts marks into the order of their combining class.
func sortMarks(marks []change) {
	if len(marks) < 2 {
		return
	}
	sort.SliceStable(marks, func(i, j int) bool {
		return combiningClass(marks[i].r) < combiningClass(marks[j].r)
	})
}

// composed joins what canonical composition joins. A character that swallowed
// others counts them as removed after it, wherever they stood: so does Hugging
// Face, and source ranges depend on it.
func composed(in []change) []change {
	out := make([]change, 0, len(in))
	starter := -1     // index in out of the last starter
	var blocked uint8 // class of the last mark kept after it
	anyMarks := false // whether a mark was kept after it
	for _, c := range in {
		class := combiningClass(c.r)
		if starter >= 0 && (!anyMarks || blocked < class) {
			if r, ok := composePair(out[starter].r, c.r); ok {
				out[starter] = change{r, out[starter].n + c.n - 1}
				continue
			}
		}
		out = append(out, c)
		switch {
		case class == 0:
			starter, anyMarks = len(out)-1, false
		case starter >= 0:
			blocked, anyMarks = class, true
		}
	}
	return out
}

func combiningClass(r rune) uint8 {
	if r < 0x300 || unicode.Is(sinceUnicode9, r) {
		return 0
	}
	var text [utf8.UTFMax]byte
	return norm.NFD.Properties(utf8.AppendRune(text[:0], r)).CCC()
}

// composePair returns the primary composite of a and b.
func composePair(a, b rune) (rune, bool) {
	if b < 0x300 {
		return 0, false
	}
	if r, ok := joinHangul(a, b); ok {
		return r, true
	}
	var buf [4 * utf8.UTFMax]byte
	pair := utf8.AppendRune(utf8.AppendRune(buf[:0], a), b)
	var dst [4 * utf8.UTFMax]byte
	joined := norm.NFC.Append(dst[:0], pair...)
	r, n := utf8.DecodeRune(joined)
	if n != len(joined) || unicode.Is(sinceUnicode9, r) {
		return 0, false
	}
	return r, true
}

// Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12).
const (
	hangulS, hangulL, hangulV, hangulT = 0xac00, 0x1100, 0x1161, 0x11a7
	hangulLs, hangulVs, hangulTs       = 19, 21, 28
)

func splitHangul(r rune) (l, v, t rune, ok bool) {
	i := r - hangulS
	if i < 0 || i >= hangulLs*hangulVs*hangulTs {
		return 0, 0, 0, false
	}
	l = hangulL + i/(hangulVs*hangulTs)
	v = hangulV + i%(hangulVs*hangulTs)/hangulTs
	if i%hangulTs != 0 {
		t = hangulT + i%hangulTs
	}
	return l, v, t, true
}

func joinHangul(a, b rune) (rune, bool) {
	if l, v := a-hangulL, b-hangulV; 0 <= l && l < hangulLs && 0 <= v && v < hangulVs {
		return hangulS + (l*hangulVs+v)*hangulTs, true
	}
	s, t := a-hangulS, b-hangulT
	if 0 <= s && s < hangulLs*hangulVs*hangulTs && s%hangulTs == 0 && 0 < t && t < hangulTs {
		return a + t, true
	}
	return 0, false
}

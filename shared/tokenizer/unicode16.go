package tokenizer

import (
	"strings"
	"unicode"
)

// since15 lists what Unicode 16 has in a category or script and Unicode 15, the
// version of Go 1.26, has not: pairs of first and last code point. Hugging
// Face's tokenizers splits with Oniguruma 6.9.10, which knows Unicode 16; with
// these additions the classes are the same for every code point.
var since15 = map[string][]rune{
	"Lu": {0x1c89, 0x1c89, 0xa7cb, 0xa7cc, 0xa7da, 0xa7da, 0xa7dc, 0xa7dc, 0x10d50, 0x10d65},
	"Ll": {0x1c8a, 0x1c8a, 0xa7cd, 0xa7cd, 0xa7db, 0xa7db, 0x10d70, 0x10d85},
	"Lm": {0x10d4e, 0x10d4e, 0x10d6f, 0x10d6f, 0x16d40, 0x16d42, 0x16d6b, 0x16d6c},
	"Lo": {
		0x105c0, 0x105f3, 0x10d4a, 0x10d4d, 0x10d4f, 0x10d4f, 0x10ec2, 0x10ec4, 0x11380, 0x11389,
		0x1138b, 0x1138b, 0x1138e, 0x1138e, 0x11390, 0x113b5, 0x113b7, 0x113b7, 0x113d1, 0x113d1,
		0x113d3, 0x113d3, 0x11bc0, 0x11be0, 0x13460, 0x143fa, 0x16100, 0x1611d, 0x16d43, 0x16d6a,
		0x18cff, 0x18cff, 0x1e5d0, 0x1e5ed, 0x1e5f0, 0x1e5f0, 0x2ebf0, 0x2ee5d,
	},
	"Mn": {
		0x897, 0x897, 0x10d69, 0x10d6d, 0x10efc, 0x10efc, 0x113bb, 0x113c0, 0x113ce, 0x113ce,
		0x113d0, 0x113d0, 0x113d2, 0x113d2, 0x113e1, 0x113e2, 0x11f5a, 0x11f5a, 0x1611e, 0x16129,
		0x1612d, 0x1612f, 0x1e5ee, 0x1e5ef,
	},
	"Mc": {
		0x113b8, 0x113ba, 0x113c2, 0x113c2, 0x113c5, 0x113c5, 0x113c7, 0x113ca, 0x113cc, 0x113cd,
		0x113cf, 0x113cf, 0x1171e, 0x1171e, 0x1612a, 0x1612c,
	},
	"Nd": {
		0x10d40, 0x10d49, 0x116d0, 0x116e3, 0x11bf0, 0x11bf9, 0x16130, 0x16139, 0x16d70, 0x16d79,
		0x1ccf0, 0x1ccf9, 0x1e5f1, 0x1e5fa,
	},
	"Pd": {0x10d6e, 0x10d6e},
	"Po": {
		0x1b4e, 0x1b4f, 0x1b7f, 0x1b7f, 0x113d4, 0x113d5, 0x113d7, 0x113d8, 0x11be1, 0x11be1,
		0x16d6d, 0x16d6f, 0x1e5ff, 0x1e5ff,
	},
	"Sm": {0x10d8e, 0x10d8f},
	"So": {
		0x2427, 0x2429, 0x2ffc, 0x2fff, 0x31e4, 0x31e5, 0x31ef, 0x31ef, 0x1cc00, 0x1ccef,
		0x1cd00, 0x1ceb3, 0x1f8b2, 0x1f8bb, 0x1f8c0, 0x1f8c1, 0x1fa89, 0x1fa89, 0x1fa8f, 0x1fa8f,
		0x1fabe, 0x1fabe, 0x1fac6, 0x1fac6, 0x1fadc, 0x1fadc, 0x1fadf, 0x1fadf, 0x1fae9, 0x1fae9,
		0x1fbcb, 0x1fbef,
	},
	"Han":      {0x2ebf0, 0x2ee5d},
	"Latin":    {0xa7cb, 0xa7cd, 0xa7da, 0xa7dc},
	"Cyrillic": {0x1c89, 0x1c8a},
	"Arabic":   {0x897, 0x897, 0x10ec2, 0x10ec4, 0x10efc, 0x10efc},
}

// newIn returns the additions to a category or script; a category of one letter
// has those of all that start with it.
func newIn(name string) []rune {
	if len(name) > 1 {
		return since15[name]
	}
	var all []rune
	for _, second := range "ultmoncdeps" {
		all = append(all, since15[name+string(second)]...)
	}
	return all
}

// inPairs tells whether r is in one of the ranges.
func inPairs(r rune, pairs []rune) bool {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] <= r && r <= pairs[i+1] {
			return true
		}
	}
	return false
}

// pairsText returns the ranges as the inside of a character class.
func pairsText(pairs []rune) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString(string(pairs[i]) + "-" + string(pairs[i+1]))
	}
	return b.String()
}

var (
	newLetters = newIn("L")
	newNumbers = newIn("N")
	newMarks   = newIn("M")
)

// isNumeric tells whether r is in the category N, of Unicode 17: this question
// is answered by Rust.
func isNumeric(r rune) bool {
	return unicode.Is(unicode.N, r) || r > 0xffff &&
		(inPairs(r, newNumbers) || 0x11de0 <= r && r <= 0x11de9 || 0x16ff4 <= r && r <= 0x16ff6)
}

// isWordChar tells whether r matches \w of Rust: alphabetic, mark, decimal
// number, connector punctuation or join control.
func isWordChar(r rune) bool {
	if r < 0x80 {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
	}
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M,
		unicode.Nd, unicode.Pc, unicode.Join_Control) ||
		inPairs(r, newLetters) || inPairs(r, newMarks) || inPairs(r, newNumbers)
}

// toLower maps r to lower case as Rust does with Unicode 17.
func toLower(r rune) rune {
	switch {
	case r < 0x1c89:
		return unicode.ToLower(r)
	case r == 0x1c89, r == 0xa7cc, r == 0xa7ce, r == 0xa7d2, r == 0xa7d4, r == 0xa7da:
		return r + 1
	case r == 0xa7cb:
		return 0x264
	case r == 0xa7dc:
		return 0x19b
	case 0x10d50 <= r && r <= 0x10d65:
		return r + 0x20
	case 0x16ea0 <= r && r <= 0x16eb8:
		return r + 0x1b
	}
	return unicode.ToLower(r)
}

package dataset

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Content is all of a row that a model reads, on which rows are compared.
func (r *Row) Content() string {
	var b strings.Builder
	for _, s := range []string{r.Text, r.Prompt, r.Completion} {
		b.WriteString(s)
		b.WriteByte('\n')
	}
	if r.Completion == "" { // of Alpaca both are there, and say the same
		for _, m := range r.Messages {
			b.WriteString(m.Role)
			b.WriteByte(' ')
			b.WriteString(m.Content)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// fold makes texts equal that a reader takes for the same: compatible characters (full width), letters of both cases, and
// stretches of space.
func fold(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}

// units are the pieces of a folded text that near duplicates are told by: each Chinese, Japanese or Korean character is one,
// and so is each run of other letters and digits. Marks are left out.
func units(folded string) []string {
	var list []string
	start := -1
	flush := func(end int) {
		if start >= 0 {
			list = append(list, folded[start:end])
			start = -1
		}
	}
	for i, r := range folded {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			flush(i)
			list = append(list, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if start < 0 {
				start = i
			}
		default:
			flush(i)
		}
	}
	flush(len(folded))
	return list
}

// shingleUnits is how many neighbouring units a shingle has.
const shingleUnits = 3

// shingles are the hashes of a folded text's shingles, each once, in ascending order. A text that is shorter has one.
func shingles(folded string) []uint64 {
	u := units(folded)
	var list []uint64
	for i := range max(len(u)-shingleUnits+1, 1) {
		h := uint64(14695981039346656037) // FNV-1a
		for _, s := range u[i:min(i+shingleUnits, len(u))] {
			for j := range len(s) {
				h = (h ^ uint64(s[j])) * 1099511628211
			}
			h = (h ^ 0xff) * 1099511628211
		}
		list = append(list, mix64(h))
	}
	return sorted(list)
}

// mix64 spreads every bit over all (Stafford's variant 13 of MurmurHash3's finalizer).
func mix64(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

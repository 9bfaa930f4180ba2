package tokenizer

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"
)

// scanAlphabet has what the alternatives of the patterns tell apart, and
// characters that are easily taken for something else.
var scanAlphabet = []string{
	" ", " ", "  ", "\n", "\r", "\r\n", "\t", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u3000", "\u200b", "\ufeff",
	"a", "Z", "é", "公", "ß", "ǅ", "ʰ", "ª", "\U0001d400", "\U0002ebf0", "한", "1", "2", "٣", "½", "Ⅷ", "〇", "²", "\U0001d7d8",
	"'", "'", "'s", "'S", "'ſ", "'t", "'re", "'RE", "'rE", "'ve", "'m", "'M", "'ll", "'lL", "'d", "’s", "'r", "'l", "'v",
	".", "_", "-", "、", "$", "+", "\u0301", "\u200d", "😀", "\x00", "\u007f", "\ufffd", "\ue000", "\U0010ffff",
}

// TestScanners holds the scanners to their patterns in the regular expression
// engine, on random text.
func TestScanners(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for pattern, scan := range scanners {
		x, err := newRegex(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for range 4000 {
			s := ""
			for range 1 + r.IntN(12) {
				s += scanAlphabet[r.IntN(len(scanAlphabet))]
			}
			if got, want := matches(scan, s), matches(x, s); !slices.Equal(got, want) {
				t.Fatalf("%q: got %q, want %q, of %s", s, cuts(s, got), cuts(s, want), pattern)
			}
		}
	}
}

func FuzzScanners(f *testing.F) {
	for _, s := range scanAlphabet {
		f.Add("a" + s + " " + s + s)
	}
	engines := map[string]regex{}
	for pattern := range scanners {
		x, err := newRegex(pattern)
		if err != nil {
			f.Fatal(err)
		}
		engines[pattern] = x
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		for pattern, scan := range scanners {
			if got, want := matches(scan, s), matches(engines[pattern], s); !slices.Equal(got, want) {
				t.Fatalf("%q: got %q, want %q, of %s", s, cuts(s, got), cuts(s, want), pattern)
			}
		}
	})
}

func matches(m matcher, s string) []span {
	var all []span
	m.each(s, func(start, end int) { all = append(all, span{start, end}) })
	return all
}

func cuts(s string, spans []span) []string {
	var all []string
	for _, x := range spans {
		all = append(all, s[x.start:x.end])
	}
	return all
}

func TestTranslate(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          []string
	}{
		{`a++b`, "aab ab", []string{"aab", "ab"}},
		{`a++a`, "aaa", nil},
		{`(?:ab|a)?+b`, "abb ab", []string{"abb", "b"}},
		{`x{2}+`, "xxxxx", []string{"xxxx"}},
		{`x{,2}y`, "xxxy", []string{"xxy"}},
		{`^b`, "a\nb", []string{"b"}},
		{`a$`, "a\nb", []string{"a"}},
		{`a.b`, "a\nb a b", []string{"a b"}},
		{`(?m:a.b)`, "a\nb", []string{"a\nb"}},
		{`(?i:S)s`, "ſs ss Ss", []string{"ſs", "ss", "Ss"}},
		{`(?i)k(?-i:k)`, "Kk kK", []string{"Kk"}},
		{`\h+`, "xfaceG", []string{"face"}},
		{`\x41\u0042\x{43}\n`, "ABC\n", []string{"ABC\n"}},
		{`[\]\-\\^]+`, `a]-\^b`, []string{`]-\^`}},
		{`\P{L}+`, "a12b", []string{"12"}},
		{`\p{^L}+`, "a12b", []string{"12"}},
		{`\p{Han}{2}`, "ab公司", []string{"公司"}},
		{`(?<=a)b(?!c)`, "abc ab", []string{"b"}},
		{`a{b`, "a{b", []string{"a{b"}},
		{`(?#x)a b`, "a b", []string{"a b"}},
		{`\{\}\.#`, "{}.#", []string{"{}.#"}},
	} {
		x, err := newRegex(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := cuts(c.text, matches(x, c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s in %q: got %q, want %q", c.pattern, c.text, got, c.want)
		}
	}
	for _, bad := range []string{
		`(`, `)`, `[a`, `[a[b]]`, `[a&&b]`, `[[:alpha:]]`, `\p{Foo}`, `\pL`, `\p{L`, `\R`, `\X`, `(?x:a)`, `(?i`, `a**\`, `\x{110000}`, "\xff", `[\W]`,
	} {
		if _, err := newRegex(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// TestBehaviors splits the example of Hugging Face's documentation.
func TestBehaviors(t *testing.T) {
	for b, want := range map[behavior][]string{
		removed:            {"the", "final", "countdown"},
		isolated:           {"the", "-", "final", "-", "-", "countdown"},
		mergedWithPrevious: {"the-", "final-", "-", "countdown"},
		mergedWithNext:     {"the", "-final", "-", "-countdown"},
		contiguous:         {"the", "-", "final", "--", "countdown"},
	} {
		var got []string
		b.split(source("the-final--countdown", true), literal("-"), false, func(p piece) { got = append(got, p.text) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", b, got, want)
		}
	}
	var got []string
	removed.split(source("the-final--countdown", true), literal("-"), true, func(p piece) { got = append(got, p.text) })
	if want := []string{"-", "-", "-"}; !slices.Equal(got, want) {
		t.Errorf("Removed, inverted: got %q, want %q", got, want)
	}
}

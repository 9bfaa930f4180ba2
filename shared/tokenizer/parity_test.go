package tokenizer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// families are the tiny tokenizers in testdata, made with the components of real
// families by testdata/make.py.
var families = []string{
	"gpt2", "smollm", "llama3", "qwen2", "roberta", "deepseek", "gpt4o", "possessive",
	"falcon", "llama2", "metaspace", "words", "trained",
	"bert", "unigram", "unigram_bytes", "t5", "wordlevel",
}

type testText struct{ Text, Hex string }

func (x testText) input(t testing.TB) string {
	if x.Hex == "" {
		return x.Text
	}
	b, err := hex.DecodeString(x.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wanted is what Hugging Face makes of a text.
type wanted struct {
	IDs     []int32
	Offsets []int
	Bare    []int32 // without special tokens, where that differs
	Text    string  // decoded
	Skip    *string // decoded without special tokens, where that differs
	Digest  string  // of ids and offsets, in place of all else
}

func readJSON(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func load(t testing.TB, family string) *Tokenizer {
	t.Helper()
	b, err := os.ReadFile("testdata/" + family + ".json")
	if err != nil {
		t.Fatal(err)
	}
	k, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func digest(e Encoding) string {
	var b []byte
	for _, id := range e.IDs {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	for _, o := range e.Offsets {
		b = binary.LittleEndian.AppendUint32(b, uint32(o[0]))
		b = binary.LittleEndian.AppendUint32(b, uint32(o[1]))
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])[:12]
}

// TestHuggingFace compares ids, offsets and decoded text with Python tokenizers.
func TestHuggingFace(t *testing.T) {
	var texts []testText
	readJSON(t, "texts.json", &texts)
	for _, family := range families {
		t.Run(family, func(t *testing.T) {
			k := load(t, family)
			var want []wanted
			readJSON(t, family+".want.json", &want)
			if len(want) != len(texts) {
				t.Fatalf("%d results for %d texts", len(want), len(texts))
			}
			for i, w := range want {
				compare(t, k, texts[i], w)
			}
		})
	}
}

func compare(t *testing.T, k *Tokenizer, x testText, w wanted) {
	in := x.input(t)
	e := k.Encode(in, true)
	if w.Digest != "" {
		if got := digest(e); got != w.Digest {
			t.Errorf("%q: digest %s, want %s: %v %v", in, got, w.Digest, e.IDs, e.Offsets)
		}
		return
	}
	if !slices.Equal(e.IDs, w.IDs) {
		t.Errorf("%q:\n got %v\nwant %v", in, e.IDs, w.IDs)
		return
	}
	bare := w.Bare
	if bare == nil {
		bare = w.IDs
	}
	if got := k.Encode(in, false); !slices.Equal(got.IDs, bare) {
		t.Errorf("%q: without special tokens\n got %v\nwant %v", in, got.IDs, bare)
	}
	if x.Hex == "" { // otherwise they count in the repaired text
		var want [][2]int
		for i := 0; i < len(w.Offsets); i += 2 {
			want = append(want, [2]int{w.Offsets[i], w.Offsets[i+1]})
		}
		if !slices.Equal(e.Offsets, want) {
			t.Errorf("%q: offsets\n got %v\nwant %v", in, e.Offsets, want)
		}
	}
	if got := k.Decode(e.IDs, false); got != w.Text {
		t.Errorf("%q: decoded\n got %q\nwant %q", in, got, w.Text)
	}
	skip := w.Text
	if w.Skip != nil {
		skip = *w.Skip
	}
	if got := k.Decode(e.IDs, true); got != skip {
		t.Errorf("%q: decoded without special tokens\n got %q\nwant %q", in, got, skip)
	}
}

// assigned yields the code points of the planes that have characters.
func assigned(yield func(rune) bool) {
	for r := rune(0); r < 0x30000; r++ {
		if utf8.ValidRune(r) && !yield(r) {
			return
		}
	}
}

// TestNormalForms compares all characters and random strings.
func TestNormalForms(t *testing.T) {
	var want struct {
		Strings []string
		Forms   map[string]struct {
			All     string
			Strings []string
		}
	}
	readJSON(t, "normalized.json", &want)
	for name, w := range want.Forms {
		n, err := component(node{file: "test", raw: json.RawMessage(fmt.Sprintf("{%q: %q}", "type", name))}, normalizers())
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for r := range assigned {
			h.Write([]byte(n.normalize(source(string(r), true)).text + "\n"))
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != w.All {
			t.Errorf("%s: single characters: digest %s, want %s", name, got, w.All)
		}
		for i, s := range want.Strings {
			if got := n.normalize(source(s, false)).text; got != w.Strings[i] {
				t.Errorf("%s: %q: got %q, want %q", name, s, got, w.Strings[i])
			}
		}
	}
}

// TestClasses compares the Unicode classes of scanners and of translated
// patterns with those of Oniguruma, for every character.
func TestClasses(t *testing.T) {
	var want map[string][]rune
	readJSON(t, "classes.json", &want)
	for name, runs := range want {
		in := make([]bool, utf8.MaxRune+1)
		for i := 0; i < len(runs); i += 2 {
			for r := runs[i]; r <= runs[i+1]; r++ {
				in[r] = true
			}
		}
		pattern := name
		if !strings.HasPrefix(name, `\`) {
			pattern = `\p{` + name + `}`
		}
		// One regular expression over all characters: its matches and what lies
		// between must be the members and the others.
		var all strings.Builder
		for r := range assigned {
			all.WriteRune(r)
		}
		for _, negated := range []bool{false, true} {
			text := pattern
			if negated {
				text = "[^" + pattern + "]"
			}
			x, err := newRegex(text + "+")
			if err != nil {
				t.Fatal(err)
			}
			got := make([]bool, utf8.MaxRune+1)
			x.each(all.String(), func(start, end int) {
				for _, r := range all.String()[start:end] {
					got[r] = true
				}
			})
			for r := range assigned {
				if got[r] != (in[r] != negated) {
					t.Fatalf("%s: %U: got %t", text, r, got[r])
				}
			}
		}
		p := classes()
		for r := range assigned {
			c, _ := p.at(string(r), 0)
			ok := true
			switch name {
			case "L":
				ok = (c == letter) == in[r]
			case "N":
				ok = (c == number) == in[r]
			case `\s`:
				ok = (c == space || c == newline) == in[r]
			case `\w`: // for Rust without ², with the joiners
				ok = isWordChar(r) == (in[r] && !strings.ContainsRune("²³¹¼½¾", r) || r == 0x200c || r == 0x200d)
			}
			if !ok {
				t.Fatalf("%s: %U: class %d", name, r, c)
			}
		}
	}
}

// TestCharacters compares what normalizers and pre-tokenizers make of characters, between two letters, with Hugging
// Face's. See testdata/make_categories.py.
func TestCharacters(t *testing.T) {
	var want map[string]string
	readJSON(t, "characters.json", &want)
	for name, digest := range want {
		kind, config := name, ""
		switch name {
		case "BertNormalizer cased":
			kind, config = "BertNormalizer", `,"lowercase":false`
		case "BertNormalizer accents":
			kind, config = "BertNormalizer", `,"strip_accents":false`
		case "Digits":
			config = `,"individual_digits":true`
		}
		n := node{file: name, raw: []byte(`{"type":"` + kind + `"` + config + `}`)}
		through := func(p piece) string { return "" }
		if norm, err := component(n, normalizers()); err == nil {
			through = func(p piece) string { return norm.normalize(p).text }
		} else if pre, err := component(n, preTokenizers()); err == nil {
			through = func(p piece) string {
				var words []string
				pre.split(p, func(p piece) { words = append(words, p.text) })
				return strings.Join(words, "|")
			}
		} else {
			t.Fatal(err)
		}
		h := sha256.New()
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if 0xd800 <= r && r < 0xe000 || 0x20000 <= r && r < 0x2f800 || 0x2fb00 <= r && r < 0xe0000 || 0xe0200 <= r {
				continue
			}
			h.Write([]byte(through(source("a"+string(r)+"b", r%2 == 0)) + "\n"))
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != digest {
			t.Errorf("%s: digest %s, want %s", name, got, digest)
		}
	}
}

package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// TestPlainText writes every special and marker token into plain text and
// expects none to come out.
func TestPlainText(t *testing.T) {
	for _, family := range families {
		k := load(t, family)
		for i := range k.added {
			a := &k.added[i]
			for _, text := range []string{a.Content, "x" + a.Content + "y", " " + a.Content + "\n", strings.Repeat(a.Content, 3)} {
				for _, id := range k.Append(nil, text) {
					b := k.byID[id]
					if b != nil && !b.plain() && !isUnknownName(b.Content) {
						t.Errorf("%s: %q gave %q", family, text, b.Content)
					}
				}
			}
			id, ok := k.Special(a.Content)
			if !ok || id != a.ID {
				t.Errorf("%s: Special(%q) is %d, %t", family, a.Content, id, ok)
			}
		}
	}
}

// TestPlainTextOfModel uses vocabularies that spell special tokens themselves.
func TestPlainTextOfModel(t *testing.T) {
	const file = `{"added_tokens": [
		{"id": 5, "content": "abc", "special": true, "normalized": false},
		{"id": 6, "content": "!", "special": true, "normalized": false},
		{"id": 7, "content": "<|end|>", "special": true, "normalized": false},
		{"id": 8, "content": "[X]", "special": false, "normalized": false},
		{"id": 9, "content": "  ", "special": false, "normalized": false}],
		"model": {"type": "BPE", "unk_token": "<|end|>", "ignore_merges": true,
		"vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "bc": 4, "abc": 5, "!": 6, "<|end|>": 7},
		"merges": ["a b", "ab c", "b c"]}}`
	k, err := Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][2][]int32{ // plain, encoded
		"abc":     {{3, 2}, {5}},
		"aabcc":   {{0, 3, 2, 2}, {0, 5, 2}},
		"a!b":     {{3}, {0, 6, 1}}, // what cannot be spelled is dropped
		"ax":      {{0}, {0, 7}},
		"a[X]b":   {{3}, {0, 8, 1}},
		"a  b":    {{0, 9, 1}, {0, 9, 1}},
		"<|end|>": {nil, {7}},
	} {
		for range 2 { // the second time from the cache
			if got := k.Append(nil, text); !slices.Equal(got, want[0]) {
				t.Errorf("Append %q: got %v, want %v", text, got, want[0])
			}
			if got := k.Encode(text, false).IDs; !slices.Equal(got, want[1]) {
				t.Errorf("Encode %q: got %v, want %v", text, got, want[1])
			}
		}
	}
}

// TestStream decodes id by id and expects the text that Decode gives, never cut
// inside a character.
func TestStream(t *testing.T) {
	var texts []testText
	readJSON(t, "texts.json", &texts)
	for _, family := range families {
		k := load(t, family)
		for _, x := range texts {
			ids := k.Encode(x.input(t), true).IDs
			for _, skip := range []bool{false, true} {
				d := k.NewDecoder(skip)
				var got strings.Builder
				for range 2 { // the decoder starts over after Flush
					got.Reset()
					for _, id := range ids {
						s := d.Next(id)
						if !utf8.ValidString(s) {
							t.Fatalf("%s: %q: part %q", family, x.Text, s)
						}
						got.WriteString(s)
					}
					got.WriteString(d.Flush())
				}
				if want := k.Decode(ids, skip); got.String() != want {
					t.Errorf("%s: %q: got %q, want %q", family, x.Text, got.String(), want)
				}
			}
		}
	}
}

func TestStreamUnfinished(t *testing.T) {
	k := load(t, "gpt2")
	var ids []int32
	for _, b := range []byte("a\xf0\x9f\x98") {
		id, ok := k.ID(string(byteChars[b]))
		if !ok {
			t.Fatalf("no token for byte %x", b)
		}
		ids = append(ids, id)
	}
	d := k.NewDecoder(false)
	got := []string{}
	for _, id := range ids {
		got = append(got, d.Next(id))
	}
	got = append(got, d.Flush(), d.Flush())
	if want := []string{"a", "", "", "", "\ufffd", ""}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestVocabulary(t *testing.T) {
	k := load(t, "qwen2")
	if n := k.Len(); n != 700+7 {
		t.Errorf("Len is %d", n)
	}
	id, ok := k.ID("Ġthe")
	if !ok || k.Token(id) != "Ġthe" || string(k.Bytes(id)) != " the" || k.IsSpecial(id) {
		t.Errorf("Ġthe: id %d, %t, token %q, bytes %q", id, ok, k.Token(id), k.Bytes(id))
	}
	end, ok := k.Special("<|im_end|>")
	if !ok || !k.IsSpecial(end) || string(k.Bytes(end)) != "<|im_end|>" {
		t.Errorf("<|im_end|>: id %d, %t, bytes %q", end, ok, k.Bytes(end))
	}
	if think, ok := k.Special("<think>"); !ok || k.IsSpecial(think) {
		t.Errorf("<think>: %t, special %t", ok, k.IsSpecial(think))
	}
	if _, ok := k.Special("Ġthe"); ok {
		t.Error("Ġthe is no added token")
	}
	for _, id := range []int32{-1, int32(k.Len()), 1 << 30} {
		if k.Bytes(id) != nil || k.Token(id) != "" || k.IsSpecial(id) || k.Decode([]int32{id}, false) != "" {
			t.Errorf("id %d exists", id)
		}
	}
}

// TestConcurrent encodes the same texts from several goroutines through one
// cache.
func TestConcurrent(t *testing.T) {
	k := load(t, "llama3")
	lines := corpus(t)
	want := make([][]int32, len(lines))
	for i, s := range lines {
		want[i] = load(t, "llama3").Append(nil, s)
		if i == 20 {
			lines = lines[:i+1]
			break
		}
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 0))
			for range 300 {
				i := r.IntN(len(lines))
				if got := k.Append(nil, lines[i]); !slices.Equal(got, want[i]) {
					t.Errorf("%q: got %v, want %v", lines[i], got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

// TestLongWord holds the heap for long words to the search for short ones.
func TestLongWord(t *testing.T) {
	m := load(t, "gpt2").model.(*bpe)
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s := ""
		for len(s) < 40+r.IntN(shortWord-60) {
			s += []string{"a", "公司", "the", " ", "ing", "增长", "=", "aa"}[r.IntN(8)]
		}
		for _, ban := range []bool{false, true} {
			short := m.bytes(nil, s)
			long := slices.Clone(short)
			short = short[:m.join(short, s, ban)]
			long = long[:m.joinLong(long, ban)]
			if !slices.Equal(short, long) {
				t.Fatalf("%q: %v and %v", s, short, long)
			}
		}
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"Hello, 世界! 😀", "a\xff\xfeb", "<|im_start|>user", " \n\n\t x", "e\u0301\u0323", strings.Repeat("a", 300)} {
		f.Add(s)
	}
	var all []*Tokenizer
	lossless := map[string]bool{"gpt2": true, "smollm": true, "llama3": true, "deepseek": true, "gpt4o": true, "possessive": true, "falcon": true}
	for _, family := range families {
		all = append(all, load(f, family))
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i, k := range all {
			ids := k.Append(nil, s)
			for _, id := range ids {
				if id < 0 || int(id) >= k.Len() {
					t.Fatalf("%s: id %d of %d", families[i], id, k.Len())
				}
				if b := k.byID[id]; b != nil && !b.plain() && !isUnknownName(b.Content) {
					t.Fatalf("%s: %q gave %q", families[i], s, b.Content)
				}
			}
			if lossless[families[i]] {
				if got, want := k.Decode(ids, false), lossy([]byte(s)); got != want {
					t.Fatalf("%s: %q came back as %q", families[i], s, got)
				}
			}
			e := k.Encode(s, true)
			if len(e.IDs) != len(e.Offsets) {
				t.Fatalf("%s: %d ids, %d offsets", families[i], len(e.IDs), len(e.Offsets))
			}
			for _, o := range e.Offsets {
				if o[0] < 0 || o[0] > o[1] || o[1] > len(s) {
					t.Fatalf("%s: %q: range %v", families[i], s, o)
				}
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	text := strings.Join(corpus(b), "\n")
	for _, family := range []string{"gpt2", "llama3", "qwen2", "llama2", "deepseek"} {
		b.Run(family, func(b *testing.B) {
			k := load(b, family)
			b.SetBytes(int64(len(text)))
			var ids []int32
			for b.Loop() {
				ids = k.Append(ids[:0], text)
			}
		})
	}
}

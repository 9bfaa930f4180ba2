package tokenizer

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func corpus(t testing.TB) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(b), "\n")
}

// TestTrainLikeHuggingFace trains on the texts that testdata/qwen2.json was
// trained on and expects its vocabulary and merges.
func TestTrainLikeHuggingFace(t *testing.T) {
	want := load(t, "qwen2").model.(*bpe)
	size := len(want.words)
	k, err := Train(slices.Values(corpus(t)), size, nil, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := k.model.(*bpe)
	if !slices.Equal(got.words, want.words) {
		t.Errorf("vocabulary differs:\n got %q\nwant %q", got.words[250:], want.words[250:])
	}
	if !reflect.DeepEqual(merges(got), merges(want)) {
		t.Error("merges differ")
	}
}

func merges(m *bpe) map[uint64]merge {
	all := map[uint64]merge{}
	for rank, p := range m.pairs.byRank {
		if p.key != noPair {
			all[p.key] = merge{int32(rank), p.id}
		}
	}
	return all
}

var update = flag.Bool("update", false, "write testdata/trained.json")

// TestTrained holds Train and Save to testdata/trained.json, which Hugging Face
// reads (TestHuggingFace).
func TestTrained(t *testing.T) {
	k, err := Train(slices.Values(corpus(t)), 600, []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := k.Save(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/trained.json", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/trained.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("differs from testdata/trained.json")
	}
}

func TestTrainOptions(t *testing.T) {
	texts := slices.Values(corpus(t))
	special := []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}
	var seen []int
	k, err := Train(texts, 300, special, TrainOptions{Progress: func(n, of int) {
		if of != 300 {
			t.Fatalf("progress of %d", of)
		}
		seen = append(seen, n)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if k.Len() != 300 || len(seen) != 300-256-3 || seen[len(seen)-1] != 300 {
		t.Errorf("%d tokens after %d steps", k.Len(), len(seen))
	}
	for i, s := range special {
		if id, ok := k.Special(s); !ok || id != int32(i) || !k.IsSpecial(id) {
			t.Errorf("%s: id %d, %t", s, id, ok)
		}
	}
	for _, s := range []string{"公司增长 20%\r\n", "\x00 any <|im_end|> text 😀"} {
		if got := k.Decode(k.Append(nil, s), false); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
	rare, err := Train(texts, 5000, nil, TrainOptions{MinFrequency: 30})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Train(texts, 5000, nil, TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if rare.Len() >= all.Len() || rare.Len() <= 256 {
		t.Errorf("%d tokens of at least 30 occurrences, %d of any", rare.Len(), all.Len())
	}
	chars, err := Train(texts, 5000, nil, TrainOptions{Pattern: "(?s)."})
	if err == nil {
		t.Error("(?s) is not of Ruby, but was accepted")
	}
	chars, err = Train(texts, 5000, nil, TrainOptions{Pattern: "(?m)."})
	if err != nil {
		t.Fatal(err)
	}
	if got := chars.Append(nil, "公司公司"); len(got) != 4 {
		t.Errorf("four characters are %d tokens", len(got))
	}
}

func TestTrainErrors(t *testing.T) {
	for want, f := range map[string]func() (*Tokenizer, error){
		"vocabulary size 255": func() (*Tokenizer, error) { return Train(slices.Values([]string{}), 255, nil, TrainOptions{}) },
		"named twice": func() (*Tokenizer, error) {
			return Train(slices.Values([]string{}), 999, []string{"<a>", "<a>"}, TrainOptions{})
		},
		"two characters": func() (*Tokenizer, error) {
			return Train(slices.Values([]string{}), 999, []string{"a"}, TrainOptions{})
		},
		"unmatched )": func() (*Tokenizer, error) {
			return Train(slices.Values([]string{}), 999, nil, TrainOptions{Pattern: "a)"})
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// TestSave reads back what Save writes and expects the same tokenizer.
func TestSave(t *testing.T) {
	var texts []testText
	readJSON(t, "texts.json", &texts)
	for _, family := range families {
		k := load(t, family)
		var b bytes.Buffer
		if err := k.Save(&b); err != nil {
			t.Fatal(err)
		}
		back, err := Parse(b.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if !slices.Equal(k.words, back.words) {
			t.Errorf("%s: vocabulary changed", family)
		}
		if m, ok := k.model.(*bpe); ok && !maps.Equal(merges(m), merges(back.model.(*bpe))) {
			t.Errorf("%s: merges changed", family)
		}
		for _, x := range texts {
			in := x.input(t)
			if got, want := back.Encode(in, true), k.Encode(in, true); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %q: got %v, want %v", family, in, got, want)
			}
		}
	}
}

package tokenizer

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// TestTrie: every key is found with its value, and nothing else is.
func TestTrie(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, count := range []int{0, 1, 5, 300, 5000} {
		keys := map[string]int32{}
		for len(keys) < count {
			b := make([]byte, r.IntN(8))
			for i := range b {
				b[i] = byte(r.IntN(1 + r.IntN(256)))
			}
			keys[string(b)] = int32(len(keys))
		}
		trie := newTrie(keys)
		value := func(s string) int32 {
			node := int32(0)
			for i := range len(s) {
				next := trie.units[node].base&^endsHere ^ int32(s[i])
				if trie.units[next].check != node {
					return -1
				}
				node = next
			}
			if trie.units[node].base&endsHere == 0 {
				return -1
			}
			return trie.value[node]
		}
		for k, want := range keys {
			if got := value(k); got != want {
				t.Fatalf("%d keys: %q has %d, expected %d", count, k, got, want)
			}
			for _, other := range []string{k + "a", k + "\x00", "\xff" + k} {
				want, ok := keys[other]
				if !ok {
					want = -1
				}
				if got := value(other); got != want {
					t.Fatalf("%d keys: %q has %d, expected %d", count, other, got, want)
				}
			}
		}
	}
}

// TestSeams: cut or whole, a text has the same tokens.
func TestSeams(t *testing.T) {
	data, err := os.ReadFile("testdata/bpe.model")
	if err != nil {
		t.Fatal(err)
	}
	cut, err := FromSentencePiece(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := FromSentencePiece(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	words := 0
	seams := cut.model.(*bpe).seams
	whole.model.(*bpe).seams = nil
	var texts []testText
	readJSON(t, "texts.json", &texts)
	for _, text := range texts {
		w := text.input(t)
		seams.cut(w, func(int, int) { words++ })
		a, b := cut.Encode(w, false), whole.Encode(w, false)
		if !slices.Equal(a.IDs, b.IDs) || !slices.Equal(a.Offsets, b.Offsets) {
			t.Fatalf("%q: cut %v, whole %v", w, a.IDs, b.IDs)
		}
		if !slices.Equal(cut.Append(nil, w), whole.Append(nil, w)) {
			t.Fatalf("%q: cut %v, whole %v", w, cut.Append(nil, w), whole.Append(nil, w))
		}
	}
	if words < 1000 {
		t.Errorf("%d words: the texts are not cut", words)
	}
}

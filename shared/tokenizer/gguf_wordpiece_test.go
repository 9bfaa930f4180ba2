package tokenizer

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestGGUFWordPiece tells BERT's vocabulary as a GGUF file does and finds the ids that its tokenizer.json gives.
func TestGGUFWordPiece(t *testing.T) {
	data, err := os.ReadFile("../engine/testdata/sentence/plain/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	g := GGUF{Model: "bert"}
	for id := range want.Len() {
		w, kind := want.Token(int32(id)), int32(ggufNormal)
		if rest, ok := strings.CutPrefix(w, "##"); ok {
			w = rest
		} else if want.IsSpecial(int32(id)) {
			kind = ggufControl
		} else {
			w = "▁" + w
		}
		g.Tokens, g.Types = append(g.Tokens, w), append(g.Types, kind)
	}
	got, err := FromGGUF(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Profit ROSE sharply, unexpectedly.", "利润增长", "", "café 🙂 [SEP]", "the [MASK] bank"} {
		if a, b := got.Encode(text, true).IDs, want.Encode(text, true).IDs; !slices.Equal(a, b) {
			t.Errorf("%q: ids %v, expected %v", text, a, b)
		}
	}
	if id, ok := got.ID("##ly"); !ok || got.Token(id) != "##ly" {
		t.Errorf("##ly has the id %d (%v)", id, ok)
	}

	cased := g
	cased.Tokens = slices.Clone(g.Tokens)
	cased.Tokens[slices.Index(g.Tokens, "▁profit")] = "▁Profit"
	c, err := FromGGUF(cased)
	if err != nil {
		t.Fatal(err)
	}
	upper, lower := c.Encode("Profit", false).IDs, c.Encode("profit", false).IDs
	if reflect.DeepEqual(upper, lower) {
		t.Errorf("a vocabulary with capitals: %v for both cases", upper)
	}
	for _, missing := range []string{"[CLS]", "[SEP]", "[UNK]"} {
		bad := g
		bad.Tokens = slices.Clone(g.Tokens)
		bad.Tokens[slices.Index(g.Tokens, missing)] = "[X]"
		if _, err := FromGGUF(bad); err == nil || !strings.Contains(err.Error(), "has no "+missing) {
			t.Errorf("without %s: error %v", missing, err)
		}
	}
}

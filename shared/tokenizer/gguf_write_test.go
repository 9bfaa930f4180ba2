package tokenizer

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestGGUFBothWays: what GGUF tells, FromGGUF makes the same tokenizer of.
func TestGGUFBothWays(t *testing.T) {
	data, err := os.ReadFile("testdata/texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts []struct{ Text string }
	if err := json.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, pre, fault string }{
		{"gpt2", "gpt-2", ""},
		{"smollm", "smollm", ""},
		{"llama3", "llama-bpe", ""},
		{"qwen2", "qwen2", ""},
		{"trained", "qwen2", ""},
		{"llama2", "", "391 merges, and its tokens can be joined in 395 ways"}, // trained as BPE, not by SentencePiece
		{"gpt4o", "gpt-4o", ""},
		{"deepseek", "", "no tokenizer.ggml.pre splits words as this one does"},
		{"metaspace", "", "only BPE of bytes, or with a fallback to bytes"},
		{"bert", "", "only BPE is written"},
	} {
		data, err := os.ReadFile("testdata/" + c.file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		tok, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		g, err := tok.GGUF()
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: error %v, expected %q", c.file, err, c.fault)
			}
			continue
		}
		if err != nil || g.Pre != c.pre {
			t.Errorf("%s: pre %q, error %v, expected %q", c.file, g.Pre, err, c.pre)
			continue
		}
		again, err := FromGGUF(g)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		for _, row := range texts {
			text := row.Text
			for _, special := range []bool{false, true} {
				want, got := tok.Encode(text, special).IDs, again.Encode(text, special).IDs
				if !slices.Equal(got, want) {
					t.Errorf("%s: %.40q (special %t): got %v, expected %v", c.file, text, special, got, want)
				}
			}
		}
	}
}

// TestSentencePieceBothWays: what a GGUF file of SentencePiece's says is what is written of the tokenizer read from it.
func TestSentencePieceBothWays(t *testing.T) {
	var want struct {
		Tokens []string
		Scores []float32
		Types  []int32
		Texts  []struct {
			Text string
			IDs  []int32
		}
	}
	readJSON(t, "spm.json", &want)
	for _, prefix := range []bool{false, true} {
		first, err := FromGGUF(GGUF{Model: "llama", Tokens: want.Tokens, Scores: want.Scores, Types: want.Types, SpacePrefix: prefix, AddBOS: true, BOS: 1})
		if err != nil {
			t.Fatal(err)
		}
		g, err := first.GGUF()
		if err != nil {
			t.Fatal(err)
		}
		if g.Model != "llama" || g.SpacePrefix != prefix || !g.AddBOS || g.BOS != 1 || g.AddEOS || !slices.Equal(g.Tokens, want.Tokens) || !slices.Equal(g.Types, want.Types) {
			t.Errorf("space prefix %t: written as %q %t %t %d %t, types %v", prefix, g.Model, g.SpacePrefix, g.AddBOS, g.BOS, g.AddEOS, g.Types)
		}
		again, err := FromGGUF(g)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range want.Texts {
			got := again.Append(nil, x.Text)
			if !slices.Equal(got, first.Append(nil, x.Text)) || prefix && !slices.Equal(got, x.IDs) {
				t.Errorf("space prefix %t: %q: got %v, expected %v", prefix, x.Text, got, x.IDs)
			}
		}
	}
}

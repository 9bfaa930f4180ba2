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
		{"llama2", "", "only byte-level BPE"},
		{"gpt4o", "", "no tokenizer.ggml.pre splits words as this one does"},
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

package tokenizer

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// ggufOf turns a tokenizer into what a GGUF file would say of it.
func ggufOf(k *Tokenizer, pre string) GGUF {
	g := GGUF{Model: "gpt2", Pre: pre, Tokens: slices.Clone(k.words), Types: make([]int32, k.Len())}
	for i := range g.Types {
		g.Types[i] = 1
	}
	for _, a := range k.added {
		g.Types[a.ID] = ggufUserDefined
		if a.Special {
			g.Types[a.ID] = ggufControl
		}
	}
	m := k.model.(*bpe)
	for _, p := range m.pairs.byRank {
		g.Merges = append(g.Merges, m.words[p.key>>32]+" "+m.words[uint32(p.key)])
	}
	return g
}

// TestFromGGUF expects the tokenizer of a GGUF file to encode like the
// tokenizer.json that it was converted from.
func TestFromGGUF(t *testing.T) {
	var texts []testText
	readJSON(t, "texts.json", &texts)
	for family, pre := range map[string]string{"gpt2": "gpt-2", "smollm": "smollm", "llama3": "llama-bpe", "qwen2": "qwen2"} {
		want := load(t, family)
		g := ggufOf(want, pre)
		if bos, ok := want.Special("<|begin_of_text|>"); ok {
			g.AddBOS, g.BOS = true, bos
		}
		got, err := FromGGUF(g)
		if err != nil {
			t.Fatalf("%s: %v", family, err)
		}
		if got.Len() != want.Len() {
			t.Errorf("%s: %d tokens, want %d", family, got.Len(), want.Len())
		}
		for _, x := range texts {
			in := x.input(t)
			if a, b := got.Encode(in, true), want.Encode(in, true); !reflect.DeepEqual(a, b) {
				t.Errorf("%s: %q: got %v, want %v", family, in, a, b)
			}
			ids := want.Append(nil, in)
			if a := got.Append(nil, in); !slices.Equal(a, ids) {
				t.Errorf("%s: plain %q: got %v, want %v", family, in, a, ids)
			}
			if a, b := got.Decode(ids, true), want.Decode(ids, true); a != b {
				t.Errorf("%s: decoded %q, want %q", family, a, b)
			}
		}
	}
}

func TestFromGGUFTemplate(t *testing.T) {
	g := GGUF{Model: "gpt2", Pre: "gpt-2", Tokens: []string{"<s>", "</s>", "a", "[PAD]", "[PAD]"}, Types: []int32{3, 3, 1, 5, 5},
		AddBOS: true, BOS: 0, AddEOS: true, EOS: 1}
	k, err := FromGGUF(g)
	if err != nil {
		t.Fatal(err)
	}
	if e := k.Encode("aa", true); !slices.Equal(e.IDs, []int32{0, 2, 2, 1}) {
		t.Errorf("got %v", e.IDs)
	}
	if e := k.Encode("aa", false); !slices.Equal(e.IDs, []int32{2, 2}) {
		t.Errorf("without: got %v", e.IDs)
	}
	if k.Len() != 5 {
		t.Errorf("Len is %d", k.Len())
	}
}

func TestFromGGUFErrors(t *testing.T) {
	good := GGUF{Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a", "b", "ab"}, Merges: []string{"a b"}}
	if _, err := FromGGUF(good); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*GGUF){
		`tokenizer.ggml.model: unknown "rwkv"`:                   func(g *GGUF) { g.Model = "rwkv" },
		`tokenizer.ggml.pre: unknown "x", expected one of gpt-2`: func(g *GGUF) { g.Pre = "x" },
		"tokenizer.ggml.tokens: has 0 tokens":                    func(g *GGUF) { g.Tokens = nil },
		"tokenizer.ggml.token_type: has 1 entries for 3 tokens":  func(g *GGUF) { g.Types = []int32{1} },
		`tokenizer.ggml.merges[0]: "c" is not in the vocabulary`: func(g *GGUF) { g.Merges = []string{"a c"} },
		`tokenizer.ggml.merges[1]: expected two tokens`:          func(g *GGUF) { g.Merges = []string{"a b", "ab"} },
		"tokenizer.ggml.bos_token_id: id 3, expected 0 to 2":     func(g *GGUF) { g.AddBOS, g.BOS = true, 3 },
		"tokenizer.ggml.eos_token_id: id -1, expected 0 to 2":    func(g *GGUF) { g.AddEOS, g.EOS = true, -1 },
	} {
		g := good
		change(&g)
		if _, err := FromGGUF(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// TestFromGGUFSentencePiece compares with SentencePiece itself.
func TestFromGGUFSentencePiece(t *testing.T) {
	var want struct {
		Tokens []string
		Scores []float32
		Types  []int32
		Texts  []struct {
			Text, Decoded string
			IDs           []int32
		}
	}
	readJSON(t, "spm.json", &want)
	g := GGUF{Model: "llama", Tokens: want.Tokens, Scores: want.Scores, Types: want.Types, SpacePrefix: true, AddBOS: true, BOS: 1}
	k, err := FromGGUF(g)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range want.Texts {
		if got := k.Append(nil, x.Text); !slices.Equal(got, x.IDs) {
			t.Errorf("%q: got %v, want %v", x.Text, got, x.IDs)
		}
		if got := k.Decode(x.IDs, true); got != x.Decoded {
			t.Errorf("%q: decoded %q, want %q", x.Text, got, x.Decoded)
		}
		if e := k.Encode(x.Text, true); len(e.IDs) == 0 || e.IDs[0] != 1 {
			t.Errorf("%q: no BOS: %v", x.Text, e.IDs)
		}
	}
	g.Scores = g.Scores[1:]
	if _, err := FromGGUF(g); err == nil || !strings.Contains(err.Error(), "tokenizer.ggml.scores: has 599 entries for 600 tokens") {
		t.Errorf("got %v", err)
	}
}

// TestGGUFUnknown: what a vocabulary has no byte for is tokenizer.ggml.unknown_token_id, and nothing in plain text, where
// the token is special.
func TestGGUFUnknown(t *testing.T) {
	g := ggufOf(load(t, "gpt2"), "gpt-2")
	at := slices.Index(g.Tokens, "Ą") // the byte 4
	special := int32(slices.Index(g.Types, ggufControl))
	if at < 0 || special < 0 {
		t.Fatal("the fixture has no byte 4 or no special token")
	}
	g.Tokens[at] = "no byte"
	for _, c := range []struct {
		unknown        *int32
		encoded, plain int
	}{{nil, 0, 0}, {&special, 1, 0}} {
		g.Unknown = c.unknown
		tok, err := FromGGUF(g)
		if err != nil {
			t.Fatal(err)
		}
		bare := len(tok.Append(nil, "a"))
		if got := tok.Encode("a\x04", false).IDs; len(got) != bare+c.encoded || c.encoded > 0 && got[bare] != special {
			t.Errorf("unknown %v: encoded as %v", c.unknown, got)
		}
		if got := tok.Append(nil, "a\x04"); len(got) != bare+c.plain {
			t.Errorf("unknown %v: plain text is %v", c.unknown, got)
		}
		again, err := tok.GGUF()
		if err != nil || (again.Unknown == nil) != (c.unknown == nil) {
			t.Errorf("unknown %v: written as %v, error %v", c.unknown, again.Unknown, err)
		}
	}
	wrong := int32(len(g.Tokens))
	g.Unknown = &wrong
	if _, err := FromGGUF(g); err == nil || !strings.Contains(err.Error(), "unknown_token_id") {
		t.Errorf("unknown token out of range: error %v", err)
	}
}

// TestGGUFRunsOfSpaces: a token of spaces, as llama.cpp's converter writes ▁▁ of Gemma, also stands for ▁ in a text.
func TestGGUFRunsOfSpaces(t *testing.T) {
	g := GGUF{Model: "llama", Tokens: []string{"<unk>", "  ", "   ", "▁", "a"}, Types: []int32{ggufUnknown, ggufUserDefined, ggufUserDefined, ggufNormal, ggufNormal},
		Scores: []float32{0, 0, 0, -1, -2}}
	tok, err := FromGGUF(g)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int32{"a  a": {4, 1, 4}, "a ▁a": {4, 1, 4}, "a▁▁▁a": {4, 2, 4}, " a": {3, 4}, "▁    ": {2, 1}} {
		if got := tok.Append(nil, text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, expected %v", text, got, want)
		}
		if got := tok.Encode(text, false).IDs; !slices.Equal(got, want) {
			t.Errorf("%q: encoded as %v, expected %v", text, got, want)
		}
	}
}

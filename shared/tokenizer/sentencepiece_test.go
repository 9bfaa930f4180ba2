package tokenizer

import (
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSentencePiece compares ids and texts with SentencePiece's own, for files it has trained. See testdata/make_model.py.
func TestSentencePiece(t *testing.T) {
	var want map[string][]struct {
		Text    string
		IDs     []int32
		Decoded string
	}
	readJSON(t, "models.json", &want)
	for _, name := range []string{"bpe", "unigram", "rules"} {
		data, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			t.Fatal(err)
		}
		tok, err := FromSentencePiece(data, []byte(`{"add_bos_token":false}`))
		if err != nil {
			t.Fatal(err)
		}
		if len(want[name]) < 100 {
			t.Fatalf("%s: %d texts, expected 100 or more", name, len(want[name]))
		}
		for _, w := range want[name] {
			// SentencePiece reads the spelling of a control piece as text, as Append does and Encode does not.
			if got := tok.Append(nil, w.Text); !slices.Equal(got, w.IDs) {
				t.Errorf("%s: %q: got %v, expected %v", name, w.Text, got, w.IDs)
			}
			if got := tok.Encode(w.Text, true); !strings.Contains(w.Text, "<") {
				if !slices.Equal(got.IDs, w.IDs) {
					t.Errorf("%s: %q: with offsets got %v, expected %v", name, w.Text, got.IDs, w.IDs)
				}
				for i, o := range got.Offsets {
					if o[0] < 0 || o[0] > o[1] || o[1] > len(w.Text) || i > 0 && o[1] < got.Offsets[i-1][1] {
						t.Errorf("%s: %q: offsets %v", name, w.Text, got.Offsets)
						break
					}
				}
			}
			if !slices.Contains(w.IDs, 0) { // <unk> is spelled otherwise
				if got := tok.Decode(w.IDs, false); got != w.Decoded {
					t.Errorf("%s: %v: got %q, expected %q", name, w.IDs, got, w.Decoded)
				}
			}
		}
	}
}

// TestSentencePieceConfig: tokenizer_config.json says what goes around a text, and what was added.
func TestSentencePieceConfig(t *testing.T) {
	data, err := os.ReadFile("testdata/bpe.model")
	if err != nil {
		t.Fatal(err)
	}
	encode := func(config, text string) []int32 {
		t.Helper()
		var c []byte
		if config != "" {
			c = []byte(config)
		}
		tok, err := FromSentencePiece(data, c)
		if err != nil {
			t.Fatal(err)
		}
		return tok.Encode(text, true).IDs
	}
	bare := encode(`{"add_bos_token":false}`, "the")
	for config, want := range map[string][]int32{
		"":                       append([]int32{1}, bare...),
		`{}`:                     append([]int32{1}, bare...),
		`{"add_eos_token":true}`: append(append([]int32{1}, bare...), 2),
		`{"add_bos_token":true, "added_tokens_decoder":{"600":{"content":"<|x|>","special":true}}}`: append([]int32{1}, bare...),
	} {
		if got := encode(config, "the"); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, expected %v", config, got, want)
		}
	}
	if got := encode(`{"add_bos_token":false,"added_tokens_decoder":{"600":{"content":"<|x|>","special":true}}}`, "<|x|>"); !slices.Equal(got, []int32{600}) {
		t.Errorf("an added token is %v", got)
	}
	for config, want := range map[string]string{
		`{"tokenizer_class":"XLMRobertaTokenizer"}`:             "otherwise",
		`{"added_tokens_decoder":{"-1":{"content":"x"}}}`:       "id",
		`{"added_tokens_decoder":{"9999999999":{}}}`:            "id",
		`{"added_tokens_decoder":{"90000000":{"content":"x"}}}`: "id",
		`[`: "tokenizer_config.json",
	} {
		if _, err := FromSentencePiece(data, []byte(config)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, expected %q", config, err, want)
		}
	}
}

// piece is an entry of a tokenizer.model.
func pieceBytes(text string, score float32, kind byte) []byte {
	b := append([]byte{0x0a, byte(len(text))}, text...)
	b = binary.LittleEndian.AppendUint32(append(b, 0x15), math.Float32bits(score))
	b = append(b, 0x18, kind)
	return append([]byte{0x0a, byte(len(b))}, b...)
}

func TestSentencePieceErrors(t *testing.T) {
	good := append(pieceBytes("<unk>", 0, 2), pieceBytes("a", -1, 1)...)
	for name, data := range map[string][]byte{
		"empty":         {},
		"cut":           good[:len(good)-3],
		"long length":   {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"group":         {0x0b},
		"field 0":       {0x00, 0x00},
		"no score":      pieceBytes("a", float32(math.NaN()), 1),
		"not UTF-8":     pieceBytes("\xff", 0, 1),
		"another model": append(append([]byte{}, good...), 0x12, 2, 0x18, 4),
		"text":          []byte("version https://git-lfs.github.com/spec/v1"),
	} {
		if _, err := FromSentencePiece(data, nil); err == nil || !strings.Contains(err.Error(), "tokenizer.model") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

func FuzzSentencePiece(f *testing.F) {
	for _, name := range []string{"bpe", "unigram"} {
		data, err := os.ReadFile("testdata/" + name + ".model")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:200])
		f.Add(data[len(data)-200:])
	}
	f.Add(append(pieceBytes("<unk>", 0, 2), pieceBytes("a", -1, 1)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		tok, err := FromSentencePiece(data, []byte(`{"add_bos_token":false}`))
		if err != nil {
			return
		}
		for _, id := range tok.Append(nil, "a b\xffc 中") {
			if id < 0 || int(id) >= tok.Len() {
				t.Errorf("id %d of %d", id, tok.Len())
			}
		}
	})
}

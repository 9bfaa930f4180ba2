package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// minimal is a tokenizer.json with a place for one more field.
func minimal(field string) string {
	return `{"version":"1.0","model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}` + field + `}`
}

// TestParseErrors expects each bad file to be refused with the place named.
func TestParseErrors(t *testing.T) {
	bpe := func(fields string) string { return `{"model":{"type":"BPE",` + fields + `}}` }
	for _, c := range []struct{ file, want string }{
		{``, "tokenizer.json: top level: byte 0"},
		{`{"model"`, "tokenizer.json: top level: byte 8"},
		{`[]`, "top level: expected"},
		{`{}`, `"model" is missing`},
		{`{"version":"2.0","model":{}}`, `version: expected 1.0, got "2.0"`},
		{`{"model":5}`, "model: expected an object, got number"},
		{`{"model":{}}`, `model: "type" is missing`},
		{`{"model":{"type":"Foo"}}`, `model.type: unknown type "Foo", expected one of BPE`},
		{bpe(`"merges":[]`), "model.vocab: missing"},
		{bpe(`"vocab":{}`), "model.merges: missing"},
		{bpe(`"vocab":[],"merges":[]`), "model.vocab: expected an object, got array"},
		{bpe(`"vocab":{"a":"x"},"merges":[]`), "model.vocab"},
		{bpe(`"vocab":{"a":-1},"merges":[]`), `model.vocab: token "a" has id -1`},
		{bpe(`"vocab":{"a":99999999},"merges":[]`), `model.vocab: token "a" has id 99999999`},
		{bpe(`"vocab":{"a":99999999999},"merges":[]`), `model.vocab`},
		{bpe(`"vocab":{"a":1,"b":1},"merges":[]`), "have the same id 1"},
		{bpe(`"vocab":{"a":0},"merges":["a b"]`), `model.merges[0]: "b" is not in the vocabulary`},
		{bpe(`"vocab":{"a":0,"b":1},"merges":["a b"]`), `model.merges[0]: "ab" is not in the vocabulary`},
		{bpe(`"vocab":{"a":0},"merges":["a"]`), "model.merges[0]: expected two tokens"},
		{bpe(`"vocab":{"a":0},"merges":["a b c"]`), "model.merges[0]: expected two tokens"},
		{bpe(`"vocab":{"a":0},"merges":[["a","b","c"]]`), "model.merges[0]: expected two tokens, got 3"},
		{bpe(`"vocab":{"a":0},"merges":[5]`), "model.merges"},
		{bpe(`"vocab":{"a":0},"merges":{}`), "model.merges"},
		{bpe(`"vocab":{"a":0},"merges":[],"unk_token":"x"`), `model.unk_token: "x" is not in the vocabulary`},
		{bpe(`"vocab":{"a":0},"merges":[],"dropout":0.1`), "model.dropout: expected 0 or null, got 0.1"},
		{bpe(`"vocab":{"a":0},"merges":[],"byte_fallback":"yes"`), "model.byte_fallback: expected true or false, got string"},
		{`{"model":{"type":"WordPiece","vocab":{"a":0}}}`, `model.unk_token: "[UNK]" is not in the vocabulary`},
		{`{"model":{"type":"WordLevel"}}`, `model.vocab: missing`},
		{`{"model":{"type":"Unigram","vocab":[]}}`, `model.vocab: has 0 tokens`},
		{`{"model":{"type":"Unigram","vocab":[["a",0],["b"]]}}`, `model.vocab[1]: expected [token, score]`},
		{`{"model":{"type":"Unigram","vocab":[["a","b"]]}}`, `model.vocab[0][1]: expected a number, got string`},
		{`{"model":{"type":"Unigram","unk_id":1,"vocab":[["a",0]]}}`, `model.unk_id: 1, expected 0 to 0`},
		{minimal(`,"added_tokens":{}`), "added_tokens: expected an array"},
		{minimal(`,"added_tokens":[{"content":"x"}]`), `added_tokens[0]: id -1 of "x"`},
		{minimal(`,"added_tokens":[{"id":0,"content":"x"}]`), `added_tokens[0]: id 0 of "x" is that of "a"`},
		{minimal(`,"added_tokens":[{"id":4000000,"content":"x"}]`), `added_tokens[0]: id 4000000`},
		{minimal(`,"added_tokens":[{"id":3,"content":5}]`), `added_tokens[0].content: expected a string, got number`},
		{minimal(`,"normalizer":{"type":"Foo"}`), `normalizer.type: unknown type "Foo"`},
		{minimal(`,"normalizer":{"type":"Sequence"}`), `normalizer: "normalizers" is missing`},
		{minimal(`,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Bar"}]}`), `normalizer.normalizers[1].type: unknown type "Bar"`},
		{minimal(`,"normalizer":{"type":"Replace","content":"x"}`), `normalizer.pattern`},
		{minimal(`,"normalizer":{"type":"Replace","pattern":{"String":"x"}}`), `"content" is missing`},
		{minimal(`,"normalizer":{"type":"Prepend"}`), `"prepend" is missing`},
		{minimal(`,"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}`), `pre_tokenizer.pattern: pattern "("`},
		{minimal(`,"pre_tokenizer":{"type":"Split","pattern":{"Regex":"a"},"behavior":"Foo"}`), `pre_tokenizer.behavior: unknown behavior "Foo"`},
		{minimal(`,"pre_tokenizer":{"type":"Split"}`), `"pattern" or "behavior" is missing`},
		{minimal(`,"pre_tokenizer":{"type":"Metaspace","replacement":"ab"}`), `pre_tokenizer.replacement: expected one character`},
		{minimal(`,"pre_tokenizer":{"type":"Metaspace","replacement":"a","prepend_scheme":"x"}`), `pre_tokenizer.prepend_scheme`},
		{minimal(`,"pre_tokenizer":{"type":"CharDelimiterSplit","delimiter":""}`), `pre_tokenizer.delimiter`},
		{minimal(`,"pre_tokenizer":{"type":"Punctuation","behavior":"x"}`), `pre_tokenizer.behavior`},
		{minimal(`,"post_processor":{"type":"Foo"}`), `post_processor.type`},
		{minimal(`,"post_processor":{"type":"TemplateProcessing"}`), `post_processor.single: does not contain Sequence A`},
		{minimal(`,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}]}`), `post_processor.single[0]: "x" is not in special_tokens`},
		{minimal(`,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}}],"special_tokens":{"x":{"ids":[-4]}}}`), `post_processor.single: does not contain Sequence A`},
		{minimal(`,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{"x":{"ids":[-4]}}}`), `post_processor: adds id -4, expected 0 to 2`},
		{minimal(`,"post_processor":{"type":"Sequence","processors":[{"type":"BertProcessing","sep":["x",3],"cls":["y",1]},{"type":"ByteLevel"}]}`), `post_processor: adds id 3, expected 0 to 2`},
		{minimal(`,"post_processor":{"type":"BertProcessing","sep":["x"]}`), `post_processor.cls: expected [token, id]`},
		{minimal(`,"decoder":{"type":"Foo"}`), `decoder.type: unknown type "Foo"`},
		{minimal(`,"decoder":{"type":"Strip","content":"","start":1}`), `decoder: expected one character`},
		{minimal(`,"normalizer":` + strings.Repeat(`{"type":"Sequence","normalizers":[`, 40) + strings.Repeat(`]}`, 40)), "nested deeper than 16"},
	} {
		_, err := Parse([]byte(c.file))
		if err == nil {
			t.Errorf("%s: no error, want %q", c.file, c.want)
		} else if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "tokenizer.json: ") {
			t.Errorf("%s:\n got %v\nwant %s", c.file, err, c.want)
		}
	}
}

func TestParseMergeForms(t *testing.T) {
	for _, merges := range []string{`["#version: 0.2","a b","ab c d"]`, `[["a","b"],["ab","c d"]]`, "\n[ \n[\"a\", \"b\"] ,[\"ab\",\"c d\"]]"} {
		k, err := Parse([]byte(`{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"c d":3,"abc d":4},"merges":` + merges + `}}`))
		if strings.HasPrefix(merges, `["#`) {
			if err == nil || !strings.Contains(err.Error(), "model.merges[2]") {
				t.Errorf("%s: got %v", merges, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", merges, err)
		} else if got := k.Append(nil, "ab"); !slices.Equal(got, []int32{2}) {
			t.Errorf("%s: got %v", merges, got)
		}
	}
}

// TestHostilePattern holds back a pattern that backtracks without end.
func TestHostilePattern(t *testing.T) {
	defer func(old time.Duration) { matchTime = old }(matchTime)
	matchTime = 200 * time.Millisecond
	k, err := Parse([]byte(minimal(`,"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(a*)*\\1c"},"behavior":"Isolated","invert":false}`)))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(k.Append(nil, strings.Repeat("a", 60))); n != 60 {
		t.Errorf("%d tokens", n)
	}
}

func FuzzParse(f *testing.F) {
	matchTime = 20 * time.Millisecond
	f.Add(`{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":4,"content":"<|x|>","special":true,"normalized":false}],"normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}|[^a]+(?!\\S)"},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|x|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<|x|>":{"id":"<|x|>","ids":[4],"tokens":["<|x|>"]}}},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"b":1,"ab":2,"Ġab":3,"Ġ":5},"merges":[["a","b"],["Ġ","ab"]]}}`)
	f.Add(`{"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["a",-1.5],["b",-2],["ab",-1],["<0xFF>",-9]]},"decoder":{"type":"Metaspace","replacement":"a"}}`)
	f.Add(`{"model":{"type":"WordPiece","unk_token":"u","vocab":{"u":0,"a":1,"##b":2,"##a":3}},"decoder":{"type":"WordPiece"},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}}`)
	f.Add(minimal(`,"added_tokens":[{"id":3,"content":"<x>","special":true,"lstrip":true,"rstrip":true}]`))
	f.Add(minimal(`,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"a|^"},"content":"b"},{"type":"Prepend","prepend":"b"}]}`))
	f.Add(minimal(`,"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"},{"type":"Metaspace","replacement":"b"}]}`))
	f.Add(minimal(`,"decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Strip","content":"a","start":1,"stop":1},{"type":"Fuse"}]}`))
	f.Add(minimal(`,"post_processor":{"type":"RobertaProcessing","sep":["a",0],"cls":["b",1]}`))
	f.Fuzz(func(t *testing.T, file string) {
		k, err := Parse([]byte(file))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "tokenizer.json: ") {
				t.Fatalf("error without place: %v", err)
			}
			return
		}
		for _, s := range []string{"", " ab a<x>b \xff公司 12", "aabb"} {
			e := k.Encode(s, true)
			for _, id := range append(e.IDs, k.Append(nil, s)...) {
				k.Bytes(id)
			}
			d := k.NewDecoder(true)
			for _, id := range e.IDs {
				d.Next(id)
			}
			d.Flush()
			k.Decode(e.IDs, false)
		}
	})
}

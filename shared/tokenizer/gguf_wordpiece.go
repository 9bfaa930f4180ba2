package tokenizer

import (
	"encoding/json"
	"fmt"
	"strings"
)

// wordPiece makes the tokenizer of BERT. GGUF marks the tokens that begin a word by ▁ and leaves ## off the others. It
// does not say whether text is lower-cased; a vocabulary without Latin capitals is one of lower-cased
// text. [CLS] and [SEP]
// stand around a text, whatever the file calls them.
func (g *GGUF) wordPiece() (*Tokenizer, error) {
	const prefix = "##"
	m := &wordPiece{words: make([]string, len(g.Tokens)), ids: map[string]int32{}, rest: map[string]int32{}, unk: -1,
		prefix: prefix, maxChars: 100, guard: newGuard(len(g.Tokens))}
	capitals := false
	for id, w := range g.Tokens {
		begins, ok := strings.CutPrefix(w, "▁")
		switch {
		case g.Types != nil && g.Types[id] != ggufNormal, strings.HasPrefix(w, "[") && strings.HasSuffix(w, "]"):
		case ok:
			w = begins
			capitals = capitals || strings.ContainsAny(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		default:
			m.rest[w], w = int32(id), prefix+w
		}
		m.words[id] = w
		if _, twice := m.ids[w]; !twice {
			m.ids[w] = int32(id)
		}
		m.longest = max(m.longest, len(w))
	}
	special := func(name string) (int32, error) {
		id, ok := m.ids[name]
		if !ok {
			return 0, fmt.Errorf("gguf: tokenizer.ggml.tokens: has no %s", name)
		}
		return id, nil
	}
	var err error
	if m.unk, err = special("[UNK]"); err != nil {
		return nil, err
	}
	around := *g
	around.AddBOS, around.AddEOS = true, true
	if around.BOS, err = special("[CLS]"); err != nil {
		return nil, err
	}
	if around.EOS, err = special("[SEP]"); err != nil {
		return nil, err
	}
	c := config{
		normalizer:   json.RawMessage(fmt.Sprintf(`{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":%v}`, !capitals)),
		preTokenizer: json.RawMessage(`{"type":"BertPreTokenizer"}`),
		decoder:      json.RawMessage(`{"type":"WordPiece","prefix":"##","cleanup":true}`),
	}
	if c.postProcessor, err = around.template(); err != nil {
		return nil, err
	}
	var added []addedToken
	for _, name := range []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"} {
		if id, ok := m.ids[name]; ok {
			added = append(added, addedToken{ID: id, Content: name, Special: true})
		}
	}
	return assemble(node{file: "gguf"}, m, added, c)
}

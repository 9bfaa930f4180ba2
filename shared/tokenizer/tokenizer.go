package tokenizer

import (
	"encoding/json"
)

// A Tokenizer turns text into ids and back. It does not change after it is made;
// all methods may be called by many goroutines at once.
type Tokenizer struct {
	model         model
	normalizer    normalizer // nil: none
	preTokenizer  preTokenizer
	postProcessor postProcessor
	decoder       decoder

	added   []addedToken
	byText  map[string]*addedToken
	byID    map[int32]*addedToken
	words   []string // every token by id, as the file spells it
	bytes   [][]byte // what each stands for in decoded text
	isByte  bool     // decoded text is the concatenation of bytes
	anyText finders  // all added tokens
	plain   finders  // those that are mere text

	config config
}

// finders finds added tokens before and after the text is normalized.
type finders struct{ before, after *finder }

// config is what Save writes back: the parts of the pipeline as they were read.
type config struct {
	normalizer, preTokenizer, postProcessor, decoder json.RawMessage
}

// Len returns the size of the vocabulary: one more than the largest id, so the
// number of rows that an embedding needs.
func (t *Tokenizer) Len() int { return len(t.words) }

// Special returns the id of an added token, such as <|im_start|>, by its text.
func (t *Tokenizer) Special(name string) (id int32, ok bool) {
	if a := t.byText[name]; a != nil {
		return a.ID, true
	}
	return 0, false
}

// IsSpecial tells whether the token is left out of text decoded for people.
func (t *Tokenizer) IsSpecial(id int32) bool {
	a := t.byID[id]
	return a != nil && a.Special
}

// ID returns the id of a token of the vocabulary, added ones included, as
// tokenizer.json spells it: "Ġthe" for " the" in byte-level vocabularies.
func (t *Tokenizer) ID(token string) (id int32, ok bool) {
	if a := t.byText[token]; a != nil {
		return a.ID, true
	}
	return t.model.id(token)
}

// Token returns a token as tokenizer.json spells it, "" for an id not in use.
func (t *Tokenizer) Token(id int32) string {
	if id < 0 || int(id) >= len(t.words) {
		return ""
	}
	return t.words[id]
}

// Bytes returns the bytes that the token adds to decoded text. They may end
// inside a character. An id not in use has none. The caller must not change them.
func (t *Tokenizer) Bytes(id int32) []byte {
	if id < 0 || int(id) >= len(t.bytes) {
		return nil
	}
	return t.bytes[id]
}

// assemble makes a tokenizer of a model and the parts of config. n names the
// file in errors.
func assemble(n node, m model, added []addedToken, c config) (*Tokenizer, error) {
	t := &Tokenizer{model: m, added: added, config: c}
	var err error
	if p := n.child("normalizer", c.normalizer); !p.null() {
		if t.normalizer, err = component(p, normalizers()); err != nil {
			return nil, err
		}
	}
	if p := n.child("pre_tokenizer", c.preTokenizer); !p.null() {
		if t.preTokenizer, err = component(p, preTokenizers()); err != nil {
			return nil, err
		}
		if b, ok := m.(*bpe); ok && b.takesBytes() && finishBytes(t.preTokenizer) {
			b.readBytes()
		}
	}
	if p := n.child("post_processor", c.postProcessor); !p.null() {
		if t.postProcessor, err = component(p, postProcessors()); err != nil {
			return nil, err
		}
	}
	if p := n.child("decoder", c.decoder); !p.null() {
		if t.decoder, err = component(p, decoders()); err != nil {
			return nil, err
		}
	}
	if err := t.index(n.child("added_tokens", nil)); err != nil {
		return nil, err
	}
	if t.postProcessor != nil {
		for _, id := range t.postProcessor.adds() {
			if id < 0 || int(id) >= t.Len() {
				return nil, n.child("post_processor", nil).errorf("adds id %d, expected 0 to %d", id, t.Len()-1)
			}
		}
	}
	return t, nil
}

// index fills the tables that follow from model and added tokens.
func (t *Tokenizer) index(n node) error {
	t.words = append([]string(nil), t.model.vocab()...)
	t.byText = make(map[string]*addedToken, len(t.added))
	t.byID = make(map[int32]*addedToken, len(t.added))
	special := map[int32]bool{}
	limit := idSlack + 4*(len(t.words)+len(t.added))
	var all, plain []*addedToken
	for i := range t.added {
		a := &t.added[i]
		if id, ok := t.model.id(a.Content); ok {
			a.ID = id
		}
		if int(a.ID) >= limit {
			return n.item(i, nil).errorf("id %d of %q, expected 0 to %d", a.ID, a.Content, limit-1)
		}
		for int(a.ID) >= len(t.words) {
			t.words = append(t.words, "")
		}
		if w := t.words[a.ID]; w != "" && w != a.Content {
			return n.item(i, nil).errorf("id %d of %q is that of %q", a.ID, a.Content, w)
		}
		t.words[a.ID] = a.Content
		if t.byText[a.Content] != nil { // named twice: the last counts
			t.byText[a.Content].Content = ""
		}
		t.byText[a.Content], t.byID[a.ID] = a, a
	}
	for i := range t.added {
		a := &t.added[i]
		if a.Content == "" {
			continue
		}
		all = append(all, a)
		if a.plain() {
			plain = append(plain, a)
		}
		if a.Special {
			special[a.ID] = true
		}
	}
	t.anyText, t.plain = t.find(all), t.find(plain)
	t.model.forbid(special)

	t.bytes = make([][]byte, len(t.words))
	for id, w := range t.words {
		if t.decoder != nil {
			w = t.decoder.bytes(w)
		}
		t.bytes[id] = []byte(w)
	}
	_, t.isByte = t.decoder.(byteLevelDecoder)
	return nil
}

// find makes the finders of tokens.
func (t *Tokenizer) find(tokens []*addedToken) finders {
	var before, after []*addedToken
	for _, a := range tokens {
		if a.Normalized {
			after = append(after, a)
		} else {
			before = append(before, a)
		}
	}
	return finders{
		newFinder(before, func(a *addedToken) string { return a.Content }),
		newFinder(after, func(a *addedToken) string {
			return t.normalize(source(a.Content, true)).text
		}),
	}
}

func (t *Tokenizer) normalize(p piece) piece {
	if t.normalizer == nil {
		return p
	}
	return t.normalizer.normalize(p)
}

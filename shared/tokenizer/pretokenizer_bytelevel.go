package tokenizer

import "strings"

// byteLevel splits text by the pattern of GPT-2 (with useRegex) and spells the
// words in the byte-level alphabet.
type byteLevel struct {
	prefixSpace bool
	useRegex    bool
	// last: nothing but the model comes after, see finishBytes.
	last bool
}

func parseByteLevel(n node) (preTokenizer, error) {
	c := struct {
		PrefixSpace bool `json:"add_prefix_space"`
		UseRegex    bool `json:"use_regex"`
	}{true, true}
	err := n.decode(&c)
	return &byteLevel{prefixSpace: c.PrefixSpace, useRegex: c.UseRegex}, err
}

func (b *byteLevel) split(p piece, emit func(piece)) {
	if b.prefixSpace && !strings.HasPrefix(p.text, " ") {
		p = p.prepend(" ")
	}
	word := func(p piece) {
		if b.last {
			p.raw = true
		} else {
			p = spellBytes(p)
		}
		emit(p)
	}
	switch {
	case b.useRegex:
		isolated.split(p, scanner(scanGPT2), false, word)
	case p.text != "":
		word(p)
	}
}

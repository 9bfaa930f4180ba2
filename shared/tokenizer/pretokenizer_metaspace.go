package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// metaspace replaces spaces by a visible sign (▁) and splits before each. It is a
// pre-tokenizer and, backwards, a decoder.
type metaspace struct {
	sign   string
	scheme string // when the sign is put before the text: "first", "never", "always"
	cut    bool
}

func parseMetaspaceParts(n node) (metaspace, error) {
	c := struct {
		Replacement string `json:"replacement"`
		Prefix      *bool  `json:"add_prefix_space"`
		Scheme      string `json:"prepend_scheme"`
		Split       bool   `json:"split"`
	}{"", nil, "always", true}
	if err := n.decode(&c); err != nil {
		return metaspace{}, err
	}
	if utf8.RuneCountInString(c.Replacement) != 1 {
		return metaspace{}, n.child("replacement", nil).errorf("expected one character, got %q", c.Replacement)
	}
	if c.Prefix != nil && !*c.Prefix {
		c.Scheme = "never"
	}
	switch c.Scheme {
	case "first", "never", "always":
	default:
		return metaspace{}, n.child("prepend_scheme", nil).errorf("expected first, never or always, got %q", c.Scheme)
	}
	return metaspace{c.Replacement, c.Scheme, c.Split}, nil
}

func parseMetaspace(n node) (preTokenizer, error) { return parseMetaspaceParts(n) }

func (m metaspace) split(p piece, emit func(piece)) {
	p = replace{literal(" "), m.sign}.normalize(p)
	if !strings.HasPrefix(p.text, m.sign) && (m.scheme == "always" || m.scheme == "first" && !p.inner) {
		p = p.prepend(m.sign)
	}
	switch {
	case m.cut:
		mergedWithNext.split(p, literal(m.sign), false, emit)
	case p.text != "":
		emit(p)
	}
}

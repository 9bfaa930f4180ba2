package tokenizer

import "encoding/json"

// replace puts a fixed text in the place of every match of a pattern. It is a
// normalizer and, on whole tokens, a decoder.
type replace struct {
	pattern matcher
	content string
}

func parseReplaceParts(n node) (replace, error) {
	var c struct {
		Pattern json.RawMessage `json:"pattern"`
		Content *string         `json:"content"`
	}
	if err := n.decode(&c); err != nil {
		return replace{}, err
	}
	if c.Content == nil {
		return replace{}, n.errorf(`"content" is missing`)
	}
	m, err := parsePattern(n.child("pattern", c.Pattern))
	return replace{m, *c.Content}, err
}

func parseReplace(n node) (normalizer, error) { return parseReplaceParts(n) }

func (x replace) normalize(p piece) piece {
	var matches []span
	x.pattern.each(p.text, func(start, end int) {
		matches = append(matches, span{start, end})
	})
	return p.replace(matches, x.content)
}

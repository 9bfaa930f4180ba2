package tokenizer

import "encoding/json"

// splitPattern splits text where a pattern matches, or with invert where it does
// not.
type splitPattern struct {
	pattern  matcher
	behavior behavior
	invert   bool
}

func parseSplit(n node) (preTokenizer, error) {
	var c struct {
		Pattern  json.RawMessage `json:"pattern"`
		Behavior *behavior       `json:"behavior"`
		Invert   bool            `json:"invert"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	if c.Pattern == nil || c.Behavior == nil {
		return nil, n.errorf(`"pattern" or "behavior" is missing`)
	}
	if !c.Behavior.valid() {
		return nil, n.child("behavior", nil).errorf("unknown behavior %q", *c.Behavior)
	}
	m, err := parsePattern(n.child("pattern", c.Pattern))
	return splitPattern{m, *c.Behavior, c.Invert}, err
}

func (s splitPattern) split(p piece, emit func(piece)) {
	s.behavior.split(p, s.pattern, s.invert, emit)
}

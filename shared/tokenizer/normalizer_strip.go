package tokenizer

import "unicode"

// strip removes white space at the ends of the text.
type strip struct{ left, right bool }

func parseStrip(n node) (normalizer, error) {
	c := struct {
		Left  bool `json:"strip_left"`
		Right bool `json:"strip_right"`
	}{}
	err := n.decode(&c)
	return strip{c.Left, c.Right}, err
}

func (s strip) normalize(p piece) piece {
	i, j := 0, len(p.text)
	for k, r := range p.text {
		if !unicode.IsSpace(r) {
			break
		}
		i = k + len(string(r))
	}
	if !s.left {
		i = 0
	}
	if s.right {
		for k, r := range p.text {
			if !unicode.IsSpace(r) {
				j = k + len(string(r))
			}
		}
		if i == len(p.text) || j < i {
			j = i
		}
	}
	q := p.slice(i, j)
	q.inner = p.inner // stripped space counts as nothing
	return q
}

// filter removes the characters that keep refuses.
func filter(p piece, keep func(rune) bool) piece {
	var changes []change
	skip := 0
	dropped := false
	for _, r := range p.text {
		switch {
		case keep(r):
			changes = append(changes, change{r, 0})
		case len(changes) == 0:
			skip++
			dropped = true
		default:
			changes[len(changes)-1].n--
			dropped = true
		}
	}
	if !dropped {
		return p
	}
	return p.transform(changes, skip)
}

// stripAccents removes combining marks, those of Unicode 9.
type stripAccents struct{}

func parseStripAccents(node) (normalizer, error) { return stripAccents{}, nil }

func (stripAccents) normalize(p piece) piece {
	return filter(p, func(r rune) bool { return r < 0x300 || !unicode.Is(accentMarks, r) })
}

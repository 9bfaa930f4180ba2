package tokenizer

// prepend puts a fixed text before any text that is not empty.
type prepend string

func parsePrepend(n node) (normalizer, error) {
	var c struct {
		Prepend *string `json:"prepend"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	if c.Prepend == nil {
		return nil, n.errorf(`"prepend" is missing`)
	}
	return prepend(*c.Prepend), nil
}

func (s prepend) normalize(p piece) piece { return p.prepend(string(s)) }

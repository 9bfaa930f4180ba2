package tokenizer

// lowercase maps every character to lower case, without regard to language.
type lowercase struct{}

func parseLowercase(node) (normalizer, error) { return lowercase{}, nil }

func (lowercase) normalize(p piece) piece {
	changed := false
	changes := make([]change, 0, len(p.text))
	for _, r := range p.text {
		l := toLower(r)
		changed = changed || l != r
		changes = append(changes, change{l, 0})
		if r == 'İ' { // the only character whose lower case is two: i and a dot above
			changes = append(changes, change{'\u0307', 1})
		}
	}
	if !changed {
		return p
	}
	return p.transform(changes, 0)
}

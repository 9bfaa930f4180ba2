package tokenizer

// parseDigits reads Digits, which sets numbers apart, each digit for itself or
// runs of them. A digit is any character of category N.
func parseDigits(n node) (preTokenizer, error) {
	var c struct {
		Individual bool `json:"individual_digits"`
	}
	err := n.decode(&c)
	s := splitPattern{runeMatcher(isNumeric), contiguous, false}
	if c.Individual {
		s.behavior = isolated
	}
	return s, err
}

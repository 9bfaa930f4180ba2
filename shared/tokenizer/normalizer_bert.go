package tokenizer

import "unicode"

// bertNormalizer cleans text for BERT's vocabularies.
type bertNormalizer struct {
	clean, chinese, accents, lower bool
}

func parseBertNormalizer(n node) (normalizer, error) {
	c := struct {
		Clean   bool  `json:"clean_text"`
		Chinese bool  `json:"handle_chinese_chars"`
		Accents *bool `json:"strip_accents"`
		Lower   bool  `json:"lowercase"`
	}{true, true, nil, true}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	b := bertNormalizer{c.Clean, c.Chinese, c.Lower, c.Lower}
	if c.Accents != nil {
		b.accents = *c.Accents
	}
	return b, nil
}

func (b bertNormalizer) normalize(p piece) piece {
	if b.clean {
		p = filter(p, func(r rune) bool { return r != 0 && r != '\uFFFD' && !isBertControl(r) })
		p = mapRunes(p, func(r rune) rune {
			if unicode.IsSpace(r) {
				return ' '
			}
			return r
		})
	}
	if b.chinese {
		var changes []change
		for _, r := range p.text {
			if isIdeograph(r) {
				changes = append(changes, change{' ', 0}, change{r, 1}, change{' ', 1})
			} else {
				changes = append(changes, change{r, 0})
			}
		}
		p = p.transform(changes, 0)
	}
	if b.accents {
		nfd, _ := parseNFD(node{})
		p = filter(nfd.normalize(p), func(r rune) bool { return r < 0x300 || isEastAsian(r) || !unicode.Is(unicode.Mn, r) })
	}
	if b.lower {
		p = lowercase{}.normalize(p)
	}
	return p
}

// mapRunes replaces every character by another.
func mapRunes(p piece, f func(rune) rune) piece {
	changed := false
	changes := make([]change, 0, len(p.text))
	for _, r := range p.text {
		to := f(r)
		changed = changed || to != r
		changes = append(changes, change{to, 0})
	}
	if !changed {
		return p
	}
	return p.transform(changes, 0)
}

// isBertControl tells whether r is in category C, tab and newlines apart.
// Characters not assigned (Cn) do not count, as Hugging Face has it.
func isBertControl(r rune) bool {
	switch {
	case r < 0x7f:
		return r < ' ' && r != '\t' && r != '\n' && r != '\r'
	case isEastAsian(r):
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

// isEastAsian tells of most characters of Chinese, Japanese and Korean text, so
// that the common case needs no table: none is a control or a mark.
func isEastAsian(r rune) bool { return 0x3100 <= r && r < 0xa66f || 0xac00 <= r && r < 0xd7a4 }

// isIdeograph tells whether BERT puts spaces around r.
func isIdeograph(r rune) bool {
	return 0x4e00 <= r && r <= 0x9fff || 0x3400 <= r && r <= 0x4dbf ||
		0x20000 <= r && r <= 0x2a6df || 0x2a700 <= r && r <= 0x2b73f ||
		0x2b740 <= r && r <= 0x2b81f || 0x2b920 <= r && r <= 0x2ceaf ||
		0xf900 <= r && r <= 0xfaff || 0x2f800 <= r && r <= 0x2fa1f
}

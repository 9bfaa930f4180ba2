package tokenizer

import (
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// bertNormalizer cleans text for BERT's vocabularies: controls go, white space
// becomes spaces, every ideograph gets a space on both sides, accents go, upper
// case becomes lower case.
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

var canonical = unicodeForm{norm.NFD, norm.NFD, false}

// normalize does all steps in one pass. Whatever becomes of a character comes
// from its place in the source.
func (b bertNormalizer) normalize(p piece) piece {
	w := newWriter(p, len(p.text)+len(p.text)/2)
	kinds := bertKinds()
	put := func(r rune, from span) {
		if !b.lower {
			w.rune(r, from)
			return
		}
		w.rune(toLower(r), from)
		if r == 'İ' { // the only character whose lower case is two
			w.rune('\u0307', from)
		}
	}
	var buf [maxDecomposed]rune
	for i := 0; i < len(p.text); {
		c := p.text[i]
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == ' ' {
			w.copy(p, i, i+1)
			i++
			continue
		}
		kind, r, size := kinds.at(p.text, i)
		var from span
		if w.tracked {
			from = p.source(i, i+size)
		}
		i += size
		if b.clean {
			switch {
			case kind&bertControl != 0:
				continue
			case kind&bertSpace != 0:
				r = ' '
			}
		}
		around := b.chinese && kind&bertIdeograph != 0
		if around {
			w.rune(' ', from)
		}
		switch {
		case kind&bertPlain != 0:
			w.rune(r, from)
		case !b.accents || r < 0xa0:
			put(r, from)
		default:
			for _, d := range canonical.runes(buf[:0], r) {
				switch {
				case d >= 0x300 && unicode.Is(bertMarks, d):
				case combiningClass(d) != 0: // it may have to change places with another
					return b.steps(p)
				default:
					put(d, from)
				}
			}
		}
		if around {
			w.rune(' ', from)
		}
	}
	return w.piece(p)
}

// steps is normalize step by step, for text with marks that stay and may have to
// be brought into the canonical order.
func (b bertNormalizer) steps(p piece) piece {
	if b.clean {
		p = bertNormalizer{clean: true}.normalize(p)
	}
	if b.chinese {
		p = bertNormalizer{chinese: true}.normalize(p)
	}
	p = filter(canonical.normalize(p), func(r rune) bool { return !unicode.Is(bertMarks, r) })
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

package tokenizer

// nmt cleans text as the vocabularies of neural machine translation expect:
// controls go, other white space and U+FFFD become spaces.
type nmt struct{}

func parseNmt(node) (normalizer, error) { return nmt{}, nil }

func (nmt) normalize(p piece) piece {
	p = filter(p, func(r rune) bool {
		return !(1 <= r && r <= 8 || r == 0xb || 0xe <= r && r <= 0x1f || r == 0x7f || r == 0x8f || r == 0x9f)
	})
	return mapRunes(p, func(r rune) rune {
		switch r {
		case '\t', '\n', '\f', '\r', 0x1680, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f,
			0x2028, 0x2029, '▁', 0xfeff, 0xfffd:
			return ' '
		}
		return r
	})
}

package tokenizer

import "unicode/utf8"

// seams knows where a text can be cut into words that BPE spells one by one, with
// the same result: between two characters that no merge has on the two sides of
// where it joins. Vocabularies without a pre-tokenizer, as SentencePiece makes
// them, read a text as one word; cut there it has short words, which come again.
//
// It is a set of the hashes of such pairs of characters. Two pairs with one hash
// do no harm: a text is cut at fewer places.
type seams struct {
	joined []uint64 // a bit for each hash
	shift  uint8
}

// newSeams returns the seams of m, nil where cutting could change something.
func newSeams(m *bpe) *seams {
	if m.prefix != "" || m.suffix != "" || m.ignoreMerges || m.fuseUnk && m.unk >= 0 && !m.spellsBytes() {
		return nil
	}
	bits := uint8(16) // of the hash: 8 to 16 places for each merge
	for 1<<bits < 8*len(m.pairs.byRank) {
		bits++
	}
	s := &seams{make([]uint64, 1<<bits/64), 64 - bits}
	for _, p := range m.pairs.byRank {
		if p.key != noPair {
			left, _ := utf8.DecodeLastRuneInString(m.words[p.key>>32])
			right, _ := utf8.DecodeRuneInString(m.words[uint32(p.key)])
			h := s.hash(left, right)
			s.joined[h/64] |= 1 << (h % 64)
		}
	}
	return s
}

// spellsBytes tells whether every character has a spelling.
func (m *bpe) spellsBytes() bool {
	if !m.byteFallback {
		return false
	}
	for _, b := range byteTokens {
		if _, ok := m.ids[b]; !ok {
			return false
		}
	}
	return true
}

func (s *seams) hash(left, right rune) uint64 {
	return (uint64(left)<<32 | uint64(right)) * 0x9e3779b97f4a7c15 >> s.shift
}

// cut calls word with the ends of the words of text, in order.
func (s *seams) cut(text string, word func(start, end int)) {
	start := 0
	left, i := utf8.DecodeRuneInString(text)
	for i < len(text) {
		right, size := utf8.DecodeRuneInString(text[i:])
		if h := s.hash(left, right); s.joined[h/64]>>(h%64)&1 == 0 {
			word(start, i)
			start = i
		}
		left = right
		i += size
	}
	if start < len(text) {
		word(start, len(text))
	}
}

package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// bpe is byte-pair encoding (Sennrich et al. 2016): a word starts as its
// characters, or its bytes, and the neighbours with the merge of lowest rank are
// joined until none is left.
type bpe struct {
	words []string         // vocabulary by id
	ids   map[string]int32 // and back
	pairs *pairTable

	unk          int32  // -1: characters out of the vocabulary are dropped
	fuseUnk      bool   // a run of unknown characters is one token
	byteFallback bool   // unknown characters are spelled <0xE4><0xB8>…
	ignoreMerges bool   // a word that is in the vocabulary is one token at once
	prefix       string // of characters that do not start a word
	suffix       string // of characters that end a word

	byteIDs  [256]int32       // id of every byte of the byte-level alphabet; -1: none
	bytePair []merge          // the merges of two bytes a b at a<<8 | b, a copy from pairs
	rawWords map[string]int32 // the vocabulary as bytes; only with ignoreMerges
	seams    *seams           // where words that are not raw are cut; nil: nowhere
	guard
}

// takesBytes tells whether append understands raw pieces.
func (m *bpe) takesBytes() bool {
	return m.prefix == "" && m.suffix == "" && !m.byteFallback
}

// link fills what follows from the vocabulary and the merges.
func (m *bpe) link() {
	for b, c := range byteChars {
		m.byteIDs[b] = -1
		if id, ok := m.ids[string(c)]; ok {
			m.byteIDs[b] = id
		}
	}
	m.guard = newGuard(len(m.words))
	m.seams = newSeams(m)
}

// readBytes prepares for raw pieces.
func (m *bpe) readBytes() {
	m.bytePair = make([]merge, 1<<16)
	for i := range m.bytePair {
		a, b := m.byteID(i>>8), m.byteID(i&0xff)
		m.bytePair[i].rank = noMerge
		if a >= 0 && b >= 0 {
			m.bytePair[i] = m.pairs.get(a, b)
		}
	}
	if m.ignoreMerges {
		m.rawWords = make(map[string]int32, len(m.ids))
		for w, id := range m.ids {
			if s, ok := fromByteChars(w); ok {
				m.rawWords[s] = id
			}
		}
	}
}

// byteID returns the token of a byte, or the unknown one, or -1.
func (m *bpe) byteID(b int) int32 {
	if id := m.byteIDs[b]; id >= 0 {
		return id
	}
	return m.unk
}

func (m *bpe) vocab() []string { return m.words }

func (m *bpe) id(token string) (int32, bool) {
	id, ok := m.ids[token]
	return id, ok
}

func (m *bpe) forbid(special map[int32]bool) {
	unk := int32(-1)
	if m.unk >= 0 && isUnknownName(m.words[m.unk]) {
		unk = m.unk
	}
	m.guard.forbid(special, unk)
}

func (m *bpe) append(dst []token, p piece, plain bool) []token {
	if m.seams == nil || p.raw {
		return m.guard.append(dst, p, plain, m.spell)
	}
	m.seams.cut(p.text, func(start, end int) {
		at := len(dst)
		dst = m.guard.append(dst, piece{text: p.text[start:end]}, plain, m.spell)
		for i := at; i < len(dst); i++ {
			dst[i].start += int32(start)
			dst[i].end += int32(start)
		}
	})
	return dst
}

// spell is append without memory; with ban there are no special tokens.
func (m *bpe) spell(dst []token, p piece, ban bool) []token {
	at := len(dst)
	if id, ok := m.whole(p); ok && !(ban && m.special[id]) {
		return append(dst, token{id, 0, int32(len(p.text))})
	}
	raw := ""
	if p.raw {
		dst = m.bytes(dst, p.text)
		raw = p.text
	} else {
		dst = m.characters(dst, p.text)
	}
	if ban {
		dst = m.dropSpecial(dst, at) // characters with no other spelling
	}
	return dst[:at+m.join(dst[at:], raw, ban)]
}

// whole returns the token that is all of p.
func (m *bpe) whole(p piece) (id int32, ok bool) {
	if !m.ignoreMerges {
		return 0, false
	}
	if p.raw {
		id, ok = m.rawWords[p.text]
	} else {
		id, ok = m.ids[p.text]
	}
	return id, ok
}

// bytes appends one token for every byte of s.
func (m *bpe) bytes(dst []token, s string) []token {
	at := len(dst)
	for i := range len(s) {
		k := int32(i)
		if id := m.byteIDs[s[i]]; id >= 0 {
			dst = append(dst, token{id, k, k + 1})
		} else {
			dst = m.unknown(dst, at, k, k+1)
		}
	}
	return dst
}

// characters appends one token for every character of s, or several by byte
// fallback.
func (m *bpe) characters(dst []token, s string) []token {
	at := len(dst)
	for i, r := range s {
		end := i + utf8.RuneLen(r)
		c := s[i:end]
		if m.prefix != "" && i > 0 {
			c = m.prefix + c
		}
		if m.suffix != "" && end == len(s) {
			c += m.suffix
		}
		if id, ok := m.ids[c]; ok {
			dst = append(dst, token{id, int32(i), int32(end)})
			continue
		}
		if m.byteFallback {
			var ok bool
			if dst, ok = appendByteTokens(dst, m.ids, c, i); ok {
				continue
			}
		}
		dst = m.unknown(dst, at, int32(i), int32(end))
	}
	return dst
}

// byteTokens are <0x00> to <0xFF>.
var byteTokens = func() (all [256]string) {
	for b := range all {
		all[b] = fmt.Sprintf("<0x%02X>", b)
	}
	return all
}()

// appendByteTokens spells c, which starts at byte i of the word, as <0xHH>…;
// all or nothing.
func appendByteTokens(dst []token, ids map[string]int32, c string, i int) ([]token, bool) {
	at := len(dst)
	for k := range len(c) {
		id, ok := ids[byteTokens[c[k]]]
		if !ok {
			return dst[:at], false
		}
		dst = append(dst, token{id, int32(i + k), int32(i + k + 1)})
	}
	return dst, true
}

// unknown appends the unknown token for [i, j), or widens the one before.
func (m *bpe) unknown(dst []token, at int, i, j int32) []token {
	if m.unk < 0 {
		return dst
	}
	if n := len(dst) - 1; m.fuseUnk && n >= at && dst[n].id == m.unk && dst[n].end == i {
		dst[n].end = j
		return dst
	}
	return append(dst, token{m.unk, i, j})
}

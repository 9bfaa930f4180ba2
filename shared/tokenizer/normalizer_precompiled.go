package tokenizer

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// precompiled is SentencePiece's normalizer: a table from short strings to their
// replacements, as a double array (Aoe 1989) in the layout of darts-clone.
type precompiled struct {
	units []uint32
	texts string // the replacements, each ended by a zero byte
}

func parsePrecompiled(n node) (normalizer, error) {
	var c struct {
		Map *string `json:"precompiled_charsmap"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	at := n.child("precompiled_charsmap", nil)
	if c.Map == nil {
		return nil, at.errorf("missing")
	}
	b, err := base64.StdEncoding.DecodeString(*c.Map)
	if err != nil {
		return nil, at.errorf("%w", err)
	}
	if len(b) < 4 {
		return nil, at.errorf("has %d bytes, expected at least 4", len(b))
	}
	size := int64(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if size%4 != 0 || size > int64(len(b)) {
		return nil, at.errorf("trie of %d bytes, expected a multiple of 4 and at most %d", size, len(b))
	}
	if !utf8.Valid(b[size:]) {
		return nil, at.errorf("replacements are not utf-8")
	}
	p := precompiled{make([]uint32, size/4), string(b[size:])}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return p, nil
}

// find returns the replacement for the shortest string of the table that s
// starts with. (The shortest, and it replaces all of s: so does SentencePiece
// as Hugging Face runs it.)
func (p precompiled) find(s string) (string, bool) {
	offset := func(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }
	if len(p.units) == 0 {
		return "", false
	}
	at := offset(p.units[0])
	for i := 0; i < len(s) && s[i] != 0; i++ {
		at ^= uint32(s[i])
		if int64(at) >= int64(len(p.units)) {
			return "", false
		}
		unit := p.units[at]
		if unit&(1<<31|0xff) != uint32(s[i]) {
			return "", false
		}
		at ^= offset(unit)
		if unit>>8&1 == 0 { // no string ends here
			continue
		}
		if int64(at) >= int64(len(p.units)) {
			return "", false
		}
		from := p.units[at] &^ (1 << 31)
		if int64(from) > int64(len(p.texts)) {
			return "", false
		}
		text, _, _ := strings.Cut(p.texts[from:], "\x00")
		return text, utf8.ValidString(text)
	}
	return "", false
}

func (p precompiled) normalize(in piece) piece {
	// Longer clusters are looked up character by character.
	const maxCluster = 5
	var changes []change
	changed := false
	put := func(old, text string) {
		changed = true
		for _, r := range text {
			changes = append(changes, change{r, 0})
		}
		diff := utf8.RuneCountInString(text) - utf8.RuneCountInString(old)
		last := len(changes) - 1
		switch {
		case diff < 0 && last >= 0:
			changes[last].n += diff
		case diff > 0:
			for i := range diff {
				changes[last-i].n = 1
			}
		}
	}
	for s := in.text; s != ""; {
		cluster := s[:clusterLen(s)]
		s = s[len(cluster):]
		if len(cluster) <= maxCluster {
			if text, ok := p.find(cluster); ok {
				put(cluster, text)
				continue
			}
		}
		for _, r := range cluster {
			if text, ok := p.find(string(r)); ok {
				put(string(r), text)
			} else {
				changes = append(changes, change{r, 0})
			}
		}
	}
	if !changed {
		return in
	}
	return in.transform(changes, 0)
}

// clusterLen returns the length of the grapheme cluster that s starts with, as
// far as clusters of at most five bytes go: a character with its marks, or CR LF
// (Unicode Standard Annex 29).
func clusterLen(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	first, n := utf8.DecodeRuneInString(s)
	if unicode.In(first, unicode.Cc, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Cf, first) && first != 0x200c && first != 0x200d {
		return n
	}
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if r < 0x300 || !unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc, unicode.Other_Grapheme_Extend) &&
			r != 0x200d && (r < 0x1f3fb || r > 0x1f3ff) {
			break
		}
		n += size
	}
	return n
}

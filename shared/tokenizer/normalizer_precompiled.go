package tokenizer

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// precompiled is SentencePiece's normalizer: a table from short strings to their
// replacements, as a double array (Aoe 1989) in the layout of darts-clone.
type precompiled struct {
	units []uint32
	texts string // the replacements, each ended by a zero byte
	// starts tells which bytes a string of the table starts with.
	starts [256]bool
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
	p, err := newPrecompiled(b)
	if err != nil {
		return nil, at.errorf("%w", err)
	}
	return p, nil
}

// maxReplacement is the longest replacement of a table in bytes, so that a text
// cannot grow without bounds. The longest in use has 33 (U+FDFA in NFKC).
const maxReplacement = 1024

func newPrecompiled(b []byte) (*precompiled, error) {
	if len(b) < 4 {
		return nil, fmt.Errorf("has %d bytes, expected at least 4", len(b))
	}
	size := int64(binary.LittleEndian.Uint32(b))
	b = b[4:]
	if size%4 != 0 || size > int64(len(b)) {
		return nil, fmt.Errorf("trie of %d bytes, expected a multiple of 4 and at most %d", size, len(b))
	}
	if !utf8.Valid(b[size:]) {
		return nil, errors.New("replacements are not utf-8")
	}
	for t := b[size:]; ; {
		end := bytes.IndexByte(t, 0)
		if max(end, 0) > maxReplacement || end < 0 && len(t) > maxReplacement {
			return nil, fmt.Errorf("a replacement of more than %d bytes", maxReplacement)
		}
		if end < 0 {
			break
		}
		t = t[end+1:]
	}
	p := &precompiled{units: make([]uint32, size/4), texts: string(b[size:])}
	for i := range p.units {
		p.units[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	for c := 1; c < 256 && len(p.units) > 0; c++ {
		at := int64(unitOffset(p.units[0]) ^ uint32(c))
		p.starts[c] = at < int64(len(p.units)) && p.units[at]&(1<<31|0xff) == uint32(c)
	}
	return p, nil
}

// unitOffset is where the children of a unit are, against its own place.
func unitOffset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// find looks for strings of the table that s starts with: the shortest or the
// longest. It returns its length, 0 where there is none, and its replacement.
func (p *precompiled) find(s string, shortest bool) (size int, text string) {
	if len(p.units) == 0 {
		return 0, ""
	}
	from := uint32(0) // of the replacement in texts
	at := unitOffset(p.units[0])
	for i := 0; i < len(s) && s[i] != 0; i++ {
		at ^= uint32(s[i])
		if int64(at) >= int64(len(p.units)) {
			break
		}
		unit := p.units[at]
		if unit&(1<<31|0xff) != uint32(s[i]) {
			break
		}
		at ^= unitOffset(unit)
		if unit>>8&1 == 0 { // no string ends here
			continue
		}
		if int64(at) >= int64(len(p.units)) {
			break
		}
		size, from = i+1, p.units[at]&^(1<<31)
		if shortest {
			break
		}
	}
	if size == 0 || int64(from) > int64(len(p.texts)) {
		return 0, ""
	}
	text, _, _ = strings.Cut(p.texts[from:], "\x00")
	if !utf8.ValidString(text) { // it starts inside a character
		return 0, ""
	}
	return size, text
}

// whole returns the replacement of s. (That of the shortest string that s starts
// with, and it replaces all of s: so Hugging Face reads SentencePiece's table.)
func (p *precompiled) whole(s string) (string, bool) {
	size, text := p.find(s, true)
	return text, size > 0
}

func (p *precompiled) normalize(in piece) piece {
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
			if text, ok := p.whole(cluster); ok {
				put(cluster, text)
				continue
			}
		}
		for _, r := range cluster {
			if text, ok := p.whole(string(r)); ok {
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

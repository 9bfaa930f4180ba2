package tokenizer

import (
	"strings"
	"sync/atomic"
)

// A guard is the part that models share: it remembers how words were spelled and
// keeps special tokens out of plain text.
type guard struct {
	special []bool // by id
	cache   *wordCache
}

// newGuard makes a guard for a vocabulary of size tokens.
func newGuard(size int) guard { return guard{make([]bool, size), newWordCache()} }

// forbid marks special tokens. The unknown token unk, -1 for none, is not
// special if it is for nothing else: <unk>, [UNK]. Some vocabularies let
// <|endoftext|> do it, which text must not be able to write; what is unknown to
// them is dropped from plain text.
func (g *guard) forbid(special map[int32]bool, unk int32) {
	for id := range special {
		if int(id) < len(g.special) {
			g.special[id] = id != unk
		}
	}
}

// isUnknownName tells whether a token stands for the unknown and nothing else.
func isUnknownName(token string) bool {
	return strings.Contains(strings.ToLower(token), "unk")
}

// append appends the tokens of p, as spell has them. Only where that gives a
// special token and plain forbids it, it spells again with ban, as if there were
// no special tokens.
func (g *guard) append(dst []token, p piece, plain bool, spell func(dst []token, p piece, ban bool) []token) []token {
	if p.text == "" {
		return dst
	}
	short := len(p.text) <= maxCachedWord
	var slot *atomic.Pointer[cachedWord]
	if short {
		tokens, place, ok := g.cache.get(p)
		if ok {
			return append(dst, tokens...)
		}
		slot = place
	}
	at := len(dst)
	dst = spell(dst, p, false)
	switch {
	case !g.anySpecial(dst[at:]):
		if short { // only such words, so that the cache serves plain text
			g.cache.put(slot, p, dst[at:])
		}
	case plain:
		dst = spell(dst[:at], p, true)
	}
	return dst
}

func (g *guard) anySpecial(tokens []token) bool {
	for _, t := range tokens {
		if g.special[t.id] {
			return true
		}
	}
	return false
}

// dropSpecial removes the special tokens from dst[at:].
func (g *guard) dropSpecial(dst []token, at int) []token {
	n := at
	for _, t := range dst[at:] {
		if !g.special[t.id] {
			dst[n] = t
			n++
		}
	}
	return dst[:n]
}

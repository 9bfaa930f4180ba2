package tokenizer

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// wordCache remembers how the model spelled recent words. It has a fixed number
// of places; a word takes the place its hash says and drives out the word there.
// Readers and writers need no lock: an entry never changes.
type wordCache struct {
	seed  maphash.Seed
	slots []atomic.Pointer[cachedWord]
}

type cachedWord struct {
	text   string
	raw    bool
	tokens []token
}

const (
	cacheSlots = 1 << 14
	// maxCachedWord is the longest word kept, in bytes: longer ones, whole
	// clauses of Chinese among them, hardly ever come again.
	maxCachedWord = 48
)

func newWordCache() *wordCache {
	return &wordCache{maphash.MakeSeed(), make([]atomic.Pointer[cachedWord], cacheSlots)}
}

// get returns the tokens of a word, and the slot it belongs to.
func (c *wordCache) get(p piece) ([]token, *atomic.Pointer[cachedWord], bool) {
	slot := &c.slots[maphash.String(c.seed, p.text)%cacheSlots]
	if w := slot.Load(); w != nil && w.text == p.text && w.raw == p.raw {
		return w.tokens, slot, true
	}
	return nil, slot, false
}

// put keeps a copy of the word in its slot.
func (c *wordCache) put(slot *atomic.Pointer[cachedWord], p piece, tokens []token) {
	slot.Store(&cachedWord{strings.Clone(p.text), p.raw, append([]token(nil), tokens...)})
}

package tokenizer

import (
	"math"
	"math/bits"
)

// A merge joins two neighbouring tokens to one. Merges of lower rank go first;
// rank noMerge means that there is none.
type merge struct {
	rank int32
	id   int32 // of the joined token
}

// pairTable maps pairs of ids to merges: a hash table with open addressing, as
// the lookups are most of the time that BPE takes.
type pairTable struct {
	slots []pairSlot
	shift uint8 // 64 - log2(len(slots))
	n     int
}

type pairSlot struct {
	key uint64 // both ids; noPair when free
	merge
}

const (
	noPair  = ^uint64(0) // no key: ids are below 2^31
	noMerge = math.MaxInt32
)

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// newPairTable makes a table for n pairs, at most half full.
func newPairTable(n int) *pairTable {
	size := 1 << bits.Len(uint(2*max(n, 4)-1))
	t := &pairTable{slots: make([]pairSlot, size), shift: uint8(64 - bits.TrailingZeros(uint(size)))}
	for i := range t.slots {
		t.slots[i] = pairSlot{noPair, merge{rank: noMerge}}
	}
	return t
}

// slot returns where key is or belongs.
func (t *pairTable) slot(key uint64) *pairSlot {
	// Fibonacci hashing: the high bits of the product depend on all of the key.
	i := key * 0x9e3779b97f4a7c15 >> t.shift
	for {
		s := &t.slots[i]
		if s.key == key || s.key == noPair {
			return s
		}
		if i++; i == uint64(len(t.slots)) {
			i = 0
		}
	}
}

// put stores m for the pair, over what was there. A table takes no more pairs
// than it was made for.
func (t *pairTable) put(a, b int32, m merge) {
	s := t.slot(pairKey(a, b))
	if s.key == noPair {
		if t.n++; 2*t.n > len(t.slots) {
			panic("BUG: pair table is too small")
		}
		s.key = pairKey(a, b)
	}
	s.merge = m
}

func (t *pairTable) get(a, b int32) merge { return t.slot(pairKey(a, b)).merge }

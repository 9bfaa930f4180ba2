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

const noMerge = math.MaxInt32

// pairTable maps pairs of ids to merges. Looking them up is most of the time
// that BPE takes and most of that is waiting for memory, so a slot of the hash
// table is only a rank and 32 bits of the hash; the pair itself is compared in a
// second table, by rank, where the frequent merges lie close together.
type pairTable struct {
	slots  []uint64 // hash bits <<32 | rank + 1; 0 when free
	shift  uint8    // 64 - log2(len(slots))
	byRank []rankedPair
}

type rankedPair struct {
	key uint64 // both ids; noPair where no merge has the rank
	id  int32
}

const noPair = ^uint64(0) // no key: ids are below 2^31

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// newPairTable makes a table for the ranks 0 to n-1, at most two thirds full.
func newPairTable(n int) *pairTable {
	size := 1 << bits.Len(uint(n+n/2+3))
	t := &pairTable{
		slots:  make([]uint64, size),
		shift:  uint8(64 - bits.TrailingZeros(uint(size))),
		byRank: make([]rankedPair, n),
	}
	for i := range t.byRank {
		t.byRank[i].key = noPair
	}
	return t
}

// find returns the slot of key, or the free one where it belongs, and the hash
// bits kept in a slot.
func (t *pairTable) find(key uint64) (i, hash uint64) {
	// Fibonacci hashing twice: the high bits of the products depend on all of
	// the key, and the second product makes bits that the index has not used.
	h := key * 0x9e3779b97f4a7c15
	i = h >> t.shift
	hash = (h ^ h>>32) * 0xd6e8feb86659fd93 >> 32 << 32
	for {
		s := t.slots[i]
		if s == 0 || s&^0xffffffff == hash && t.byRank[uint32(s)-1].key == key {
			return i, hash
		}
		if i++; i == uint64(len(t.slots)) {
			i = 0
		}
	}
}

// put stores m for the pair. If the pair has a merge already, that is gone.
func (t *pairTable) put(a, b int32, m merge) {
	key := pairKey(a, b)
	i, hash := t.find(key)
	if old := uint32(t.slots[i]); old != 0 {
		t.byRank[old-1].key = noPair
	}
	t.slots[i] = hash | uint64(m.rank+1)
	t.byRank[m.rank] = rankedPair{key, m.id}
}

func (t *pairTable) get(a, b int32) merge {
	i, _ := t.find(pairKey(a, b))
	s := t.slots[i]
	if s == 0 {
		return merge{rank: noMerge}
	}
	rank := uint32(s) - 1
	return merge{int32(rank), t.byRank[rank].id}
}

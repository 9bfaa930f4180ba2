package tokenizer

import "slices"

// A trie holds strings so that all those a text starts with are found in one
// walk. It is a double array (Aoe 1989): the child of node n by byte b is node
// units[n].base ^ b, if that one's check is n. Node 0 is the root.
type trie struct {
	units []trieUnit
	value []int32 // by node, of the string that ends there
}

type trieUnit struct {
	base  int32 // with the bit endsHere where a string ends
	check int32 // the parent; freeUnit: no node
}

const (
	endsHere = 1 << 30
	freeUnit = -1
	// trieBlock is how many units a node's children may be spread over. A base
	// never leaves its block, whatever the byte.
	trieBlock = 256
	// trieOpen is how many of the last blocks new nodes are put into. What is
	// free in older ones stays so: looking there takes longer than it saves.
	trieOpen = 16
)

// newTrie makes a trie of the keys of m.
func newTrie(m map[string]int32) *trie {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b := trieBuilder{free: -1}
	b.grow()
	b.take(0, -2)
	type job struct{ node, from, to, depth int } // keys[from:to] share depth bytes and end at node or below
	for todo := []job{{0, 0, len(keys), 0}}; len(todo) > 0; {
		j := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if j.from < j.to && len(keys[j.from]) == j.depth {
			b.units[j.node].base = endsHere
			b.value[j.node] = m[keys[j.from]]
			j.from++
		}
		var labels [256]byte
		var starts [257]int
		n := 0
		for at := j.from; at < j.to; n++ {
			labels[n], starts[n] = keys[at][j.depth], at
			for at < j.to && keys[at][j.depth] == labels[n] {
				at++
			}
			starts[n+1] = at
		}
		if n == 0 {
			continue
		}
		base := b.place(labels[:n])
		b.units[j.node].base |= base
		for i := n - 1; i >= 0; i-- {
			child := int(base ^ int32(labels[i]))
			b.take(child, int32(j.node))
			todo = append(todo, job{child, starts[i], starts[i+1], j.depth + 1})
		}
	}
	return &trie{slices.Clip(b.units), slices.Clip(b.value)}
}

// trieBuilder puts nodes into units. The free ones of open blocks are a ring.
type trieBuilder struct {
	units []trieUnit
	value []int32
	next  []int32 // in the ring, by unit
	prev  []int32
	free  int32 // a unit of the ring; -1: none
}

// grow appends a block, and closes the oldest one that is open.
func (b *trieBuilder) grow() {
	from := len(b.units)
	for i := range trieBlock {
		at := int32(from + i)
		b.units, b.value = append(b.units, trieUnit{0, freeUnit}), append(b.value, -1)
		if b.free < 0 {
			b.free = at
			b.next, b.prev = append(b.next, at), append(b.prev, at)
			continue
		}
		first, last := b.free, b.prev[b.free]
		b.next, b.prev = append(b.next, first), append(b.prev, last)
		b.next[last], b.prev[first] = at, at
	}
	if old := from - trieOpen*trieBlock; old >= 0 {
		for i := old; i < old+trieBlock; i++ {
			if b.units[i].check == freeUnit {
				b.unlink(int32(i))
			}
		}
	}
}

func (b *trieBuilder) unlink(at int32) {
	if b.next[at] == at {
		b.free = -1
		return
	}
	b.next[b.prev[at]], b.prev[b.next[at]] = b.next[at], b.prev[at]
	if b.free == at {
		b.free = b.next[at]
	}
}

// take makes a node of a free unit.
func (b *trieBuilder) take(at int, parent int32) {
	b.unlink(int32(at))
	b.units[at] = trieUnit{0, parent}
}

// place returns a base where the units for all labels are free.
func (b *trieBuilder) place(labels []byte) int32 {
	if b.free >= 0 {
	search:
		for at, first := b.free, true; first || at != b.free; at, first = b.next[at], false {
			base := at ^ int32(labels[0])
			for _, l := range labels[1:] {
				if b.units[base^int32(l)].check != freeUnit {
					continue search
				}
			}
			return base
		}
	}
	base := int32(len(b.units))
	b.grow()
	return base
}

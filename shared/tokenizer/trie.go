package tokenizer

import "slices"

// A trie holds strings so that all those a text starts with are found in one
// walk. Nodes are numbered breadth first, so the children of a node lie side by
// side; node 0 is the root.
type trie struct {
	label []byte  // of the edge to a node
	first []int32 // first child of a node; its last is before first of the next
	value []int32 // of the string that ends at a node; -1: none
}

// newTrie makes a trie of the keys of m.
func newTrie(m map[string]int32) *trie {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	type job struct{ from, to, depth int } // keys[from:to] share depth bytes
	t := &trie{label: []byte{0}}
	queue := []job{{0, len(keys), 0}}
	for at := 0; at < len(queue); at++ {
		j := queue[at]
		value := int32(-1)
		if j.from < j.to && len(keys[j.from]) == j.depth {
			value = m[keys[j.from]]
			j.from++
		}
		t.value = append(t.value, value)
		t.first = append(t.first, int32(len(t.label)))
		for j.from < j.to {
			b := keys[j.from][j.depth]
			end := j.from
			for end < j.to && keys[end][j.depth] == b {
				end++
			}
			t.label = append(t.label, b)
			queue = append(queue, job{j.from, end, j.depth + 1})
			j.from = end
		}
	}
	t.first = append(t.first, int32(len(t.label)))
	return t
}

// child returns the child of a node by its label, or -1.
func (t *trie) child(node int32, b byte) int32 {
	lo, hi := t.first[node], t.first[node+1]
	for lo < hi {
		mid := int32(uint32(lo+hi) >> 1)
		if t.label[mid] < b {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < t.first[node+1] && t.label[lo] == b {
		return lo
	}
	return -1
}

package tokenizer

import "slices"

// shortWord is the longest word, in symbols, that is joined by searching all
// pairs for the lowest rank at each step. That is quadratic but moves little
// memory; longer words take a heap, so that no text takes quadratic time.
const shortWord = 96

// lookup returns the merge of two neighbours. With ban, merges to special tokens
// do not exist.
func (m *bpe) lookup(a, b int32, ban bool) merge {
	x := m.pairs.get(a, b)
	if ban && x.rank != noMerge && m.special[x.id] {
		x.rank = noMerge
	}
	return x
}

// join applies the merges to the symbols of a word, in place, and returns how
// many are left. The lowest rank goes first, of equal ranks the leftmost. raw is
// the word where its symbols are its bytes.
func (m *bpe) join(sym []token, raw string, ban bool) int {
	if len(sym) > shortWord {
		return m.joinLong(sym, ban)
	}
	n := len(sym)
	var next [shortWord]merge // next[i] is the merge of sym[i] and sym[i+1]
	for i := 0; i+1 < n; i++ {
		if len(raw) == n && !ban {
			next[i] = m.bytePair[int(raw[i])<<8|int(raw[i+1])]
		} else {
			next[i] = m.lookup(sym[i].id, sym[i+1].id, ban)
		}
	}
	for {
		best, at := int32(noMerge), 0
		for i := 0; i+1 < n; i++ {
			if next[i].rank < best {
				best, at = next[i].rank, i
			}
		}
		if best == noMerge {
			return n
		}
		sym[at] = token{next[at].id, sym[at].start, sym[at+1].end}
		copy(sym[at+1:n-1], sym[at+2:n])
		copy(next[at+1:n-1], next[at+2:n])
		n--
		if at+1 < n {
			next[at] = m.lookup(sym[at].id, sym[at+1].id, ban)
		}
		if at > 0 {
			next[at-1] = m.lookup(sym[at-1].id, sym[at].id, ban)
		}
	}
}

// joinLong is join in n log n steps: the symbols are a list linked by index, the
// possible merges a heap.
func (m *bpe) joinLong(sym []token, ban bool) int {
	n := int32(len(sym))
	prev, next := make([]int32, n), make([]int32, n) // n and -1 past the ends
	var queue mergeHeap
	offer := func(i int32) {
		if i >= 0 && next[i] < n {
			if x := m.lookup(sym[i].id, sym[next[i]].id, ban); x.rank != noMerge {
				queue.push(uint64(x.rank)<<32 | uint64(i))
			}
		}
	}
	for i := range n {
		prev[i], next[i] = i-1, i+1
	}
	for i := range n {
		offer(i)
	}
	const gone = -1 // id of a symbol that was joined to the one before
	for len(queue) > 0 {
		top := queue.pop()
		rank, i := int32(top>>32), int32(uint32(top))
		if sym[i].id == gone || next[i] == n {
			continue
		}
		j := next[i]
		x := m.lookup(sym[i].id, sym[j].id, ban)
		if x.rank != rank { // the pair has changed since it was queued
			continue
		}
		sym[i] = token{x.id, sym[i].start, sym[j].end}
		sym[j].id = gone
		next[i] = next[j]
		if next[i] < n {
			prev[next[i]] = i
		}
		offer(prev[i])
		offer(i)
	}
	left := slices.DeleteFunc(sym, func(t token) bool { return t.id == gone })
	return len(left)
}

// mergeHeap is a binary heap of rank<<32 | position, smallest first.
type mergeHeap []uint64

func (h *mergeHeap) push(x uint64) {
	a := append(*h, x)
	i := len(a) - 1
	for i > 0 {
		up := (i - 1) / 2
		if a[up] <= x {
			break
		}
		a[i] = a[up]
		i = up
	}
	a[i] = x
	*h = a
}

func (h *mergeHeap) pop() uint64 {
	a := *h
	top, x := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(a) {
			if i < len(a) {
				a[i] = x
			}
			return top
		}
		if down+1 < len(a) && a[down+1] < a[down] {
			down++
		}
		if x <= a[down] {
			a[i] = x
			return top
		}
		a[i] = a[down]
		i = down
	}
}

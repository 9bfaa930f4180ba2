package tokenizer

import "container/heap"

// A learner holds the words of the texts as symbols and counts their pairs. It
// joins the most frequent pair in all words that contain it, which only changes
// the counts of the pairs around it.
type learner struct {
	words  [][]int32 // the symbols of every distinct word
	counts []int64   // how often each occurs
	pairs  map[uint64]*pairCount
	queue  pairQueue
}

type pairCount struct {
	n      int64
	words  []int32 // words that contain or have contained the pair, each once
	queued bool
}

// queuedPair is a pair with the count it had when it was queued: later it can
// only be less.
type queuedPair struct {
	n    int64
	pair uint64
}

// pairQueue has the most frequent pair first; of equals the one of lower ids.
type pairQueue []queuedPair

func (q pairQueue) Len() int { return len(q) }
func (q pairQueue) Less(i, j int) bool {
	return q[i].n > q[j].n || q[i].n == q[j].n && q[i].pair < q[j].pair
}
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(queuedPair)) }
func (q *pairQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// learn adds the most frequent pairs of the words to vocabulary and merges,
// until the vocabulary has size tokens or no pair is frequent enough.
func (m *bpe) learn(counts map[string]int64, size int, o TrainOptions) {
	l := newLearner(m, counts)
	type learned struct {
		pair uint64
		id   int32
	}
	var merges []learned
	for len(m.words) < size && len(l.queue) > 0 {
		top := heap.Pop(&l.queue).(queuedPair)
		p := l.pairs[top.pair]
		if p.n != top.n {
			if p.queued = p.n > 0; p.queued {
				heap.Push(&l.queue, queuedPair{p.n, top.pair})
			}
			continue
		}
		if p.n < max(1, o.MinFrequency) {
			break
		}
		a, b := int32(top.pair>>32), int32(uint32(top.pair))
		id := m.add(m.words[a] + m.words[b])
		merges = append(merges, learned{top.pair, id})
		l.join(a, b, id)
		if o.Progress != nil {
			o.Progress(len(m.words), size)
		}
	}
	m.pairs = newPairTable(len(merges))
	for rank, x := range merges {
		m.pairs.put(int32(x.pair>>32), int32(uint32(x.pair)), merge{int32(rank), x.id})
	}
}

// newLearner spells the words in bytes and counts the pairs.
func newLearner(m *bpe, counts map[string]int64) *learner {
	l := &learner{pairs: map[uint64]*pairCount{}}
	var ids [256]int32
	for b, c := range byteChars {
		ids[b] = m.ids[string(c)]
	}
	for text, n := range counts {
		if len(text) < 2 {
			continue
		}
		word := make([]int32, len(text))
		for i := range len(text) {
			word[i] = ids[text[i]]
		}
		w := int32(len(l.words))
		l.words = append(l.words, word)
		l.counts = append(l.counts, n)
		for i := range len(word) - 1 {
			l.change(word[i], word[i+1], w, n)
		}
	}
	for pair, p := range l.pairs {
		l.queue = append(l.queue, queuedPair{p.n, pair})
		p.queued = true
	}
	heap.Init(&l.queue)
	return l
}

// change adds n to the count of a pair because of word w.
func (l *learner) change(a, b int32, w int32, n int64) *pairCount {
	key := pairKey(a, b)
	p := l.pairs[key]
	if p == nil {
		p = &pairCount{}
		l.pairs[key] = p
	}
	p.n += n
	if k := len(p.words); n > 0 && (k == 0 || p.words[k-1] != w) {
		p.words = append(p.words, w)
	}
	return p
}

// join replaces the neighbours a b by id in all words, and queues the pairs that
// are new.
func (l *learner) join(a, b, id int32) {
	done := l.pairs[pairKey(a, b)]
	var fresh []uint64
	grow := func(x, y, w int32, n int64) {
		if p := l.change(x, y, w, n); !p.queued {
			p.queued = true
			fresh = append(fresh, pairKey(x, y))
		}
	}
	where := done.words
	done.words = nil
	for _, w := range where {
		word, n := l.words[w], l.counts[w]
		out := word[:0]
		for i := 0; i < len(word); i++ {
			if word[i] != a || i+1 == len(word) || word[i+1] != b {
				out = append(out, word[i])
				continue
			}
			if k := len(out); k > 0 {
				l.change(out[k-1], a, w, -n)
				grow(out[k-1], id, w, n)
			}
			if i+2 < len(word) {
				l.change(b, word[i+2], w, -n)
				grow(id, word[i+2], w, n)
			}
			out = append(out, id)
			i++
		}
		l.words[w] = out
	}
	// What is left of the count are overlaps (a a in a a a), gone as well.
	done.n = 0
	done.queued = false
	for _, pair := range fresh {
		if n := l.pairs[pair].n; n > 0 {
			heap.Push(&l.queue, queuedPair{n, pair})
		} else {
			l.pairs[pair].queued = false
		}
	}
}

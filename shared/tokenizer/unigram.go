package tokenizer

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"
)

// unigram is the language model of Kudo 2018: of all ways to spell a text, the
// one whose tokens have the highest sum of scores, found by Viterbi.
type unigram struct {
	words        []string
	scores       []float64
	ids          map[string]int32
	trie         *trie
	unk          int32   // -1: characters out of the vocabulary are dropped
	unkScore     float64 // of one unknown character
	byteFallback bool
	// single: sums are rounded to float32, and unknown text is not looked up, as
	// SentencePiece has it. Hugging Face's sums are float64.
	single bool
	guard
}

// unkPenalty is how much worse an unknown character is than the worst token.
const unkPenalty = 10

func parseUnigram(n node) (model, error) {
	var c struct {
		Unk          *int32            `json:"unk_id"`
		Vocab        []json.RawMessage `json:"vocab"`
		ByteFallback bool              `json:"byte_fallback"`
	}
	if err := n.decode(&c); err != nil {
		return nil, err
	}
	list := n.child("vocab", nil)
	if len(c.Vocab) == 0 || len(c.Vocab) > maxVocab {
		return nil, list.errorf("has %d tokens, expected 1 to %d", len(c.Vocab), maxVocab)
	}
	words, scores := make([]string, len(c.Vocab)), make([]float64, len(c.Vocab))
	for i, raw := range c.Vocab {
		item := list.item(i, raw)
		var pair []json.RawMessage
		if err := item.decode(&pair); err != nil {
			return nil, err
		}
		if len(pair) != 2 {
			return nil, item.errorf("expected [token, score], got %d values", len(pair))
		}
		if err := item.item(0, pair[0]).decode(&words[i]); err != nil {
			return nil, err
		}
		if err := item.item(1, pair[1]).decode(&scores[i]); err != nil {
			return nil, err
		}
	}
	unk := int32(-1)
	if c.Unk != nil {
		if *c.Unk < 0 || int(*c.Unk) >= len(words) {
			return nil, n.child("unk_id", nil).errorf("%d, expected 0 to %d", *c.Unk, len(words)-1)
		}
		unk = *c.Unk
	}
	if err := checkWords(words); err != nil {
		return nil, list.errorf("%w", err)
	}
	return newUnigram(words, scores, unk, c.ByteFallback), nil
}

// maxWordBytes bounds the text of a vocabulary that becomes a trie, which takes about twenty bytes for each of its own. The
// largest in use have 3 MB.
const maxWordBytes = 1 << 25

func checkWords(words []string) error {
	n := 0
	for _, w := range words {
		n += len(w)
	}
	if n > maxWordBytes {
		return fmt.Errorf("tokens of %d bytes, at most %d are allowed", n, maxWordBytes)
	}
	return nil
}

func newUnigram(words []string, scores []float64, unk int32, byteFallback bool) *unigram {
	m := &unigram{
		words: words, scores: scores, ids: make(map[string]int32, len(words)),
		unk: unk, unkScore: math.Inf(1), byteFallback: byteFallback, guard: newGuard(len(words)),
	}
	for id, w := range words {
		m.ids[w] = int32(id)
		m.unkScore = min(m.unkScore, scores[id])
	}
	m.unkScore -= unkPenalty
	m.trie = newTrie(m.ids)
	return m
}

// sentencePiece makes m spell as SentencePiece does, of the words alone that are in normal, with what they score.
func (m *unigram) sentencePiece(normal map[string]int32) {
	m.single = true
	m.trie = newTrie(normal)
	least := float32(math.MaxFloat32)
	for _, id := range normal {
		least = min(least, float32(m.scores[id]))
	}
	m.unkScore = float64(least - unkPenalty)
}

func (m *unigram) vocab() []string { return m.words }

func (m *unigram) id(token string) (int32, bool) {
	id, ok := m.ids[token]
	return id, ok
}

func (m *unigram) forbid(special map[int32]bool) { m.guard.forbid(special, m.unk) }

func (m *unigram) append(dst []token, p piece, plain bool) []token {
	return m.guard.append(dst, p, plain, m.spell)
}

// A reach is the best way to spell the text up to some byte.
type reach struct {
	score float64
	from  int32 // where its last token starts; -1: there is no way yet
	id    int32 // of its last token; unk, or -1 where there is none
}

// reaches are lent to calls of spell: a text needs one for each byte.
var reaches = sync.Pool{New: func() any { return new([]reach) }}

func (m *unigram) spell(dst []token, p piece, ban bool) []token {
	s := p.text
	lent := reaches.Get().(*[]reach)
	defer reaches.Put(lent)
	best := slices.Grow((*lent)[:0], len(s)+1)[:len(s)+1]
	*lent = best
	for i := range best {
		best[i].from = -1
	}
	best[0].score = 0
	units := m.trie.units
	for at := 0; at < len(s); {
		size := charLen(s[at])
		till := best[at].score
		single := false // whether a token is just this character
		node := int32(0)
		for i := at; i < len(s); i++ {
			next := units[node].base&^endsHere ^ int32(s[i])
			unit := units[next]
			if unit.check != node {
				break
			}
			node = next
			if unit.base&endsHere == 0 {
				continue
			}
			id := m.trie.value[node]
			if ban && m.special[id] {
				continue
			}
			single = single || i+1-at == size
			score := till + m.scores[id]
			if m.single {
				score = float64(float32(score))
			}
			if t := &best[i+1]; t.from < 0 || score > t.score {
				*t = reach{score, int32(at), id}
			}
		}
		if !single {
			score := till + m.unkScore
			if m.single {
				score = float64(float32(score))
			}
			if t := &best[at+size]; t.from < 0 || score > t.score {
				*t = reach{score, int32(at), m.unk}
			}
		}
		at += size
	}
	return m.path(dst, s, best)
}

// path appends the tokens of the best way, unknown neighbours as one.
func (m *unigram) path(dst []token, s string, best []reach) []token {
	at := len(dst)
	unknown := false
	for end := int32(len(s)); end > 0; {
		t := best[end]
		if n := len(dst) - 1; t.id == m.unk && n >= at && dst[n].id == m.unk {
			dst[n].start = t.from
		} else {
			dst = append(dst, token{t.id, t.from, end})
		}
		unknown = unknown || t.id == m.unk
		end = t.from
	}
	slices.Reverse(dst[at:])
	if unknown && (m.byteFallback || m.unk < 0 || !m.single) {
		back := append([]token(nil), dst[at:]...)
		dst = dst[:at]
		for _, t := range back {
			if t.id == m.unk {
				dst = m.unknown(dst, s, t)
			} else {
				dst = append(dst, t)
			}
		}
	}
	return dst
}

// unknown appends what stands for the text of t, which has no other spelling.
func (m *unigram) unknown(dst []token, s string, t token) []token {
	word := s[t.start:t.end]
	if !m.single { // the whole stretch may be in the vocabulary
		if id, ok := m.ids[word]; ok && !m.special[id] {
			return append(dst, token{id, t.start, t.end})
		}
	}
	if m.byteFallback {
		from := len(dst)
		var ok bool
		if dst, ok = appendByteTokens(dst, m.ids, word, int(t.start)); ok {
			for k := range dst[from:] {
				dst[from+k].start, dst[from+k].end = t.start, t.end
			}
			return dst
		}
	}
	if m.unk >= 0 {
		dst = append(dst, t)
	}
	return dst
}

func (m *unigram) fields() any {
	f := struct {
		Type         string   `json:"type"`
		Unk          *int32   `json:"unk_id"`
		Vocab        [][2]any `json:"vocab"`
		ByteFallback bool     `json:"byte_fallback"`
	}{Type: "Unigram", ByteFallback: m.byteFallback}
	if m.unk >= 0 {
		f.Unk = &m.unk
	}
	for id, w := range m.words {
		f.Vocab = append(f.Vocab, [2]any{w, m.scores[id]})
	}
	return f
}

package grammar

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
)

// Constraint keeps what a model says to a grammar. It is one text's, from its first token to its last.
type Constraint struct {
	matcher Matcher
	words   *Vocabulary
	bytesOf func(id int32) []byte
	end     []int32 // tokens that end the text
	masks   *Masks
	keys    keys // if the grammar has fields of any name
}

// Masks are the sets of tokens that places of one grammar allow in one vocabulary, kept for the next time. Constraints of several
// goroutines may share them; the grammar is theirs alone.
type Masks struct {
	mu   sync.Mutex
	g    *Grammar
	v    *Vocabulary
	sets map[int32]Set
}

// maxMasks bounds the memory of kept sets, in words of eight bytes.
const maxMasks = 8 << 20

// NewMasks returns an empty store.
func NewMasks(g *Grammar, v *Vocabulary) *Masks { return &Masks{g: g, v: v, sets: map[int32]Set{}} }

func (m *Masks) at(place int32) (Set, error) {
	if s := m.sets[place]; s != nil {
		return s, nil
	}
	s, err := m.v.allowed(m.g, place, -1)
	if err != nil {
		return nil, err
	}
	if (len(m.sets)+1)*len(s) > maxMasks {
		clear(m.sets)
	}
	m.sets[place] = s
	return s, nil
}

// New is a constraint at the beginning of a text. end are the tokens that end it, bytesOf gives those of the others.
func (m *Masks) New(end []int32, bytesOf func(id int32) []byte) *Constraint {
	return &Constraint{matcher: m.g.Start(), words: m.v, bytesOf: bytesOf, end: end, masks: m}
}

// ErrBudget is of a text that cannot become whole with the tokens there are.
var ErrBudget = errors.New("max_new_tokens is too small for the form")

// Mask forbids, by a logit of -Inf, the tokens that may not come next. left is how many tokens there may still be, with this one; near
// the end only what still leads to a whole text is allowed, as long as the vocabulary has a token for each byte.
func (c *Constraint) Mask(logits []float32, left int) error {
	c.masks.mu.Lock()
	defer c.masks.mu.Unlock()
	if c.matcher.Least() > left {
		return fmt.Errorf("%w: at least %d bytes are to come, and %d tokens are left", ErrBudget, c.matcher.Least(), left)
	}
	set, err := c.masks.at(c.matcher.at)
	if err == nil && left < c.near() {
		set, err = c.words.allowed(c.matcher.g, c.matcher.at, left-1)
	}
	if err != nil {
		return err
	}
	if c.matcher.g.named && c.keys.named() {
		if set, err = c.unnamed(set, left); err != nil {
			return err
		}
	}
	end := c.matcher.Accepts()
	never := float32(math.Inf(-1))
	kept := make([]float32, len(c.end))
	for i, id := range c.end {
		if kept[i] = never; end && int(id) < len(logits) {
			kept[i] = logits[id]
		}
	}
	for i := range logits {
		if i >= c.words.size || !set.has(int32(i)) {
			logits[i] = never
		}
	}
	for i, id := range c.end {
		if int(id) < len(logits) {
			logits[id] = kept[i]
		}
	}
	return nil
}

// renaming is how many bytes are kept back for a name that must go on because it is another field's.
const renaming = 2

// unnamed is a set without the tokens that say a name again.
func (c *Constraint) unnamed(set Set, left int) (Set, error) {
	without := func(set Set) (Set, bool) {
		set = slices.Clone(set)
		for _, q := range c.words.quotes {
			if set.has(q.id) && c.keys.repeats(q.text) {
				set[q.id>>6] &^= 1 << (q.id & 63)
			}
		}
		return set, slices.ContainsFunc(set, func(w uint64) bool { return w != 0 })
	}
	if left > renaming && left < c.near() {
		early, err := c.words.allowed(c.matcher.g, c.matcher.at, left-1-renaming)
		if err != nil {
			return nil, err
		}
		if early, some := without(early); some {
			return early, nil
		}
	}
	set, _ = without(set)
	return set, nil
}

// near is how many tokens before the end of the budget the way to a whole text must be looked at: one token may open several things
// that must be closed.
func (c *Constraint) near() int { return c.matcher.Least() + 4*int(c.matcher.g.widest) + 64 }

// Accept goes on by a token that was chosen, and reports whether the text is at its end: nothing may follow it.
func (c *Constraint) Accept(id int32) (ended bool, err error) {
	c.masks.mu.Lock()
	defer c.masks.mu.Unlock()
	text := c.bytesOf(id)
	ok, err := c.matcher.Write(text)
	if c.matcher.g.named {
		c.keys.write(text)
	}
	if err == nil && !ok {
		err = fmt.Errorf("token %d does not fit the form", id)
	}
	return c.matcher.Ended(), err
}

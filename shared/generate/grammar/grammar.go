// Package grammar holds what is generated to a form: a regular expression, one of several texts, or a JSON Schema.
//
// A form becomes a Grammar, a small automaton over bytes whose parts may call each other, as schemas that refer to themselves
// need. A Matcher walks it with what is said; a Vocabulary tells which tokens may come next. States are made when they are first
// met and kept, and so is the set of tokens that each allows, so that in the steady state a token costs a look-up.
package grammar

import (
	"errors"
	"fmt"
	"math"
)

// Grammar is a form that texts may have. Its matchers are used by one goroutine at a time.
type Grammar struct {
	nodes  []state
	rules  []rule
	named  bool  // it is of JSON objects whose fields may have any name
	widest int32 // most bytes that are needed from a node to the end of its rule

	stacks  []frame          // of calls; 0 is the empty one
	frames  map[frame]int32  // numbers of stacks
	states  []place          // met so far
	numbers map[string]int32 // of states
}

// state is a place in the automaton.
type state struct {
	edges []edge
	eps   []int32
	call  int32 // rule that is gone through before next, -1 for none
	next  int32
	end   bool  // of its rule
	least int32 // bytes to the end of its rule at least
}

// edge is taken by a byte from low to high.
type edge struct {
	low, high byte
	to        int32
}

// rule is a part of the automaton that may be called.
type rule struct{ start, end int32 }

// frame is where to go on after a call, and the calls around it.
type frame struct{ back, under int32 }

// place is all the automaton can be at after the same text.
type place struct {
	at     []position
	accept bool
	least  int32      // bytes to an end at least
	next   [256]int32 // place after a byte, unknown or dead
}

type position struct{ node, stack int32 }

const (
	unknown = -2
	dead    = -1
)

// The bounds of a grammar; a hostile schema must not make the host compute without end.
const (
	maxNodes     = 1 << 18
	maxPositions = 4096 // of a place
	maxPlaces    = 1 << 15
	far          = math.MaxInt32 / 4
)

// errAmbiguous is of a grammar that can be in too many places at once.
var errAmbiguous = errors.New("the form is too ambiguous, or refers to itself before anything is said")

// finish works out distances and checks that the grammar can be met at all.
func (g *Grammar) finish() error {
	for i := range g.nodes {
		g.nodes[i].least = far
	}
	for _, r := range g.rules {
		g.nodes[r.end].end, g.nodes[r.end].least = true, 0
	}
	for changed := true; changed; {
		changed = false
		for i := len(g.nodes) - 1; i >= 0; i-- {
			n := &g.nodes[i]
			best := n.least
			for _, e := range n.edges {
				best = min(best, g.nodes[e.to].least+1)
			}
			for _, e := range n.eps {
				best = min(best, g.nodes[e].least)
			}
			if n.call >= 0 {
				best = min(best, g.nodes[g.rules[n.call].start].least+g.nodes[n.next].least)
			}
			if best < n.least {
				n.least, changed = best, true
			}
		}
	}
	for _, n := range g.nodes {
		if n.least < far {
			g.widest = max(g.widest, n.least)
		}
	}
	if g.nodes[g.rules[0].start].least >= far {
		return errors.New("no text has the form")
	}
	g.reset()
	_, err := g.place([]position{{g.rules[0].start, 0}})
	return err
}

// reset forgets the places met so far.
func (g *Grammar) reset() {
	g.stacks, g.frames = []frame{{-1, -1}}, map[frame]int32{}
	g.states, g.numbers = nil, map[string]int32{}
}

// push is the stack under with a frame on it.
func (g *Grammar) push(f frame) int32 {
	n, ok := g.frames[f]
	if !ok {
		n = int32(len(g.stacks))
		g.stacks = append(g.stacks, f)
		g.frames[f] = n
	}
	return n
}

// place is the number of the place of positions and all that can be reached from them without a byte.
func (g *Grammar) place(from []position) (int32, error) {
	seen := map[position]bool{}
	var at []position
	accept := false
	todo := append([]position(nil), from...)
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[p] {
			continue
		}
		seen[p] = true
		if len(seen) > maxPositions {
			return dead, errAmbiguous
		}
		n := &g.nodes[p.node]
		if len(n.edges) > 0 {
			at = append(at, p)
		}
		for _, e := range n.eps {
			todo = append(todo, position{e, p.stack})
		}
		if n.call >= 0 && g.nodes[n.next].least < far {
			todo = append(todo, position{g.rules[n.call].start, g.push(frame{n.next, p.stack})})
		}
		if n.end {
			if p.stack == 0 {
				accept = true
			} else {
				f := g.stacks[p.stack]
				todo = append(todo, position{f.back, f.under})
			}
		}
	}
	if len(at) == 0 && !accept {
		return dead, nil
	}
	return g.number(at, accept), nil
}

// number finds or makes a place.
func (g *Grammar) number(at []position, accept bool) int32 {
	sortPositions(at)
	key := make([]byte, 0, 8*len(at)+1)
	for _, p := range at {
		key = append(key, byte(p.node), byte(p.node>>8), byte(p.node>>16), byte(p.node>>24), byte(p.stack), byte(p.stack>>8), byte(p.stack>>16), byte(p.stack>>24))
	}
	if accept {
		key = append(key, 1)
	}
	if n, ok := g.numbers[string(key)]; ok {
		return n
	}
	s := place{at: at, accept: accept, least: far}
	for i := range s.next {
		s.next[i] = unknown
	}
	if accept {
		s.least = 0
	}
	for _, p := range at {
		least := g.nodes[p.node].least
		for k := p.stack; k != 0 && least < far; k = g.stacks[k].under {
			least += g.nodes[g.stacks[k].back].least
		}
		s.least = min(s.least, least)
	}
	n := int32(len(g.states))
	g.states = append(g.states, s)
	g.numbers[string(key)] = n
	return n
}

// step is the place after a byte, dead if none may come.
func (g *Grammar) step(from int32, b byte) (int32, error) {
	if n := g.states[from].next[b]; n != unknown {
		return n, nil
	}
	var to []position
	for _, p := range g.states[from].at {
		for _, e := range g.nodes[p.node].edges {
			if b >= e.low && b <= e.high {
				to = append(to, position{e.to, p.stack})
			}
		}
	}
	n, err := int32(dead), error(nil)
	if len(to) > 0 {
		if n, err = g.place(to); err != nil {
			return dead, err
		}
		if n >= 0 && g.states[n].least >= far {
			n = dead
		}
		if len(g.states) > maxPlaces {
			return dead, fmt.Errorf("the form has more than %d places", maxPlaces)
		}
	}
	g.states[from].next[b] = n
	return n, nil
}

// Matcher is a text on its way through a grammar.
type Matcher struct {
	g  *Grammar
	at int32
}

// Start is a matcher before the first byte.
func (g *Grammar) Start() Matcher { return Matcher{g, 0} }

// Accepts reports whether the text so far is whole.
func (m Matcher) Accepts() bool { return m.g.states[m.at].accept }

// Ended reports whether nothing may follow.
func (m Matcher) Ended() bool { return len(m.g.states[m.at].at) == 0 }

// Least is how many bytes are needed at least to make the text whole.
func (m Matcher) Least() int { return int(m.g.states[m.at].least) }

// Write goes on by some bytes; ok is false if they may not come, and then the matcher stays.
func (m *Matcher) Write(b []byte) (ok bool, err error) {
	at := m.at
	for _, c := range b {
		if at, err = m.g.step(at, c); err != nil || at == dead {
			return false, err
		}
	}
	m.at = at
	return true, nil
}

// Match reports whether a whole text has the form.
func (g *Grammar) Match(text string) (bool, error) {
	m := g.Start()
	ok, err := m.Write([]byte(text))
	return ok && m.Accepts(), err
}

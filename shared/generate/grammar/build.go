package grammar

import (
	"cmp"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

func sortPositions(at []position) {
	slices.SortFunc(at, func(a, b position) int { return cmp.Or(cmp.Compare(a.node, b.node), cmp.Compare(a.stack, b.stack)) })
}

// builder records an automaton. A part is recorded from a node on and returns the node at its end, so that parts are written in
// the order they are read. The first mistake is kept.
type builder struct {
	g   *Grammar
	err error
}

// part records something from a node on and returns its end.
type part func(from int32) int32

func newBuilder() *builder { return &builder{g: &Grammar{}} }

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// node makes a node.
func (b *builder) node() int32 {
	if len(b.g.nodes) >= maxNodes {
		b.fail("the form needs more than %d places", maxNodes)
		return 0
	}
	b.g.nodes = append(b.g.nodes, state{call: -1})
	return int32(len(b.g.nodes) - 1)
}

func (b *builder) eps(from, to int32) {
	b.g.nodes[from].eps = append(b.g.nodes[from].eps, to)
}

// rule makes a rule without content; define gives it some. Rule 0 is the whole form.
func (b *builder) rule() int32 {
	b.g.rules = append(b.g.rules, rule{b.node(), b.node()})
	return int32(len(b.g.rules) - 1)
}

func (b *builder) define(r int32, p part) {
	if end := p(b.g.rules[r].start); b.err == nil {
		b.eps(end, b.g.rules[r].end)
	}
}

// call goes through a rule.
func (b *builder) call(r int32) part {
	return func(from int32) int32 {
		at, to := b.node(), b.node()
		b.eps(from, at)
		b.g.nodes[at].call, b.g.nodes[at].next = r, to
		return to
	}
}

// bytes is one byte of a range.
func (b *builder) bytes(low, high byte) part {
	return func(from int32) int32 {
		to := b.node()
		b.g.nodes[from].edges = append(b.g.nodes[from].edges, edge{low, high, to})
		return to
	}
}

// text is a text as it is.
func (b *builder) text(s string) part {
	return func(from int32) int32 {
		for i := range len(s) {
			from = b.bytes(s[i], s[i])(from)
		}
		return from
	}
}

// sequence is one part after the other.
func (b *builder) sequence(parts ...part) part {
	return func(from int32) int32 {
		for _, p := range parts {
			from = p(from)
		}
		return from
	}
}

// either is one of several parts.
func (b *builder) either(parts ...part) part {
	return func(from int32) int32 {
		to := b.node()
		for _, p := range parts {
			start := b.node()
			b.eps(from, start)
			b.eps(p(start), to)
		}
		return to
	}
}

// maybe is a part or nothing.
func (b *builder) maybe(p part) part { return b.either(p, b.sequence()) }

// many is a part any number of times.
func (b *builder) many(p part) part {
	return func(from int32) int32 {
		loop := b.node()
		b.eps(from, loop)
		b.eps(p(loop), loop)
		to := b.node()
		b.eps(loop, to)
		return to
	}
}

// times is a part least to most times; most below zero: without bound.
func (b *builder) times(p part, least, most int) part {
	return func(from int32) int32 {
		for range least {
			from = p(from)
			if b.err != nil {
				return from
			}
		}
		if most < 0 {
			return b.many(p)(from)
		}
		to := b.node()
		b.eps(from, to)
		for range most - least {
			from = p(from)
			if b.err != nil {
				return from
			}
			b.eps(from, to)
		}
		return to
	}
}

// runes is one character of a range, as UTF-8.
func (b *builder) runes(low, high rune) part {
	return func(from int32) int32 {
		to := b.node()
		b.runesTo(from, to, low, high)
		return to
	}
}

func (b *builder) runesTo(from, to int32, low, high rune) {
	// Surrogates have no UTF-8.
	if low < 0xD800 && high > 0xDFFF {
		b.runesTo(from, to, low, 0xD7FF)
		b.runesTo(from, to, 0xE000, high)
		return
	}
	if low >= 0xD800 && low <= 0xDFFF {
		low = 0xE000
	}
	if high >= 0xD800 && high <= 0xDFFF {
		high = 0xD7FF
	}
	high = min(high, utf8.MaxRune)
	if low > high {
		return
	}
	// Ranges are cut where the number of bytes changes, and then so that all bytes but the first differing one run through all
	// their values.
	for _, most := range []rune{0x7F, 0x7FF, 0xFFFF} {
		if low <= most && high > most {
			b.runesTo(from, to, low, most)
			b.runesTo(from, to, most+1, high)
			return
		}
	}
	for n := uint(1); n < uint(utf8.RuneLen(low)); n++ {
		m := rune(1)<<(6*n) - 1
		if low&^m != high&^m {
			if low&m != 0 {
				b.runesTo(from, to, low, low|m)
				b.runesTo(from, to, (low|m)+1, high)
				return
			}
			if high&m != m {
				b.runesTo(from, to, low, high&^m-1)
				b.runesTo(from, to, high&^m, high)
				return
			}
		}
	}
	var l, h [utf8.UTFMax]byte
	n := utf8.EncodeRune(l[:], low)
	utf8.EncodeRune(h[:], high)
	for i := range n {
		next := to
		if i < n-1 {
			next = b.node()
		}
		b.g.nodes[from].edges = append(b.g.nodes[from].edges, edge{l[i], h[i], next})
		from = next
	}
}

// grammar is what was recorded, with p as the whole form.
func (b *builder) grammar(p part) (*Grammar, error) {
	b.define(0, p)
	if b.err != nil {
		return nil, b.err
	}
	return b.g, b.g.finish()
}

// folds are the other cases of a character.
func folds(r rune) (others []rune) {
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		others = append(others, f)
	}
	return others
}

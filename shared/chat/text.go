package chat

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// text is a string that knows where each of its bytes comes from. It is never
// changed once made.
type text struct {
	s    string
	tag  tag   // of all of s, where runs is nil
	runs []run // in order, the last ends at len(s)
	safe bool  // Python's Markup: made by the filter safe, escapes what is joined to it
}

// A run is a part of a text from one source.
type run struct {
	end int
	tag tag
}

var emptyText = &text{}

func literal(s string) *text { return &text{s: s} }

func (x *text) typeName() string {
	if x.safe {
		return "Markup"
	}
	return "str"
}

// firstRun is the index of the run that byte i is in.
func (x *text) firstRun(i int) int {
	return sort.Search(len(x.runs), func(k int) bool { return x.runs[k].end > i })
}

// each calls f for the runs of x[i:j], in order.
func (x *text) each(i, j int, f func(s string, t tag)) {
	if x.runs == nil {
		if i < j {
			f(x.s[i:j], x.tag)
		}
		return
	}
	for _, r := range x.runs[x.firstRun(i):] {
		if i >= j {
			return
		}
		end := min(r.end, j)
		f(x.s[i:end], r.tag)
		i = end
	}
}

// slice returns x[i:j] in bytes.
func (x *text) slice(i, j int) *text {
	if i == 0 && j == len(x.s) {
		return x
	}
	y := &text{s: x.s[i:j], tag: x.tag, safe: x.safe}
	if x.runs == nil || i == j {
		return y
	}
	for _, r := range x.runs[x.firstRun(i):] {
		y.runs = append(y.runs, run{min(r.end, j) - i, r.tag})
		if r.end >= j {
			break
		}
	}
	return y.simplify()
}

// simplify replaces a single run by a tag.
func (x *text) simplify() *text {
	switch len(x.runs) {
	case 0:
		x.runs = nil
	case 1:
		x.tag, x.runs = x.runs[0].tag, nil
	}
	return x
}

// as returns x with Markup's flag as given.
func (x *text) as(safe bool) *text {
	if x.safe == safe {
		return x
	}
	y := *x
	y.safe = safe
	return &y
}

// tagged returns x with all bytes from one source.
func (x *text) tagged(t tag) *text { return &text{s: x.s, tag: t, safe: x.safe} }

// tagAt is the tag of byte i.
func (x *text) tagAt(i int) tag {
	if x.runs == nil {
		return x.tag
	}
	return x.runs[x.firstRun(i)].tag
}

// origin is the tag of the first untrusted byte, trusted if there is none. It is
// for what is made of x by other means than copying.
func (x *text) origin() tag {
	worst := trusted
	x.each(0, len(x.s), func(_ string, t tag) {
		if worst.trusted() {
			worst = t
		}
	})
	return worst
}

// size is about how much memory x takes.
func (x *text) size() int { return len(x.s) + 16*len(x.runs) + 64 }

// ascii tells whether bytes are characters.
func (x *text) ascii() bool {
	for i := range len(x.s) {
		if x.s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// len is Python's len: characters.
func (x *text) len() int { return utf8.RuneCountInString(x.s) }

// offset is the byte where character i starts, 0 <= i <= x.len().
func (x *text) offset(i int) int {
	for k := range x.s {
		if i == 0 {
			return k
		}
		i--
	}
	return len(x.s)
}

// A builder puts a text together.
type builder struct {
	b    strings.Builder
	runs []run
}

func (b *builder) len() int { return b.b.Len() }

func (b *builder) add(s string, t tag) {
	if s == "" {
		return
	}
	b.b.WriteString(s)
	if n := len(b.runs); n > 0 && b.runs[n-1].tag == t {
		b.runs[n-1].end = b.b.Len()
		return
	}
	b.runs = append(b.runs, run{b.b.Len(), t})
}

func (b *builder) addText(x *text) {
	if x.runs == nil {
		b.add(x.s, x.tag)
		return
	}
	x.each(0, len(x.s), b.add)
}

// addLearned adds x as the output of a generation block.
func (b *builder) addLearned(x *text) {
	x.each(0, len(x.s), func(s string, t tag) { b.add(s, t|learned) })
}

func (b *builder) text() *text {
	x := &text{s: b.b.String(), runs: b.runs}
	return x.simplify()
}

// join puts texts together, sep between them.
func join(sep *text, parts []*text) *text {
	var b builder
	for i, p := range parts {
		if i > 0 {
			b.addText(sep)
		}
		b.addText(p)
	}
	return b.text()
}

// concat is a + b.
func concat(a, b *text) *text {
	switch {
	case b.s == "":
		return a
	case a.s == "":
		return b.as(a.safe)
	case a.runs == nil && b.runs == nil && a.tag == b.tag:
		return &text{s: a.s + b.s, tag: a.tag, safe: a.safe}
	}
	c := &text{s: a.s + b.s, safe: a.safe, runs: make([]run, 0, len(a.runs)+len(b.runs)+2)}
	put := func(x *text, shift int) {
		add := func(end int, t tag) {
			if n := len(c.runs); n > 0 && c.runs[n-1].tag == t {
				c.runs[n-1].end = end
				return
			}
			c.runs = append(c.runs, run{end, t})
		}
		if x.runs == nil {
			add(shift+len(x.s), x.tag)
		}
		for _, r := range x.runs {
			add(shift+r.end, r.tag)
		}
	}
	put(a, 0)
	put(b, len(a.s))
	return c.simplify()
}

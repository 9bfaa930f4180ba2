package tokenizer

// A behavior says what becomes of the matches when a text is split. The names
// are those of tokenizer.json. Splitting the-final--countdown at "-" gives
//
//	Removed             the final countdown
//	Isolated            the - final - - countdown
//	MergedWithPrevious  the- final- - countdown
//	MergedWithNext      the -final - -countdown
//	Contiguous          the - final -- countdown
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

func (b behavior) valid() bool {
	switch b {
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
		return true
	}
	return false
}

// A part is a stretch of text that is a match, or what lies between two.
type part struct {
	start, end int
	match      bool
}

// split cuts p where m matches, or with invert where it does not, and emits what
// b keeps of it. Empty parts are dropped.
func (b behavior) split(p piece, m matcher, invert bool, emit func(piece)) {
	if p.text == "" {
		return
	}
	// The common cases need no list: every match is a word, gaps are too or not.
	if b == isolated {
		at := 0
		m.each(p.text, func(start, end int) {
			if at < start {
				emit(p.slice(at, start))
			}
			if start < end {
				emit(p.slice(start, end))
			}
			at = end
		})
		if at < len(p.text) {
			emit(p.slice(at, len(p.text)))
		}
		return
	}
	if b == removed && invert {
		m.each(p.text, func(start, end int) {
			if start < end {
				emit(p.slice(start, end))
			}
		})
		return
	}
	for _, c := range b.join(parts(p.text, m, invert)) {
		if c.start < c.end && !(b == removed && c.match) {
			emit(p.slice(c.start, c.end))
		}
	}
}

// parts covers s with the matches of m and the gaps between them.
func parts(s string, m matcher, invert bool) []part {
	var all []part
	at := 0
	m.each(s, func(start, end int) {
		if at < start {
			all = append(all, part{at, start, invert})
		}
		all = append(all, part{start, end, !invert})
		at = end
	})
	if at < len(s) {
		all = append(all, part{at, len(s), invert})
	}
	return all
}

// join merges neighbours as b asks for.
func (b behavior) join(all []part) []part {
	out := all[:0:0]
	previous := false // whether the part before was a match
	switch b {
	case contiguous, mergedWithPrevious:
		for _, c := range all {
			grow := c.match == previous
			if b == mergedWithPrevious {
				grow = c.match && !previous
			}
			if n := len(out); grow && n > 0 {
				out[n-1].end = c.end
			} else {
				out = append(out, c)
			}
			previous = c.match
		}
	case mergedWithNext:
		var back []part
		for i := len(all) - 1; i >= 0; i-- {
			c := all[i]
			if n := len(back); c.match && !previous && n > 0 {
				back[n-1].start = c.start
			} else {
				back = append(back, c)
			}
			previous = c.match
		}
		for i := len(back) - 1; i >= 0; i-- {
			out = append(out, back[i])
		}
	default:
		return all
	}
	return out
}

package prompt

import (
	"slices"
	"strings"
	"unicode"
)

// EditKind says what became of a stretch of text.
type EditKind string

const (
	Kept    EditKind = "equal"
	Deleted EditKind = "delete"
	Added   EditKind = "insert"
)

// Edit is a stretch of text that stayed, went or came.
type Edit struct {
	Kind EditKind `json:"kind"`
	Text string   `json:"text"`
}

// Diff is what leads from one text to another, word by word (Myers 1986). Words are runs of letters and digits; Chinese needs no
// dictionary: each character is compared for itself, and a single one that stayed between two changes is taken into them, so that
// what is shown changes by words.
func Diff(before, after string) []Edit {
	a, b := words(before), words(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var d differ
	d.add(Kept, a[:head]...)
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	d.add(Kept, a[len(a)-tail:]...)
	return d.joined()
}

// words cuts a text where a word begins or ends.
func words(s string) []string {
	class := func(r rune) int {
		switch {
		case unicode.Is(unicode.Han, r):
			return 0
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_':
			return 1
		case r == '\n':
			return 0
		case unicode.IsSpace(r):
			return 2
		}
		return 0 // a token by itself
	}
	var out []string
	start, last := 0, -1
	for i, r := range s {
		c := class(r)
		if i > 0 && (c == 0 || c != last) {
			out = append(out, s[start:i])
			start = i
		}
		last = c
	}
	if s != "" {
		out = append(out, s[start:])
	}
	return out
}

type differ struct{ edits []Edit }

func (d *differ) add(kind EditKind, words ...string) {
	for _, w := range words {
		d.edits = append(d.edits, Edit{kind, w})
	}
}

// maxEdits bounds the work: texts that differ by more words are shown as replaced.
const maxEdits = 3000

// middle compares what lies between the common ends.
func (d *differ) middle(a, b []string) {
	n, m := len(a), len(b)
	most := min(n+m, maxEdits)
	v := make([]int, 2*most+2) // furthest x on each diagonal k, at k+most
	var steps [][]int
	for e := 0; e <= most; e++ {
		for k := -e; k <= e; k += 2 {
			x := 0
			switch {
			case e == 0:
			case k == -e || k != e && v[most+k-1] < v[most+k+1]:
				x = v[most+k+1]
			default:
				x = v[most+k-1] + 1
			}
			for x < n && x-k < m && x-k >= 0 && a[x] == b[x-k] {
				x++
			}
			v[most+k] = x
			if x >= n && x-k >= m {
				d.back(a, b, append(steps, slices.Clone(v)), most)
				return
			}
		}
		steps = append(steps, slices.Clone(v[most-e:most+e+1]))
	}
	d.add(Deleted, a...)
	d.add(Added, b...)
}

// back walks from the end to the beginning and records what was met.
func (d *differ) back(a, b []string, steps [][]int, most int) {
	var out []Edit
	x, y := len(a), len(b)
	for e := len(steps) - 1; e > 0; e-- {
		v := steps[e-1] // of diagonals -(e-1) to e-1
		at := func(k int) int {
			if k < -(e-1) || k > e-1 {
				return -1
			}
			return v[k+e-1]
		}
		k := x - y
		before := k - 1
		if k == -e || k != e && at(k-1) < at(k+1) {
			before = k + 1
		}
		px := at(before)
		py := px - before
		for x > px && y > py {
			x, y = x-1, y-1
			out = append(out, Edit{Kept, a[x]})
		}
		if before == k+1 {
			y--
			out = append(out, Edit{Added, b[y]})
		} else {
			x--
			out = append(out, Edit{Deleted, a[x]})
		}
	}
	for x > 0 {
		x--
		out = append(out, Edit{Kept, a[x]})
	}
	slices.Reverse(out)
	d.edits = append(d.edits, out...)
}

// joined puts what lies together into one edit, deletions before additions, and takes short stretches between changes into them.
func (d *differ) joined() []Edit {
	var out []Edit
	var gone, came strings.Builder
	flush := func() {
		if gone.Len() > 0 {
			out = append(out, Edit{Deleted, gone.String()})
		}
		if came.Len() > 0 {
			out = append(out, Edit{Added, came.String()})
		}
		gone.Reset()
		came.Reset()
	}
	for i := 0; i < len(d.edits); {
		switch e := d.edits[i]; e.Kind {
		case Deleted:
			gone.WriteString(e.Text)
			i++
		case Added:
			came.WriteString(e.Text)
			i++
		default:
			end := i
			var text strings.Builder
			for end < len(d.edits) && d.edits[end].Kind == Kept {
				text.WriteString(d.edits[end].Text)
				end++
			}
			same := text.String()
			if changed := gone.Len()+came.Len() > 0; changed && end < len(d.edits) && island(same) {
				gone.WriteString(same)
				came.WriteString(same)
			} else {
				flush()
				out = append(out, Edit{Kept, same})
			}
			i = end
		}
	}
	flush()
	return out
}

// island reports whether a stretch is too short to be shown for itself between two changes: a blank, or one Chinese character.
func island(s string) bool {
	if strings.Contains(s, "\n") {
		return false
	}
	if strings.TrimSpace(s) == "" {
		return true
	}
	r := []rune(s)
	return len(r) == 1 && unicode.Is(unicode.Han, r[0])
}

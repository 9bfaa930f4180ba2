package chat

import (
	"slices"
	"sort"
	"strings"

	"graft/shared/tokenizer"
)

// A Tokenizer is what Encode needs of one. [*tokenizer.Tokenizer] has it.
type Tokenizer interface {
	// Encode encodes a text, with all added tokens in it found.
	Encode(text string, addSpecial bool) tokenizer.Encoding
	// Append encodes a text in which no special token is found.
	Append(dst []int32, text string) []int32
	// Special is the id of an added token.
	Special(name string) (id int32, ok bool)
	// Token is the spelling of an id.
	Token(id int32) string
}

// Encode turns segments into ids. learn tells of each id whether any of its text
// is to be learnt.
//
// The text is encoded as one, so the ids are those of the whole rendered text,
// with one difference: special tokens are found only where all their bytes are
// trusted. What else looks like one is encoded as plain text.
func Encode(segments []Segment, tok Tokenizer) (ids []int32, learn []bool) {
	l := newLayout(segments)
	e := tok.Encode(l.text, false)
	kinds := make([]byWhom, len(e.IDs))
	s := &specials{tok: tok, seen: map[int32]specialKind{}}
	forged := false
	for i, id := range e.IDs {
		kinds[i] = s.classify(l, id, e.Offsets[i])
		forged = forged || kinds[i] == forgedToken
	}
	if !forged {
		learn = make([]bool, len(e.IDs))
		for i, o := range e.Offsets {
			learn[i] = l.learns(o[0], o[1])
		}
		return e.IDs, learn
	}
	return l.withoutForged(e, kinds, tok)
}

// layout is the text of segments.
type layout struct {
	text     string
	segments []Segment
	ends     []int
}

func newLayout(segments []Segment) *layout {
	l := &layout{text: Result{Segments: segments}.String(), segments: segments}
	end := 0
	for _, s := range segments {
		end += len(s.Text)
		l.ends = append(l.ends, end)
	}
	return l
}

// any tells whether f holds for a segment that has a byte in [i, j). An empty
// range stands for the byte at its start.
func (l *layout) any(i, j int, f func(*Segment) bool) bool {
	j = max(j, i+1)
	for k := sort.SearchInts(l.ends, i+1); k < len(l.ends); k++ {
		if f(&l.segments[k]) {
			return true
		}
		if l.ends[k] >= j {
			break
		}
	}
	return false
}

func (l *layout) learns(i, j int) bool {
	return l.any(i, j, func(s *Segment) bool { return s.Learn })
}

func (l *layout) untrusted(i, j int) bool {
	return l.any(i, j, func(s *Segment) bool { return !s.Trusted })
}

// byWhom says how a token of the encoded text came about.
type byWhom uint8

const (
	wordToken    byWhom = iota // spelled by the model
	trustedToken               // an added token the template wrote
	forgedToken                // an added token that is not, or not all, the template's
)

// specialKind says what an id is, wherever it stands.
type specialKind uint8

const (
	ordinary specialKind = iota + 1 // of the model's vocabulary
	mereText                        // an added token that plain text yields, too, such as a run of spaces
	special                         // an added token that only trusted text may yield
)

type specials struct {
	tok  Tokenizer
	seen map[int32]specialKind
}

func (s *specials) kind(id int32) specialKind {
	if k := s.seen[id]; k != 0 {
		return k
	}
	name := s.tok.Token(id)
	k := ordinary
	if added, ok := s.tok.Special(name); ok && added == id {
		k = special
		if slices.Equal(s.tok.Append(nil, name), []int32{id}) {
			k = mereText
		}
	}
	s.seen[id] = k
	return k
}

func (s *specials) classify(l *layout, id int32, at [2]int) byWhom {
	if s.kind(id) != special {
		return wordToken
	}
	i, j := at[0], at[1]
	switch k := strings.Index(l.text[i:j], s.tok.Token(id)); {
	case k >= 0: // white space around it may be part of its range
		i, j = i+k, i+k+len(s.tok.Token(id))
	case slices.Contains(s.tok.Append(nil, l.text[i:j]), id):
		return wordToken // what stands for unknown words
	}
	if l.untrusted(i, j) {
		return forgedToken
	}
	return trustedToken
}

// withoutForged is the encoding e, where what lies between trusted special tokens
// and has a forged one is encoded anew, as plain text.
func (l *layout) withoutForged(e tokenizer.Encoding, kinds []byWhom, tok Tokenizer) (ids []int32, learn []bool) {
	start := 0 // of the part, in bytes
	for i := 0; i < len(kinds); {
		first, forged := i, false
		for ; i < len(kinds) && kinds[i] != trustedToken; i++ {
			forged = forged || kinds[i] == forgedToken
		}
		end := len(l.text)
		if i < len(kinds) {
			end = e.Offsets[i][0]
		}
		if forged {
			part := tok.Append(nil, l.text[start:end])
			ids = append(ids, part...)
			learn = append(learn, l.learnPart(part, start, end, tok)...)
		} else {
			for k := first; k < i; k++ {
				ids = append(ids, e.IDs[k])
				learn = append(learn, l.learns(e.Offsets[k][0], e.Offsets[k][1]))
			}
		}
		if i < len(kinds) {
			ids = append(ids, e.IDs[i])
			learn = append(learn, l.learns(e.Offsets[i][0], e.Offsets[i][1]))
			start = e.Offsets[i][1]
			i++
		}
	}
	return ids, learn
}

// learnPart tells which ids of text[start:end] are to be learnt. Where that
// changes inside, the text before is encoded alone: the ids that agree with those
// of the whole lie before the change.
func (l *layout) learnPart(ids []int32, start, end int, tok Tokenizer) []bool {
	learn := make([]bool, len(ids))
	from := 0
	for at := start; at < end; {
		k := sort.SearchInts(l.ends, at+1)
		yes := l.segments[k].Learn
		for k+1 < len(l.ends) && l.segments[k+1].Learn == yes {
			k++
		}
		at = min(l.ends[k], end)
		to := len(ids)
		if at < end {
			to = from
			for i, id := range tok.Append(nil, l.text[start:at]) {
				if i >= len(ids) || ids[i] != id {
					break
				}
				to = max(to, i+1)
			}
		}
		for i := from; i < to; i++ {
			learn[i] = yes
		}
		from = to
	}
	return learn
}

package tokenizer

import "strings"

// A Decoder decodes ids as they come, one at a time. It holds back what is not a
// whole character yet. It is not for use by several goroutines at once.
//
//	d := t.NewDecoder(true)
//	for id := range ids {
//		fmt.Print(d.Next(id))
//	}
//	fmt.Print(d.Flush())
type Decoder struct {
	t           *Tokenizer
	skipSpecial bool

	// Byte-level vocabularies: the start of a character whose rest is to come.
	tail []byte

	// Others, where the text of a token depends on its neighbours: the ids from
	// the last two steps that gave text, the text of the first of the two, and
	// how many ids that took. New text is what more ids add to it.
	ids   []int32
	seen  string
	nSeen int
}

// NewDecoder returns a decoder at the start of a text.
func (t *Tokenizer) NewDecoder(skipSpecial bool) *Decoder {
	return &Decoder{t: t, skipSpecial: skipSpecial}
}

// Next returns the text that is complete with id: often that of id, but "" in
// the middle of a character.
func (d *Decoder) Next(id int32) string {
	if d.skipSpecial && d.t.IsSpecial(id) {
		return ""
	}
	if d.t.isByte {
		d.tail = append(d.tail, d.t.Bytes(id)...)
		n := len(d.tail) - incomplete(d.tail)
		s := lossy(d.tail[:n])
		d.tail = append(d.tail[:0], d.tail[n:]...)
		return s
	}
	d.ids = append(d.ids, id)
	s := d.t.Decode(d.ids, d.skipSpecial)
	if len(s) <= len(d.seen) || strings.HasSuffix(s, replacement) {
		return ""
	}
	s = added(d.seen, s)
	d.ids = append(d.ids[:0], d.ids[d.nSeen:]...)
	d.nSeen = len(d.ids)
	d.seen = d.t.Decode(d.ids, d.skipSpecial)
	return s
}

// Flush returns the text held back, its unfinished characters as U+FFFD, and
// starts over.
func (d *Decoder) Flush() string {
	var s string
	if d.t.isByte {
		s = lossy(d.tail)
	} else {
		s = added(d.seen, d.t.Decode(d.ids, d.skipSpecial))
	}
	*d = Decoder{t: d.t, skipSpecial: d.skipSpecial}
	return s
}

// added returns what s has more than seen, which it nearly always starts with.
func added(seen, s string) string {
	if rest, ok := strings.CutPrefix(s, seen); ok {
		return rest
	}
	i := 0
	for i < len(seen) && i < len(s) && seen[i] == s[i] {
		i++
	}
	return strings.ToValidUTF8(s[i:], "")
}

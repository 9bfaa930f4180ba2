package chat

import "strings"

// A Segment is a part of a rendered text from one source.
type Segment struct {
	Text string
	// Trusted text was written by the template, or given as a special token.
	// Only in it, special tokens are recognised.
	Trusted bool
	// Learn marks what a model is to learn to write.
	Learn bool
	// Message is the index of the message that the text is from, -1 if it is
	// from none, and Role is the role of that message.
	Message int
	Role    string
}

// A Result is a rendered conversation.
type Result struct {
	Segments []Segment // none is empty
	// Marked tells that the template has generation blocks, so that Learn means
	// something. See [Template.RenderLearn] for templates without.
	Marked bool
}

// String is the text.
func (r Result) String() string {
	n := 0
	for _, s := range r.Segments {
		n += len(s.Text)
	}
	var b strings.Builder
	b.Grow(n)
	for _, s := range r.Segments {
		b.WriteString(s.Text)
	}
	return b.String()
}

// segments cuts the output into its runs.
func (in *Input) segments(x *text) []Segment {
	var all []Segment
	x.each(0, len(x.s), func(s string, t tag) {
		g := Segment{Text: s, Trusted: t.trusted(), Learn: t.learned(), Message: -1}
		if i := t.message(); i >= 0 {
			g.Message = i
			g.Role = roleOf(in.Messages[i])
		}
		all = append(all, g)
	})
	return all
}

// roleOf is the role of a message, "" if it has none.
func roleOf(message Value) string {
	if d, ok := message.(*Dict); ok {
		if x, ok := d.Get("role").(*text); ok {
			return x.s
		}
	}
	return ""
}

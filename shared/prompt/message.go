package prompt

import "strings"

// Message is one turn of the conversation that a prompt asks for.
type Message struct {
	Role     string // system, user, model or tool
	Content  []Part
	Metadata *Object
}

// Text is the message's text without its media.
func (m *Message) Text() string {
	var b strings.Builder
	for _, p := range m.Content {
		b.WriteString(p.Text)
	}
	return b.String()
}

// Part is a stretch of a message: text, media or a mark.
type Part struct {
	Text     string
	Segments []Segment // of the text, nil for a part that is none
	Media    *Media
	Metadata *Object
	Other    *Object // a part of the history that is none of these, such as a tool's answer
}

// MarshalJSON writes the part as Dotprompt does.
func (p Part) MarshalJSON() ([]byte, error) { return p.object().MarshalJSON() }

func (p Part) object() *Object {
	if p.Other != nil {
		return p.Other
	}
	o := NewObject()
	if p.Segments != nil {
		o.Set("text", p.Text)
	}
	if p.Media != nil {
		o.Set("media", object("contentType", orNil(p.Media.ContentType), "url", p.Media.URL))
	}
	if p.Metadata != nil {
		o.Set("metadata", p.Metadata)
	}
	return o
}

// MarshalJSON writes the message as Dotprompt does.
func (m Message) MarshalJSON() ([]byte, error) { return m.object().MarshalJSON() }

func (m Message) object() *Object {
	content := make([]any, len(m.Content))
	for i, p := range m.Content {
		content[i] = p.object()
	}
	o := object("role", m.Role, "content", content)
	if m.Metadata != nil {
		o.Set("metadata", m.Metadata)
	}
	return o
}

// MessagesValue is messages as a value that can be written as JSON.
func MessagesValue(messages []Message) []any {
	list := make([]any, len(messages))
	for i, m := range messages {
		list[i] = m.object()
	}
	return list
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Segment is a stretch of text from one source.
type Segment struct {
	Text     string
	Variable string // as written in the template; "" for the template's own words
}

// Media is an image, a sound or another file.
type Media struct {
	ContentType string
	URL         string
}

// writer takes what a template says and makes messages of it, with the rules of Dotprompt's reference: text without a role is
// the user's, stretches of white space alone are dropped, and so are messages without content.
type writer struct {
	messages []Message
	history  []Message
	said     bool // the history was placed

	pending []Segment       // text since the last mark
	tail    strings.Builder // of the last of them
	current Message
	size    int

	indents []string // of partials that have a line to themselves
	begun   bool     // the indent of the line was written
}

// maxOutput is the longest text a template may make, in bytes.
const maxOutput = 16 << 20

func newWriter(history []Message) *writer {
	return &writer{history: history, current: Message{Role: "user"}}
}

// text adds text; it reports whether there is room for it.
func (w *writer) text(s, variable string) bool {
	if w.size += len(s); w.size > maxOutput {
		return false
	}
	if len(w.indents) > 0 {
		return w.indented(s, variable)
	}
	w.add(s, variable)
	return true
}

// indented adds text with the indents before each line of it.
func (w *writer) indented(s, variable string) bool {
	indent := strings.Join(w.indents, "")
	for s != "" {
		line, rest, more := strings.Cut(s, "\n")
		if !w.begun {
			w.add(indent, "")
			w.size += len(indent)
		}
		w.begun = !more
		if more {
			line += "\n"
		}
		w.add(line, variable)
		s = rest
	}
	return w.size <= maxOutput
}

func (w *writer) add(s, variable string) {
	if s == "" {
		return
	}
	if n := len(w.pending); n == 0 || w.pending[n-1].Variable != variable {
		w.settle()
		w.pending = append(w.pending, Segment{Variable: variable})
	}
	w.tail.WriteString(s)
}

// settle gives the last segment its text.
func (w *writer) settle() {
	if n := len(w.pending); n > 0 {
		w.pending[n-1].Text = w.tail.String()
	}
	w.tail.Reset()
}

// flush makes the text so far a part.
func (w *writer) flush() {
	w.settle()
	var b strings.Builder
	for _, s := range w.pending {
		b.WriteString(s.Text)
	}
	if text := b.String(); strings.TrimSpace(text) != "" {
		w.current.Content = append(w.current.Content, Part{Text: text, Segments: w.pending})
	}
	w.pending = nil
}

func (w *writer) part(p Part) {
	w.flush()
	w.current.Content = append(w.current.Content, p)
}

// role begins a message, unless the one before has nothing in it yet.
func (w *writer) role(role string) {
	w.flush()
	if len(w.current.Content) > 0 {
		w.messages = append(w.messages, w.current)
		w.current = Message{}
	}
	w.current.Role = role
}

// placeHistory puts the conversation so far here.
func (w *writer) placeHistory() {
	w.role("model")
	w.said = true
	for _, m := range w.history {
		m.Metadata = m.Metadata.Merged(object("purpose", "history"))
		w.messages = append(w.messages, m)
	}
}

// end returns the messages. History that had no place comes before the last message if that is the user's, else at the end.
func (w *writer) end() []Message {
	w.flush()
	if len(w.current.Content) > 0 {
		w.messages = append(w.messages, w.current)
	}
	if w.said || len(w.history) == 0 {
		return w.messages
	}
	n := len(w.messages)
	if n > 0 && w.messages[n-1].Role == "user" {
		last := w.messages[n-1]
		return append(append(w.messages[:n-1:n-1], w.history...), last)
	}
	return append(w.messages, w.history...)
}

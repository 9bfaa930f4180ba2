package studio

import (
	"context"
	"errors"
	"sync"
)

// Column is one place that answers are written into; several stand side by side to compare prompts and adapters.
type Column struct {
	Document string // by ID; "": the one in the editor
	Adapter  string

	mu      sync.Mutex
	text    []byte
	answer  *Answer
	err     error
	running bool
	cancel  context.CancelFunc
}

// ColumnState is a column at one time.
type ColumnState struct {
	Text    string
	Answer  *Answer // nil until it is done
	Error   string
	Running bool
}

// State is what there is now.
func (c *Column) State() ColumnState {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := ColumnState{Text: string(c.text), Answer: c.answer, Running: c.running}
	if c.err != nil {
		s.Error = c.err.Error()
	}
	return s
}

// errBusy refuses a second run of a column.
var errBusy = errors.New("an answer is still being written here: stop it first")

// Run asks for an answer and waits for it; changed is called after each piece. What was there before is gone.
func (c *Column) Run(ctx context.Context, r Runner, request Request, changed func()) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	if c.running {
		c.mu.Unlock()
		return errBusy
	}
	c.running, c.text, c.answer, c.err, c.cancel = true, nil, nil, nil, cancel
	c.mu.Unlock()
	changed()
	request.Adapter = c.Adapter
	answer, err := r.Answer(ctx, request, func(piece string) {
		c.mu.Lock()
		c.text = append(c.text, piece...)
		c.mu.Unlock()
		changed()
	})
	c.mu.Lock()
	c.running, c.cancel = false, nil
	switch {
	case err == nil:
		c.answer = &answer
	case !errors.Is(err, context.Canceled):
		c.err = err
	}
	c.mu.Unlock()
	changed()
	return err
}

// Stop ends a run between tokens; what is written stays.
func (c *Column) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel()
	}
}

// Conversation turns the editor's messages into those that models take.
func (v *View) Conversation() []Message {
	out := make([]Message, 0, len(v.Messages))
	for _, m := range v.Messages {
		role := m.Role
		if role == "model" {
			role = "assistant"
		}
		text := ""
		for _, s := range m.Segments {
			text += s.Text
		}
		out = append(out, Message{Role: role, Content: text})
	}
	return out
}

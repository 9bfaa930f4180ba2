package engine

import (
	"context"

	"graft/shared/api"
	"graft/shared/generate"
)

// Writing is the answer to a request, made a step at a time by one who has other things to do between the steps.
type Writing struct {
	generator *Generator
	text      *generate.Text
	prompt    []int32
	unread    []int32
	tally     *tally
	begun     bool
}

// Start begins the answer to a request. The generator has one at a time.
func (g *Generator) Start(r api.GenerateRequest) (*Writing, error) {
	req, err := g.base.request(r, g.context)
	if err == nil {
		err = req.Check()
	}
	if err == nil {
		err = g.room(len(req.Prompt) + req.MaxNewTokens)
	}
	if err != nil {
		return nil, err
	}
	w := &Writing{generator: g, text: generate.NewText(req, g.base.Tokenizer.NewDecoder(true)), prompt: req.Prompt, tally: newTally(r.Prompt)}
	w.unread = w.prompt[g.rewind(w.prompt):]
	w.tally.PromptTokens = len(w.prompt)
	return w, nil
}

// Step reads up to rows tokens of the prompt, or makes the next token; ok is false as long as there is none. The last has a FinishReason.
// An error ends the answer.
func (w *Writing) Step(ctx context.Context, rows int) (c api.Chunk, ok bool, err error) {
	part := w.unread[:min(max(rows, 1), len(w.unread))]
	logits, err := w.generator.feed(ctx, part)
	if err != nil {
		return api.Chunk{}, false, err
	}
	if w.unread = w.unread[len(part):]; len(w.unread) > 0 {
		return api.Chunk{}, false, nil
	}
	t, err := w.text.Next(logits)
	if err != nil {
		return api.Chunk{}, false, err
	}
	w.unread, w.begun = []int32{t.ID}, true
	c = chunk(t)
	w.tally.add(c)
	return c, true, nil
}

// Logits reads what is left of the prompt and returns the logits of the token after it, instead of a Step.
func (w *Writing) Logits(ctx context.Context) ([]float32, error) {
	return w.generator.feed(ctx, w.unread)
}

// Read is how many tokens of the prompt are read, of how many.
func (w *Writing) Read() (n, of int) {
	if w.begun {
		return len(w.prompt), len(w.prompt)
	}
	return len(w.prompt) - len(w.unread), len(w.prompt)
}

// Generation is the text so far.
func (w *Writing) Generation() api.Generation { return w.tally.end() }

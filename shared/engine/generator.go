package engine

import (
	"context"
	"fmt"
	"iter"
	"time"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/generate"
	"graft/shared/tensor"
)

// Generator continues texts. What a prompt shares with the one before is not read again.
type Generator struct {
	base    *Base
	adapter *Adapter
	cache   tensor.DType
	context int // the most tokens there is room for
	session *Session
	fed     []int32 // what the session holds
}

// Generator readies the base, and the adapter unless nil, to generate. Keys and values are kept as cache, F16 or F32.
func (b *Base) Generator(a *Adapter, cache tensor.DType) *Generator {
	g := &Generator{base: b, adapter: a, cache: cache, context: b.Model.Config().MaxPositionEmbeddings}
	if a != nil {
		v := adapter.VirtualOf(a.Adapter)
		g.context -= v.Rows + v.Keys
	}
	return g
}

// Limit refuses requests that take room for more than context tokens.
func (g *Generator) Limit(context int) { g.context = min(g.context, context) }

// contextStep is what contexts are rounded up to, so that prompts of like lengths share a session.
const contextStep = 512

// room gets a session with room for n tokens.
func (g *Generator) room(n int) error {
	if g.session != nil && g.session.Context() >= n {
		return nil
	}
	if n > g.context {
		return fmt.Errorf("prompt and max_new_tokens are %d tokens, and there is room for %d", n, g.context)
	}
	s, err := g.base.Session(g.adapter, min((n+contextStep-1)/contextStep*contextStep, g.context), g.cache)
	if err != nil {
		return err
	}
	if g.session != nil {
		if err := g.session.Close(); err != nil {
			return err
		}
	}
	g.session, g.fed = s, nil
	return nil
}

// rewind forgets all that the session holds but what a prompt begins with, and returns how many tokens that are. The last token
// of the prompt is never among them, since its logits are needed.
func (g *Generator) rewind(prompt []int32) int {
	same := 0
	for same < len(prompt)-1 && same < len(g.fed) && prompt[same] == g.fed[same] {
		same++
	}
	g.session.Rewind(same)
	g.fed = g.fed[:same]
	return same
}

// feed reads tokens after those that were fed before. It is a generate.Step.
func (g *Generator) feed(ctx context.Context, ids []int32) ([]float32, error) {
	logits, err := g.session.Feed(ctx, ids)
	if err != nil {
		g.fed = g.fed[:0]
		g.session.Rewind(0)
		return nil, err
	}
	g.fed = append(g.fed, ids...)
	return logits, nil
}

// Prompt gives the tokens of a request's prompt.
func (b *Base) Prompt(r api.GenerateRequest) ([]int32, error) {
	if len(r.Messages) > 0 {
		return b.encodeChat(r.Messages)
	}
	ids := b.Tokenizer.Encode(r.Prompt, true).IDs
	if len(ids) == 0 {
		return nil, fmt.Errorf("prompt is empty")
	}
	return ids, nil
}

// defaultNewTokens is max_new_tokens where a request does not say it and there is room.
const defaultNewTokens = 256

// request is a request in tokens. room is how many the cache can hold.
func (b *Base) request(r api.GenerateRequest, room int) (generate.Request, error) {
	most := b.Model.Config().MaxPositionEmbeddings
	prompt, err := b.Prompt(r)
	if err == nil {
		err = b.checkTokens(prompt)
	}
	if r.MaxNewTokens == 0 {
		r.MaxNewTokens = max(1, min(defaultNewTokens, min(room, most)-len(prompt)))
	}
	if n := len(prompt) + r.MaxNewTokens; err == nil && n > most {
		err = fmt.Errorf("prompt and max_new_tokens are %d tokens, and the model reads at most %d", n, most)
	}
	if err != nil {
		return generate.Request{}, err
	}
	c, err := b.constraint(r.ResponseFormat)
	return generate.Request{Constraint: c, Prompt: prompt, MaxNewTokens: r.MaxNewTokens, EOS: b.Model.Config().EOSTokenID, Stop: r.Stop,
		Sampling: generate.Sampling{RepetitionPenalty: r.RepetitionPenalty, Temperature: r.Temperature, TopK: r.TopK, TopP: r.TopP, MinP: r.MinP, Seed: r.Seed}}, err
}

// Stream generates the answer to a request token by token.
func (g *Generator) Stream(ctx context.Context, r api.GenerateRequest) iter.Seq2[api.Chunk, error] {
	return func(yield func(api.Chunk, error) bool) {
		req, err := g.base.request(r, g.context)
		if err == nil {
			err = g.room(len(req.Prompt) + req.MaxNewTokens)
		}
		if err != nil {
			yield(api.Chunk{}, err)
			return
		}
		first := true
		step := func(ctx context.Context, ids []int32) ([]float32, error) {
			if first {
				first, ids = false, ids[g.rewind(ids):]
			}
			return g.feed(ctx, ids)
		}
		for t, err := range generate.Generate(ctx, step, g.base.Tokenizer.NewDecoder(true), req) {
			if !yield(chunk(t), err) {
				return
			}
		}
	}
}

// Generate waits for the whole answer to a request.
func (g *Generator) Generate(ctx context.Context, r api.GenerateRequest) (api.Generation, error) {
	return g.base.collect(r, g.Stream(ctx, r))
}

// collect waits for the end of a request's stream. With an error it returns what came before.
func (b *Base) collect(r api.GenerateRequest, stream iter.Seq2[api.Chunk, error]) (api.Generation, error) {
	t := newTally(r.Prompt)
	prompt, err := b.Prompt(r)
	if err != nil {
		return t.Generation, err
	}
	t.PromptTokens = len(prompt)
	for c, err := range stream {
		if err != nil {
			return t.Generation, err
		}
		t.add(c)
	}
	return t.end(), nil
}

// tally adds up a text as it comes.
type tally struct {
	api.Generation
	start time.Time
	first time.Duration
}

func newTally(prompt string) *tally {
	return &tally{Generation: api.Generation{Prompt: prompt}, start: time.Now()}
}

func (t *tally) add(c api.Chunk) {
	if t.CompletionTokens++; t.CompletionTokens == 1 {
		t.first = time.Since(t.start)
	}
	t.Text += c.Text
	t.FinishReason = c.FinishReason
}

// end is the whole, with its times.
func (t *tally) end() api.Generation {
	t.FirstTokenMS = float64(t.first) / float64(time.Millisecond)
	if s := (time.Since(t.start) - t.first).Seconds(); t.CompletionTokens > 1 && s > 0 {
		t.TokensPerSecond = float64(t.CompletionTokens-1) / s
	}
	return t.Generation
}

// Close frees the generator; the base stays.
func (g *Generator) Close() error {
	if g.session == nil {
		return nil
	}
	return g.session.Close()
}

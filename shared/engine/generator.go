package engine

import (
	"context"
	"fmt"
	"iter"
	"time"

	"graft/shared/api"
	"graft/shared/generate"
	"graft/shared/tensor"
)

// Generator continues texts. What a prompt shares with the one before is not read again.
type Generator struct {
	base    *Base
	adapter *Adapter
	cache   tensor.DType
	session *Session
	fed     []int32 // what the session holds
}

// Generator readies the base, and the adapter unless nil, to generate. Keys and values are kept as cache, F16 or F32.
func (b *Base) Generator(a *Adapter, cache tensor.DType) *Generator {
	return &Generator{base: b, adapter: a, cache: cache}
}

// contextStep is what contexts are rounded up to, so that prompts of like lengths share a session.
const contextStep = 512

// room gets a session with room for n tokens.
func (g *Generator) room(n int) error {
	if g.session != nil && g.session.Context() >= n {
		return nil
	}
	most := g.base.Model.Config().MaxPositionEmbeddings
	s, err := g.base.Session(g.adapter, min((n+contextStep-1)/contextStep*contextStep, most), g.cache)
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

// step is a generate.Step: the first call gets the whole prompt.
func (g *Generator) step(ctx context.Context, ids []int32, first bool) ([]float32, error) {
	if first {
		same := 0
		for same < len(ids)-1 && same < len(g.fed) && ids[same] == g.fed[same] {
			same++
		}
		g.session.Rewind(same)
		g.fed, ids = g.fed[:same], ids[same:]
	}
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
		req, err := g.base.request(r, g.base.Model.Config().MaxPositionEmbeddings)
		if err == nil {
			err = g.room(len(req.Prompt) + req.MaxNewTokens)
		}
		if err != nil {
			yield(api.Chunk{}, err)
			return
		}
		first := true
		step := func(ctx context.Context, ids []int32) ([]float32, error) {
			defer func() { first = false }()
			return g.step(ctx, ids, first)
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
	out := api.Generation{Prompt: r.Prompt}
	prompt, err := b.Prompt(r)
	if err != nil {
		return out, err
	}
	out.PromptTokens = len(prompt)
	start := time.Now()
	var first time.Duration
	for c, err := range stream {
		if err != nil {
			return out, err
		}
		if out.CompletionTokens++; out.CompletionTokens == 1 {
			first = time.Since(start)
		}
		out.Text += c.Text
		out.FinishReason = c.FinishReason
	}
	out.FirstTokenMS = float64(first) / float64(time.Millisecond)
	if n := out.CompletionTokens - 1; n > 0 {
		out.TokensPerSecond = float64(n) / (time.Since(start) - first).Seconds()
	}
	return out, nil
}

// Close frees the generator; the base stays.
func (g *Generator) Close() error {
	if g.session == nil {
		return nil
	}
	return g.session.Close()
}

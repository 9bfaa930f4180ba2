// Package generate chooses tokens from logits until a text is done.
//
// It knows no model: Generate feeds tokens to a Step function and gets the logits of the next token back, chooses with a
// Sampler, and streams the text, never a part of a stop string. A Scheduler does so for many sequences at once, in passes
// they share. Options have Hugging Face's names and meanings.
package generate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// Step feeds tokens to a model, after those it was fed before, and returns the logits of the token that follows the last.
// The logits are only read, before the next call.
type Step func(ctx context.Context, ids []int32) (logits []float32, err error)

// Decoder turns tokens into text as they come, holding back what is not a whole character; tokenizer.Decoder is one.
type Decoder interface {
	Next(id int32) string
	Flush() string
}

// Request is what to generate.
type Request struct {
	Prompt       []int32
	MaxNewTokens int
	EOS          []int32  // tokens that end the text
	Stop         []string // texts that end it; they are not part of it
	Sampling     Sampling
	Constraint   Constraint // nil: none
}

// Constraint keeps a text to a form; grammar.Constraint is one. It is asked once for each token of one text.
type Constraint interface {
	// Mask sets the logits of tokens that may not come next to -Inf. left is how many may come, with this one.
	Mask(logits []float32, left int) error
	// Accept takes the token that was chosen, unless it ends the text, and reports whether nothing may follow it.
	Accept(id int32) (ended bool, err error)
}

// Finish says why a text ended.
type Finish string

const (
	Running Finish = ""
	EOS     Finish = "eos"    // the model said an end token
	Stop    Finish = "stop"   // a stop string came
	Length  Finish = "length" // max_new_tokens were said
)

// Token is one step of a stream.
type Token struct {
	ID     int32
	Text   string // what can be shown now; it may lag behind the tokens
	Finish Finish // of the last token
}

// Check reports a request that cannot be served.
func (r *Request) Check() error {
	switch {
	case len(r.Prompt) == 0:
		return errors.New("prompt has no tokens")
	case r.MaxNewTokens < 1:
		return fmt.Errorf("max_new_tokens is %d, expected at least 1", r.MaxNewTokens)
	case slices.Contains(r.Stop, ""):
		return errors.New("stop string is empty")
	}
	return r.Sampling.Check()
}

// Generate streams the tokens that follow a prompt. It ends after a token with a Finish, or after an error, which is of the
// request, of the step, of the context or of logits that are not numbers. The first step gets the whole prompt, each other one token;
// to stop is to leave the loop.
func Generate(ctx context.Context, step Step, decoder Decoder, r Request) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		if err := r.Check(); err != nil {
			yield(Token{}, err)
			return
		}
		text := NewText(r, decoder)
		next := r.Prompt
		for {
			if err := ctx.Err(); err != nil {
				yield(Token{}, err)
				return
			}
			logits, err := step(ctx, next)
			if err != nil {
				yield(Token{}, err)
				return
			}
			t, err := text.Next(logits)
			if !yield(t, err) || err != nil || t.Finish != Running {
				return
			}
			next = []int32{t.ID}
		}
	}
}

// Output is a whole generated text.
type Output struct {
	Text   string
	IDs    []int32 // with the end token, if one was said
	Finish Finish
}

// Collect waits for the end of a stream. With an error it returns what came before.
func Collect(stream iter.Seq2[Token, error]) (out Output, err error) {
	for t, err := range stream {
		if err != nil {
			return out, err
		}
		out.Text += t.Text
		out.IDs = append(out.IDs, t.ID)
		out.Finish = t.Finish
	}
	return out, nil
}

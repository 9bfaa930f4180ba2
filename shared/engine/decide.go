package engine

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"graft/shared/api"
	"graft/shared/generate"
)

// maxChoices bounds what one decision is among.
const maxChoices = 1000

// Decide tells how likely each of several texts is to follow a prompt. The prompt is read once, by the pass whose logits are the first
// tokens' probabilities; a choice of several tokens takes one short pass more. A choice whose tokens begin another's counts as
// said where the other is not, so that the choices exclude each other and their probabilities can be added.
func (g *Generator) Decide(ctx context.Context, r api.DecideRequest) (api.Decision, error) {
	start := time.Now()
	prompt, choices, err := g.base.decision(r)
	if err != nil {
		return api.Decision{}, err
	}
	longest := 0
	for _, c := range choices {
		longest = max(longest, len(c))
	}
	if n, most := len(prompt)+longest, g.base.Model.Config().MaxPositionEmbeddings; n > most {
		return api.Decision{}, fmt.Errorf("prompt and choice are %d tokens, and the model reads at most %d", n, most)
	}
	if err := g.room(len(prompt) + longest); err != nil {
		return api.Decision{}, err
	}
	first, err := g.feed(ctx, prompt[g.rewind(prompt):])
	if err != nil {
		return api.Decision{}, err
	}
	out := api.Decision{PromptTokens: len(prompt), Passes: 1}
	logs := make([]float64, len(choices))
	norm := logSum(first)
	for i, c := range choices {
		logs[i] = float64(first[c[0]]) - norm
	}
	for i, c := range choices {
		if len(c) == 1 {
			continue
		}
		rest, err := g.session.continued(ctx, c)
		if err != nil {
			return api.Decision{}, err
		}
		out.Passes++
		logs[i] += rest
	}
	decide(&out, r, choices, logs)
	out.MS = float64(time.Since(start)) / float64(time.Millisecond)
	return out, nil
}

// continued is the log-probability of the tokens of a text after its first, which follows what the session holds. The session stays
// where it is.
func (s *Session) continued(ctx context.Context, ids []int32) (float64, error) {
	rows, last := make([]generate.Row, len(ids)-1), make([]int, len(ids)-1)
	if len(rows) > prefillRows {
		return 0, fmt.Errorf("choice of %d tokens, expected %d at most", len(ids), prefillRows)
	}
	for i, id := range ids[:len(rows)] {
		at := int32(s.before() + s.length + i)
		rows[i], last[i] = generate.Row{Token: id, Position: at, Slot: at, Hi: at + 1}, i
	}
	logits, err := s.reader.Pass(ctx, rows, last)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for i, l := range logits {
		sum += float64(l[ids[i+1]]) - logSum(l)
	}
	return sum, nil
}

// decision is a request in tokens: of the prompt, and of each choice behind it.
func (b *Base) decision(r api.DecideRequest) (prompt []int32, choices [][]int32, err error) {
	switch {
	case len(r.Choices) < 2 || len(r.Choices) > maxChoices:
		return nil, nil, fmt.Errorf("%d choices, expected 2 to %d", len(r.Choices), maxChoices)
	case r.Values != nil && len(r.Values) != len(r.Choices):
		return nil, nil, fmt.Errorf("%d values, expected one for each of %d choices", len(r.Values), len(r.Choices))
	case !slices.Contains([]string{"", "tokens", "bytes"}, r.Normalize):
		return nil, nil, fmt.Errorf("normalize is %q, expected nothing, tokens or bytes", r.Normalize)
	}
	if prompt, err = b.Prompt(api.GenerateRequest{Prompt: r.Prompt, Messages: r.Messages}); err != nil {
		return nil, nil, err
	}
	if err = b.checkTokens(prompt); err != nil {
		return nil, nil, err
	}
	for i, c := range r.Choices {
		ids := b.Tokenizer.Encode(c, false).IDs
		if len(r.Messages) == 0 { // a tokenizer may divide a text otherwise where another comes before
			whole := b.Tokenizer.Encode(r.Prompt+c, true).IDs
			if len(whole) > len(prompt) && slices.Equal(whole[:len(prompt)], prompt) {
				ids = whole[len(prompt):]
			}
		}
		if len(ids) == 0 {
			return nil, nil, fmt.Errorf("choice %d is empty", i+1)
		}
		if err := b.checkTokens(ids); err != nil {
			return nil, nil, fmt.Errorf("choice %q: %w", c, err)
		}
		for j, other := range choices {
			if slices.Equal(ids, other) {
				return nil, nil, fmt.Errorf("choices %q and %q are the same to the model", r.Choices[j], c)
			}
		}
		choices = append(choices, ids)
	}
	return prompt, choices, nil
}

// decide makes the decision of the choices' log-probabilities.
func decide(out *api.Decision, r api.DecideRequest, tokens [][]int32, logs []float64) {
	logs = exclude(tokens, logs)
	scores, most := make([]float64, len(logs)), math.Inf(-1)
	for i, l := range logs {
		out.Mass += math.Exp(l)
		switch r.Normalize {
		case "tokens":
			l /= float64(len(tokens[i]))
		case "bytes":
			l /= float64(len(r.Choices[i]))
		}
		scores[i], most = l, max(most, l)
	}
	sum := 0.0
	for i, s := range scores {
		scores[i] = math.Exp(s - most)
		if math.IsInf(most, -1) {
			scores[i] = 1 // none can be said: all are alike
		}
		sum += scores[i]
	}
	expectation := 0.0
	for i, text := range r.Choices {
		c := api.Choice{Text: text, Probability: scores[i] / sum, LogProb: max(logs[i], -math.MaxFloat64), Tokens: len(tokens[i])}
		if c.Probability > out.Probability {
			out.Choice, out.Probability = c.Text, c.Probability
		}
		if r.Values != nil {
			expectation += c.Probability * r.Values[i]
		}
		out.Choices = append(out.Choices, c)
	}
	if r.Values != nil {
		out.Expectation = &expectation
	}
}

// exclude takes from each choice the probability of those it is the beginning of, but once of those that begin with each other.
func exclude(tokens [][]int32, logs []float64) []float64 {
	begins := func(a, b []int32) bool { return len(a) < len(b) && slices.Equal(a, b[:len(a)]) }
	out := slices.Clone(logs)
	for i, short := range tokens {
		left := math.Exp(logs[i])
		for j, long := range tokens {
			between := func(mid []int32) bool { return begins(short, mid) && begins(mid, long) }
			if begins(short, long) && !slices.ContainsFunc(tokens, between) {
				left -= math.Exp(logs[j])
				out[i] = math.Log(max(left, 0)) // rounding may leave less than nothing
			}
		}
	}
	return out
}

// logSum is log Σ exp of logits.
func logSum(x []float32) float64 {
	most := slices.Max(x)
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(float64(v - most))
	}
	return float64(most) + math.Log(sum)
}

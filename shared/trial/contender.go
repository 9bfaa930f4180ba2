package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"graft/shared/api"
	"graft/shared/prompt"
)

// Contender is a prompt and what answers it.
type Contender struct {
	Name    Name
	Prompt  *prompt.Prompt
	Partial func(name string) (string, bool, error) // of the prompt's partials; nil: there are none
	Runner  Runner
	Plain   bool     // the model has no chat template: messages become one text
	Similar Embedder // chooses the nearest examples, where the prompt asks for it
}

// Name tells contenders apart.
type Name struct {
	Prompt  string `json:"prompt"`
	Model   string `json:"model,omitempty"`
	Adapter string `json:"adapter,omitempty"`
}

func (n Name) String() string {
	return strings.Join(slices.DeleteFunc([]string{n.Prompt, n.Model, n.Adapter}, func(s string) bool { return s == "" }), " · ")
}

// Answer is what a contender said to a case.
type Answer struct {
	Text             string  `json:"text"` // without white space around it, and without the reasoning before studio.answer.after
	FinishReason     string  `json:"finish_reason"`
	PromptTokens     int     `json:"prompt_tokens"`
	CompletionTokens int     `json:"completion_tokens"` // of all votes
	MS               float64 `json:"ms"`                // to the end of the answer
	Agreement        float64 `json:"agreement"`         // share of the votes that Text had; 1 for a single answer
}

// Request renders the prompt and makes a request of it: config becomes the options, output.schema the form of the answer.
func (c *Contender) Request(ctx context.Context, values *prompt.Object) (api.GenerateRequest, error) {
	values, err := c.shots(ctx, values)
	if err != nil {
		return api.GenerateRequest{}, err
	}
	messages, err := c.Prompt.Render(prompt.Input{Values: values, Partial: c.Partial})
	if err != nil {
		return api.GenerateRequest{}, err
	}
	if len(messages) == 0 {
		return api.GenerateRequest{}, fmt.Errorf("the prompt renders to nothing")
	}
	r, err := Options(c.Prompt)
	if err != nil {
		return r, err
	}
	r.Messages, err = Messages(messages)
	if c.Plain && err == nil {
		parts := make([]string, len(r.Messages))
		for i, m := range r.Messages {
			parts[i] = strings.TrimSpace(m.Content)
		}
		r.Prompt, r.Messages = strings.Join(parts, "\n\n"), nil
	}
	return r, err
}

// Messages are rendered messages as models are asked with: of text alone.
func Messages(messages []prompt.Message) ([]api.Message, error) {
	out := make([]api.Message, len(messages))
	for i, m := range messages {
		role := m.Role
		if role == "model" {
			role = "assistant"
		}
		for _, p := range m.Content {
			if p.Media != nil || p.Other != nil {
				return nil, fmt.Errorf("message %d has media or a tool's part, and the models here read text", i+1)
			}
		}
		out[i] = api.Message{Role: role, Content: m.Text()}
	}
	return out, nil
}

// Options are those that a prompt's config and output ask for, under Dotprompt's names.
func Options(p *prompt.Prompt) (api.GenerateRequest, error) {
	var r api.GenerateRequest
	for _, key := range p.Config.Keys() {
		v, _ := p.Config.Get(key)
		f, ok := v.(float64)
		switch key {
		case "temperature":
			r.Temperature = f
		case "topK":
			r.TopK = int(f)
		case "topP":
			r.TopP = f
		case "minP":
			r.MinP = f
		case "repetitionPenalty":
			r.RepetitionPenalty = f
		case "maxOutputTokens":
			r.MaxNewTokens = int(f)
		case "seed":
			r.Seed = uint64(f)
		case "stopSequences":
			var list []any
			if list, ok = v.([]any); ok {
				r.Stop = texts(list)
			}
		default:
			ok = true // of another model
		}
		if !ok {
			return r, fmt.Errorf("config: %s is %.40s, expected a number or, for stopSequences, a list", key, prompt.FormatJSON(v, 0))
		}
	}
	schema := p.OutputSchema()
	switch format, _ := p.Output.Get("format"); {
	case format == "enum":
		list, _ := schema.Get("enum")
		choices, _ := list.([]any)
		if len(choices) == 0 {
			return r, fmt.Errorf("output: the format is enum, expected enum in the schema")
		}
		r.ResponseFormat = &api.ResponseFormat{Choices: texts(choices)}
	case format == "text":
	case schema != nil:
		r.ResponseFormat = &api.ResponseFormat{JSONSchema: json.RawMessage(prompt.FormatJSON(schema, 0))}
	case format == "json":
		r.ResponseFormat = &api.ResponseFormat{JSONSchema: json.RawMessage("true")}
	}
	return r, nil
}

// Ask answers one input, by a vote where the prompt asks for one. seed is added to the prompt's own.
func (c *Contender) Ask(ctx context.Context, values *prompt.Object, seed uint64) (Answer, error) {
	s, err := strategyOf(c.Prompt)
	if err != nil {
		return Answer{}, err
	}
	r, err := c.Request(ctx, values)
	if err != nil {
		return Answer{}, err
	}
	r.Seed += seed
	if s.after != "" {
		r.ResponseFormat = nil // the reasoning before the answer has no form
	}
	if s.samples > 1 {
		r.Temperature = s.temperature
	}
	var out Answer
	var votes []string
	for i := range max(s.samples, 1) {
		one := r
		one.Seed += uint64(i) << 32
		g, err := c.Runner.Generate(ctx, one)
		if err != nil {
			return out, err
		}
		out.PromptTokens, out.FinishReason = g.PromptTokens, g.FinishReason
		out.CompletionTokens += g.CompletionTokens
		out.MS += took(g)
		votes = append(votes, s.answer(g.Text))
	}
	out.Text, out.Agreement = vote(votes)
	return out, nil
}

// took is how long an answer took, in milliseconds.
func took(g api.Generation) float64 {
	ms := g.FirstTokenMS
	if g.TokensPerSecond > 0 {
		ms += 1000 * float64(g.CompletionTokens-1) / g.TokensPerSecond
	}
	return ms
}

// vote is the most frequent answer, of several the one that came first, and its share.
func vote(answers []string) (string, float64) {
	count, best := map[string]int{}, answers[0]
	for _, a := range answers {
		count[a]++
	}
	for _, a := range answers {
		if count[a] > count[best] {
			best = a
		}
	}
	return best, float64(count[best]) / float64(len(answers))
}

package edge

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"

	"graft/shared/api"
)

// chatRequest is OpenAI's, with vLLM's names for what OpenAI does not have, and the adapter by name.
type chatRequest struct {
	Model               string          `json:"model"`
	Adapter             string          `json:"adapter"`
	Messages            []chatMessage   `json:"messages"`
	MaxTokens           *int            `json:"max_tokens"`
	MaxCompletionTokens *int            `json:"max_completion_tokens"`
	Temperature         *float64        `json:"temperature"`
	TopP                *float64        `json:"top_p"`
	TopK                int             `json:"top_k"`
	MinP                float64         `json:"min_p"`
	RepetitionPenalty   float64         `json:"repetition_penalty"`
	Seed                *int64          `json:"seed"`
	Stop                texts           `json:"stop"`
	Stream              bool            `json:"stream"`
	StreamOptions       streamOptions   `json:"stream_options"`
	ResponseFormat      *responseFormat `json:"response_format"`

	// What would change an answer and is not done is refused, not passed over.
	N                int             `json:"n"`
	Logprobs         bool            `json:"logprobs"`
	Tools            json.RawMessage `json:"tools"`
	LogitBias        json.RawMessage `json:"logit_bias"`
	PresencePenalty  float64         `json:"presence_penalty"`
	FrequencyPenalty float64         `json:"frequency_penalty"`
}

type streamOptions struct {
	IncludeUsage bool `json:"include_usage"`
}

// chatMessage is one turn. Its content is a text or a list of parts.
type chatMessage struct {
	Role    string      `json:"role"`
	Content chatContent `json:"content"`
}

// chatContent is a text, or parts of one.
type chatContent string

// UnmarshalJSON joins the parts of a text, and refuses other parts.
func (c *chatContent) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*c = chatContent(s)
		return nil
	}
	var parts []struct{ Type, Text string }
	if err := json.Unmarshal(data, &parts); err != nil {
		return invalid("messages", "content of a message is %.40s, expected a text or a list of parts", data)
	}
	var b strings.Builder
	for _, p := range parts {
		if p.Type != "text" {
			return invalid("messages", "content of a message has a part of type %q, and this model reads text", p.Type)
		}
		b.WriteString(p.Text)
	}
	*c = chatContent(b.String())
	return nil
}

// responseFormat is OpenAI's; type regex and choice are ours.
type responseFormat struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"json_schema"`
	Regex  string   `json:"regex"`
	Choice []string `json:"choice"`
}

func (f *responseFormat) form() (*api.ResponseFormat, error) {
	switch {
	case f == nil || f.Type == "text":
		return nil, nil
	case f.Type == "json_object":
		return &api.ResponseFormat{JSONSchema: json.RawMessage("true")}, nil
	case f.Type == "json_schema" && len(f.JSONSchema.Schema) > 0:
		return &api.ResponseFormat{JSONSchema: f.JSONSchema.Schema}, nil
	case f.Type == "json_schema":
		return nil, invalid("response_format", "response_format has no json_schema.schema")
	case f.Type == "regex" && f.Regex != "":
		return &api.ResponseFormat{Regex: f.Regex}, nil
	case f.Type == "choice" && len(f.Choice) > 0:
		return &api.ResponseFormat{Choices: f.Choice}, nil
	}
	return nil, invalid("response_format", "response_format has the type %q, expected text, json_object, json_schema, regex or choice with their value", f.Type)
}

// unsupported reports what is asked for and not done.
func (r *chatRequest) unsupported() error {
	given := func(j json.RawMessage) bool {
		s := strings.TrimSpace(string(j))
		return s != "" && s != "null" && s != "[]" && s != "{}"
	}
	for _, p := range []struct {
		name string
		used bool
	}{
		{"n", r.N > 1}, {"logprobs", r.Logprobs}, {"tools", given(r.Tools)}, {"logit_bias", given(r.LogitBias)},
		{"presence_penalty", r.PresencePenalty != 0}, {"frequency_penalty", r.FrequencyPenalty != 0},
	} {
		if p.used {
			return &Error{Status: http.StatusBadRequest, Type: invalidRequest, Param: p.name, Code: "unsupported_parameter",
				Message: p.name + " is not supported: leave it out"}
		}
	}
	return nil
}

// generate is the request as the engine takes it.
func (h *handler) generate(r *chatRequest) (api.GenerateRequest, error) {
	out := api.GenerateRequest{Temperature: 1, TopK: r.TopK, MinP: r.MinP, RepetitionPenalty: r.RepetitionPenalty, Stop: r.Stop}
	if err := r.unsupported(); err != nil {
		return out, err
	}
	if len(r.Messages) == 0 {
		return out, invalid("messages", "messages is empty")
	}
	for i, m := range r.Messages {
		switch m.Role {
		case "system", "user", "assistant", "tool":
		case "developer":
			m.Role = "system"
		default:
			return out, invalid("messages", "message %d has the role %q, expected system, user, assistant or tool", i, m.Role)
		}
		out.Messages = append(out.Messages, api.Message{Role: m.Role, Content: string(m.Content)})
	}
	if r.Temperature != nil {
		out.Temperature = *r.Temperature
	}
	if r.TopP != nil {
		out.TopP = *r.TopP
	}
	most := r.MaxCompletionTokens
	if most == nil {
		most = r.MaxTokens
	}
	if most != nil {
		if *most < 1 || *most > h.Limits.NewTokens {
			return out, invalid("max_completion_tokens", "max_completion_tokens is %d, expected 1 to %d", *most, h.Limits.NewTokens)
		}
		out.MaxNewTokens = *most
	}
	if r.Seed != nil {
		out.Seed = uint64(*r.Seed)
	} else {
		var b [8]byte
		if err := h.Random(b[:]); err != nil {
			return out, err
		}
		out.Seed = binary.LittleEndian.Uint64(b[:]) >> 11 // a whole number in JavaScript too
	}
	var err error
	out.ResponseFormat, err = r.ResponseFormat.form()
	return out, err
}

// chat answers POST /v1/chat/completions.
func (h *handler) chat(w http.ResponseWriter, r *http.Request) error {
	var req chatRequest
	if err := h.read(w, r, &req); err != nil {
		return err
	}
	who, err := h.Catalog.find(req.Model, req.Adapter)
	if err != nil {
		return err
	}
	ask, err := h.generate(&req)
	if err != nil {
		return err
	}
	ask.Adapter = who.adapter
	id, err := h.id("chatcmpl")
	if err != nil {
		return err
	}
	a, err := h.Engine.Generate(r.Context(), ask)
	if err != nil {
		return err
	}
	defer a.Close()
	c := completion{ID: id, Created: h.Now().Unix(), Model: who.model}
	if req.Stream {
		return h.stream(w, r, a, c, req.StreamOptions.IncludeUsage)
	}
	return h.whole(w, r, a, c)
}

// completion is an answer, whole or in chunks.
type completion struct {
	ID      string   `json:"id"`
	Object  string   `json:"object"`
	Created int64    `json:"created"`
	Model   string   `json:"model"`
	Choices []choice `json:"choices"`
	Usage   *usage   `json:"usage,omitempty"`
}

type choice struct {
	Index        int           `json:"index"`
	Message      *said         `json:"message,omitempty"`
	Delta        *said         `json:"delta,omitempty"`
	FinishReason *finishReason `json:"finish_reason"` // null until the end
}

type said struct {
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
}

// finishReason is OpenAI's name of why a text ended.
type finishReason string

func finished(reason string) *finishReason {
	r := finishReason("stop")
	switch reason {
	case "":
		return nil
	case api.FinishLength:
		r = "length"
	}
	return &r
}

// whole waits for the end of an answer.
func (h *handler) whole(w http.ResponseWriter, r *http.Request, a Answer, c completion) error {
	var text strings.Builder
	tokens := 0
	for {
		chunks, err := a.Next(r.Context())
		if err != nil {
			return err
		}
		for _, ch := range chunks {
			tokens++
			text.WriteString(ch.Text)
			if f := finished(ch.FinishReason); f != nil {
				content := text.String()
				c.Object = "chat.completion"
				c.Choices = []choice{{Message: &said{Role: "assistant", Content: &content}, FinishReason: f}}
				c.Usage = used(a.PromptTokens(), tokens)
				return write(w, c)
			}
		}
	}
}

func used(prompt, completion int) *usage {
	return &usage{PromptTokens: prompt, CompletionTokens: completion, TotalTokens: prompt + completion}
}

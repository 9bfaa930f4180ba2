package dataset

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// roles are those a message may have, and otherNames what ShareGPT and OpenAI's newer models call them.
var (
	roles      = []string{"system", "user", "assistant", "tool"}
	otherNames = map[string]string{"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant",
		"model": "assistant", "observation": "tool", "function_response": "tool", "developer": "system"}
)

// turn is a message as OpenAI ({role, content}) or ShareGPT ({from, value}) has it.
type turn struct {
	Role      *string         `json:"role"`
	From      *string         `json:"from"`
	Content   json.RawMessage `json:"content"`
	Value     json.RawMessage `json:"value"`
	Weight    *float64        `json:"weight"`
	ToolCalls json.RawMessage `json:"tool_calls"`
}

// messages reads a conversation.
func (x *jsonRow) messages(name string, v jsonValue) ([]Message, *Error) {
	if kind := kindOf(v.raw); kind != "a list" {
		return nil, x.at(v.column, name, "%s, expected a list of messages", kind)
	}
	var turns []turn
	if err := json.Unmarshal(v.raw, &turns); err != nil {
		var t *json.UnmarshalTypeError
		if errors.As(err, &t) {
			return nil, x.at(v.column, name, "a message with %s as %s, expected {\"role\": …, \"content\": …} or {\"from\": …, \"value\": …}", t.Value, cmp.Or(t.Field, "itself"))
		}
		return nil, x.at(v.column, name, "%v", err)
	}
	out := make([]Message, len(turns))
	learnt := false
	for i, t := range turns {
		field := fmt.Sprintf("%s[%d]", name, i)
		role, fault := x.role(v.column, field, t)
		if fault != nil {
			return nil, fault
		}
		if t.Weight != nil && *t.Weight != 1 {
			return nil, x.at(v.column, field, "weight is %g, expected 1: every answer of the assistant is learnt; take the row apart", *t.Weight)
		}
		content, key := t.Content, "content"
		if content == nil && t.Role == nil {
			content, key = t.Value, "value"
		}
		if kindOf(content) == "null" && t.ToolCalls != nil {
			return nil, x.at(v.column, field, "calls of tools are not supported, expected text as %s", key)
		}
		s, fault := x.content(field+" "+key, jsonValue{bytes.TrimSpace(content), v.column})
		if fault != nil {
			return nil, fault
		}
		out[i] = Message{role, s}
		learnt = learnt || role == "assistant"
	}
	if !learnt {
		return nil, x.at(v.column, name, "%d messages, none of the assistant's: nothing to learn", len(turns))
	}
	return out, nil
}

func (x *jsonRow) role(column int, field string, t turn) (string, *Error) {
	said := t.Role
	if said == nil {
		said = t.From
	}
	if said == nil {
		return "", x.at(column, field, "role is none, expected one of %s", strings.Join(roles, ", "))
	}
	role := cmp.Or(otherNames[strings.ToLower(*said)], *said)
	if !slices.Contains(roles, role) {
		return "", x.at(column, field, "role is %s, expected one of %s", quoted(*said), strings.Join(roles, ", "))
	}
	return role, nil
}

// content is a text, or the texts of a list of parts put together.
func (x *jsonRow) content(field string, v jsonValue) (string, *Error) {
	if kindOf(v.raw) != "a list" {
		return x.string(field, v)
	}
	var parts []struct {
		Type string          `json:"type"`
		Text json.RawMessage `json:"text"`
	}
	if err := json.Unmarshal(v.raw, &parts); err != nil {
		return "", x.at(v.column, field, "a list of other things than parts, expected {\"type\": \"text\", \"text\": …}")
	}
	var b strings.Builder
	for i, p := range parts {
		if p.Type != "text" {
			return "", x.at(v.column, field, "part %d has the type %s, expected text", i, quoted(p.Type))
		}
		s, fault := x.string(field, jsonValue{bytes.TrimSpace(p.Text), v.column})
		if fault != nil {
			return "", fault
		}
		b.WriteString(s)
	}
	if blank(b.String()) {
		return "", x.at(v.column, field, "no text")
	}
	return b.String(), nil
}

// alpaca makes messages of a row's instruction, input, output, system and history, and, for models without a chat template,
// a prompt and its completion.
func (x *jsonRow) alpaca(row *Row) *Error {
	text := func(key string) (string, *Error) {
		v, ok := x.values[key]
		if !ok || kindOf(v.raw) == "null" || string(v.raw) == `""` {
			return "", nil
		}
		return x.string(key, v)
	}
	input, fault := text("input")
	if fault != nil {
		return fault
	}
	system, fault := text("system")
	if fault != nil {
		return fault
	}
	question := row.Prompt
	if input != "" {
		question += "\n" + input
	}
	if system != "" {
		row.Messages = append(row.Messages, Message{"system", system})
	}
	if v, ok := x.values["history"]; ok && kindOf(v.raw) != "null" {
		var pairs [][2]string
		if err := json.Unmarshal(v.raw, &pairs); err != nil {
			return x.at(v.column, "history", "%s, expected a list of [question, answer]", kindOf(v.raw))
		}
		for _, p := range pairs {
			row.Messages = append(row.Messages, Message{"user", p[0]}, Message{"assistant", p[1]})
		}
	}
	row.Messages = append(row.Messages, Message{"user", question}, Message{"assistant", row.Completion})
	row.Prompt = question + "\n"
	return nil
}

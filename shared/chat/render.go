package chat

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Input is what a template is rendered with.
type Input struct {
	// Messages are dicts with a role and mostly a content. See [Message].
	Messages []Value
	// Tools and Documents are lists of dicts. nil leaves them undefined;
	// transformers passes None where there are none.
	Tools, Documents Value
	// BOSToken and EOSToken are special tokens. "" leaves them undefined.
	BOSToken, EOSToken string
	// Tokens are further special tokens by name: pad_token, image_token, ….
	Tokens map[string]string
	// AddGenerationPrompt asks for the start of an answer at the end.
	AddGenerationPrompt bool
	// Extra are further variables: enable_thinking, date_string, ….
	Extra map[string]Value
	// Now is the time for strftime_now. Zero stands for the current time.
	Now time.Time
	// Today, if not "", is what strftime_now returns, whatever the format.
	Today  string
	Limits Limits
}

// roles are the roles whose names are trusted, because templates make special
// tokens of them: '<|' + message.role + '|>'. Other roles are mere text.
var roles = []string{
	"system", "developer", "user", "assistant", "tool", "function", "ipython", "model", "observation",
	"human", "gpt", "bot", "chatbot", "context", "documents", "data", "query", "environment",
}

// trustedTokens are the names in Extra and [ParseInput] that hold special tokens.
var trustedTokens = []string{
	"bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token",
	"image_token", "audio_token", "video_token", "boi_token", "eoi_token",
}

// Render renders the template. The error is an [*Error] where it has a place in
// the template; it wraps [ErrLimit] where limits were exceeded.
func (t *Template) Render(in Input) (Result, error) {
	names, err := in.names()
	if err != nil {
		return Result{}, err
	}
	limits := in.Limits.orDefault()
	m := &machine{
		src: t.src, limits: limits, steps: limits.Steps, memory: limits.Memory,
		filters: filters, tests: tests, methods: methodsOf, names: names, now: in.Now, today: in.Today,
		frame: &frame{slots: make([]Value, t.root.fn.slots)},
	}
	if m.now.IsZero() {
		m.now = time.Now()
	}
	x, _, err := m.capture(func() (signal, error) {
		if err := m.enterScope(t.root); err != nil {
			return goOn, err
		}
		return t.body.exec(m)
	})
	if err != nil {
		return Result{}, at(t.src, 0, err)
	}
	return Result{Segments: in.segments(x), Marked: t.learns}, nil
}

// names are the variables of the input, every text tagged with where it is from.
func (in *Input) names() (map[string]Value, error) {
	names := maps.Clone(globals)
	tagged := func(v Value, t tag) (Value, error) { return retag(v, t, 0) }
	messages := make([]Value, len(in.Messages))
	for i, v := range in.Messages {
		if v == nil {
			return nil, fmt.Errorf("chat: message %d: expected a value, got nil", i)
		}
		x, err := tagged(v, fromMessage(i))
		if err != nil {
			return nil, fmt.Errorf("chat: message %d: %w", i, err)
		}
		trustRole(x)
		messages[i] = x
	}
	extra := maps.Clone(in.Extra)
	if extra == nil {
		extra = map[string]Value{}
	}
	for name, v := range map[string]Value{"tools": in.Tools, "documents": in.Documents} {
		if v != nil {
			extra[name] = v
		}
	}
	for name, v := range extra {
		if v == nil {
			return nil, fmt.Errorf("chat: variable %s: expected a value, got nil", name)
		}
		x, err := tagged(v, fromInput)
		if err != nil {
			return nil, fmt.Errorf("chat: variable %s: %w", name, err)
		}
		names[name] = x
	}
	for name, token := range in.Tokens {
		names[name] = String(token)
	}
	for name, token := range map[string]string{"bos_token": in.BOSToken, "eos_token": in.EOSToken} {
		if token != "" {
			names[name] = String(token)
		}
	}
	names["messages"] = &list{messages}
	names["add_generation_prompt"] = boolValue(in.AddGenerationPrompt)
	return names, nil
}

// trustRole makes the role of a message trusted if it is one of roles. v is a
// copy of ours.
func trustRole(v Value) {
	d, ok := v.(*Dict)
	if !ok {
		return
	}
	if i := d.find("role"); i >= 0 {
		if x, ok := d.values[i].(*text); ok && slices.Contains(roles, x.s) {
			d.values[i] = x.tagged(trusted)
		}
	}
}

// retag copies a value with all its text tagged.
func retag(v Value, t tag, depth int) (Value, error) {
	if depth > maxDepth/2 {
		return nil, errDeep
	}
	all := func(items []Value) ([]Value, error) {
		out := make([]Value, len(items))
		for i, x := range items {
			var err error
			if out[i], err = retag(x, t, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	switch v := v.(type) {
	case nil:
		return nil, errors.New("expected a value, got nil")
	case *text:
		return v.tagged(t), nil
	case *list:
		items, err := all(v.items)
		return &list{items}, err
	case *Dict:
		keys, err := all(v.keys)
		if err != nil {
			return nil, err
		}
		values, err := all(v.values)
		return &Dict{keys, values, v.index}, err
	case noneValue, boolValue, intValue, bigValue, floatValue:
		return v, nil
	}
	return nil, fmt.Errorf("expected None, bool, int, float, str, list or dict, got %s", v.typeName())
}

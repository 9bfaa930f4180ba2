package chat

import (
	"fmt"
	"slices"
)

// ParseInput reads an Input from a JSON object with messages, tools, documents,
// bos_token, eos_token and other special tokens, add_generation_prompt, and any
// other variables by name. A string strftime_now is what that function returns.
func ParseInput(data []byte) (Input, error) {
	v, err := ParseJSON(data)
	if err != nil {
		return Input{}, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return Input{}, fmt.Errorf("chat input: expected an object, got %s", v.typeName())
	}
	in := Input{Extra: map[string]Value{}, Tokens: map[string]string{}}
	for i, k := range d.keys {
		name := k.(*text).s
		value := d.values[i]
		bad := func(want string) (Input, error) {
			return Input{}, fmt.Errorf("chat input: %s: expected %s, got %s", name, want, value.typeName())
		}
		x, isText := value.(*text)
		switch {
		case name == "messages":
			l, ok := value.(*list)
			if !ok {
				return bad("a list")
			}
			in.Messages = l.items
		case name == "tools":
			in.Tools = value
		case name == "documents":
			in.Documents = value
		case name == "add_generation_prompt":
			if in.AddGenerationPrompt, err = truth(value); err != nil {
				return Input{}, fmt.Errorf("chat input: %s: %w", name, err)
			}
		case name == "strftime_now" && isText:
			in.Today = x.s
		case isText && slices.Contains(trustedTokens, name):
			in.Tokens[name] = x.s
		default:
			in.Extra[name] = value
		}
	}
	if d.find("messages") < 0 {
		return Input{}, fmt.Errorf("chat input: expected messages")
	}
	return in, nil
}

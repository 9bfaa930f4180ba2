package chat

import (
	"fmt"
	"strings"
)

// Config is what tokenizer_config.json says about chats.
type Config struct {
	// Templates are the sources of the chat templates by name. A single one is
	// called "default".
	Templates map[string]string
	// Tokens are the special tokens by name: bos_token, eos_token, ….
	Tokens map[string]string
}

// ParseConfig reads a tokenizer_config.json, or another file with the same keys.
func ParseConfig(data []byte) (Config, error) {
	c := Config{map[string]string{}, map[string]string{}}
	v, err := ParseJSON(data)
	if err != nil {
		return c, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return c, fmt.Errorf("expected an object, got %s", v.typeName())
	}
	for i, k := range d.keys {
		name := k.(*text).s
		if !strings.HasSuffix(name, "_token") {
			continue
		}
		value := d.values[i]
		if t, ok := value.(*Dict); ok {
			value = t.Get("content")
		}
		if x, ok := value.(*text); ok {
			c.Tokens[name] = x.s
		}
	}
	switch t := d.Get("chat_template").(type) {
	case nil, noneValue:
	case *text:
		c.Templates["default"] = t.s
	case *list:
		for i, item := range t.items {
			entry, ok := item.(*Dict)
			if !ok {
				return c, fmt.Errorf("chat_template[%d]: expected an object, got %s", i, item.typeName())
			}
			name, ok := entry.Get("name").(*text)
			src, ok2 := entry.Get("template").(*text)
			if !ok || !ok2 {
				return c, fmt.Errorf("chat_template[%d]: expected name and template", i)
			}
			c.Templates[name.s] = src.s
		}
	default:
		return c, fmt.Errorf("chat_template: expected a string or list, got %s", t.typeName())
	}
	return c, nil
}

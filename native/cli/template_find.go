package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"graft/native/mmap"
	"graft/shared/chat"
	"graft/shared/weights"
)

// chatConfig finds the templates in what a path names.
func chatConfig(path string) (chat.Config, error) {
	none := chat.Config{}
	info, err := os.Stat(path)
	if err != nil {
		return none, err
	}
	ext := strings.ToLower(filepath.Ext(path))
	switch {
	case info.IsDir():
		c, err := chat.ReadConfig(os.DirFS(path))
		if err != nil {
			return none, fmt.Errorf("%s: %w", path, err)
		}
		if files, _ := filepath.Glob(filepath.Join(path, "*.gguf")); len(c.Templates) == 0 && len(files) > 0 {
			return ggufConfig(files[0])
		}
		return c, nil
	case ext == ".gguf":
		return ggufConfig(path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return none, err
	}
	if ext != ".json" {
		return chat.Config{Templates: map[string]string{"default": string(data)}}, nil
	}
	c, err := chat.ParseConfig(data)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ggufConfig finds the templates in a GGUF file's metadata.
func ggufConfig(path string) (chat.Config, error) {
	c := chat.Config{Templates: map[string]string{}, Tokens: map[string]string{}}
	f, err := mmap.Open(path)
	if err != nil {
		return c, err
	}
	src, err := weights.OpenFile(f)
	if err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	defer src.Close()
	g, ok := src.(*weights.GGUF)
	if !ok {
		return c, fmt.Errorf("%s: not a GGUF file", path)
	}
	for _, key := range g.Meta.Keys() {
		name, ok := strings.CutPrefix(key, "tokenizer.chat_template")
		src, isText := g.Meta.String(key)
		switch {
		case !ok || !isText:
		case name == "":
			c.Templates["default"] = src
		case name[0] == '.':
			c.Templates[name[1:]] = src
		}
	}
	tokens, _ := g.Meta.Strings("tokenizer.ggml.tokens")
	for name, key := range map[string]string{"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"} {
		if id, ok := g.Meta.Int("tokenizer.ggml." + key + "_token_id"); ok && id >= 0 && int(id) < len(tokens) {
			c.Tokens[name] = tokens[id]
		}
	}
	return c, nil
}

package chat

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Files of a model's directory that say how it chats, as transformers writes them.
const (
	configFile   = "tokenizer_config.json"
	specialFile  = "special_tokens_map.json" // older models name their tokens here only
	templateFile = "chat_template.jinja"
	legacyFile   = "chat_template.json" // of processors
	templateDir  = "additional_chat_templates"
)

// ReadConfig reads what the files of a model's directory say about chats. Templates in files of their own come before
// those in tokenizer_config.json. What is not there is left out; the result may be empty.
func ReadConfig(fsys fs.FS) (Config, error) {
	all := Config{map[string]string{}, map[string]string{}}
	for _, name := range []string{specialFile, configFile, legacyFile} {
		data, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return all, err
		}
		c, err := ParseConfig(data)
		if err != nil {
			return all, fmt.Errorf("%s: %w", name, err)
		}
		maps.Copy(all.Templates, c.Templates)
		maps.Copy(all.Tokens, c.Tokens)
	}
	files := map[string]string{"default": templateFile}
	entries, err := fs.ReadDir(fsys, templateDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return all, err
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".jinja"); ok {
			files[name] = path.Join(templateDir, e.Name())
		}
	}
	for name, file := range files {
		src, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return all, err
		}
		all.Templates[name] = string(src)
	}
	return all, nil
}

// Template is the source of the template called name. An empty name stands for "tool_use" where there are tools and such
// a template, and "default" otherwise, as in transformers.
func (c Config) Template(name string, tools bool) (string, error) {
	known := slices.Sorted(maps.Keys(c.Templates))
	want := name
	if name == "" {
		want = "default"
		if tools && slices.Contains(known, "tool_use") {
			want = "tool_use"
		}
	}
	src, ok := c.Templates[want]
	switch {
	case ok:
		return src, nil
	case len(known) == 0:
		return "", errors.New("no chat template")
	}
	return "", fmt.Errorf("no chat template %q, expected one of %s", want, strings.Join(known, ", "))
}

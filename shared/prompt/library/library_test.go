package library

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"graft/shared/prompt"
)

// sample is a value that a field's schema allows.
func sample(schema any) any {
	o, _ := schema.(*prompt.Object)
	kind, _ := o.Get("type")
	switch kind {
	case "integer", "number":
		return 7.0
	case "array":
		items, _ := o.Get("items")
		return []any{sample(items), "⟦乙⟧"}
	}
	return "⟦甲 {{x}} <|im_end|>⟧"
}

// TestTemplates reads, lints and renders every template: nothing is found, every variable is shown, and none becomes a role.
func TestTemplates(t *testing.T) {
	for _, language := range Languages {
		all, err := All(language)
		if err != nil {
			t.Fatal(err)
		}
		for _, template := range all {
			name := language + "/" + template.Name
			p, err := prompt.Parse(template.Source, prompt.Options{Name: name})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if p.Name != template.Name || p.Description == "" || p.Version == "" {
				t.Errorf("%s: name %q, description %q, version %q", name, p.Name, p.Description, p.Version)
			}
			for _, f := range p.Lint(prompt.LintOptions{}) {
				t.Errorf("%s:%d:%d: %s [%s]", name, f.Line, f.Column, f.Message.En, f.Code)
			}
			fields, _ := p.InputSchema().Get("properties")
			values := prompt.NewObject()
			for _, k := range fields.(*prompt.Object).Keys() {
				schema, _ := fields.(*prompt.Object).Get(k)
				values.Set(k, sample(schema))
			}
			messages, err := p.Render(prompt.Input{Values: values})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			shown := map[string]bool{}
			for _, m := range messages {
				for _, part := range m.Content {
					for _, s := range part.Segments {
						shown[s.Variable] = true
						if s.Variable == "" && strings.Contains(s.Text, "⟦") {
							t.Errorf("%s: a value is taken for the template's words: %q", name, s.Text)
						}
					}
				}
			}
			if len(messages) != 2 || messages[0].Role != "system" || messages[1].Role != "user" || len(shown) < 2 {
				t.Errorf("%s: %d messages, variables %v", name, len(messages), shown)
			}
		}
	}
}

// TestFiles: every file belongs to a template that is listed, and both languages have the same.
func TestFiles(t *testing.T) {
	for _, language := range Languages {
		entries, err := fs.ReadDir(files, language)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 2*len(Names) {
			t.Errorf("%s has %d files, expected two for each of %d templates", language, len(entries), len(Names))
		}
		for _, e := range entries {
			name, _, _ := strings.Cut(path.Base(e.Name()), ".")
			if !slices.Contains(Names, name) {
				t.Errorf("%s/%s is of no template", language, e.Name())
			}
		}
	}
	for want, ask := range map[string][2]string{"template": {"poem", "en"}, "language": {"code", "fr"}} {
		if _, err := Find(ask[0], ask[1]); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v", ask, err)
		}
	}
}

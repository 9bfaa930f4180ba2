package prompt

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSpecification runs the vectors of Dotprompt's specification.
func TestSpecification(t *testing.T) {
	files, err := filepath.Glob("../../../shared/cases/dotprompt/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("../shared/cases/dotprompt is not there")
	}
	run := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		v, err := ParseYAML(data)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, s := range v.([]any) {
			suite := s.(*Object)
			tests, _ := suite.Get("tests")
			for _, c := range tests.([]any) {
				run++
				name, _ := suite.Get("name")
				t.Run(filepath.Base(f)+"/"+name.(string), func(t *testing.T) { vector(t, suite, c.(*Object)) })
			}
		}
	}
	if run < 40 {
		t.Errorf("only %d vectors were found", run)
	}
}

func part(o *Object, key string) *Object {
	v, _ := o.Get(key)
	p, _ := v.(*Object)
	return p
}

// vector renders one case and compares messages and metadata.
func vector(t *testing.T, suite, test *Object) {
	template, _ := suite.Get("template")
	p, err := Parse(template.(string), Options{Schemas: part(suite, "schemas")})
	if err != nil {
		t.Fatal(err)
	}
	if o := part(part(test, "options"), "input"); o != nil {
		p.Input = p.Input.Merged(o)
	}
	data := part(suite, "data").Merged(part(test, "data"))
	history, _ := data.Get("messages")
	in := Input{Values: part(data, "input"), Context: part(data, "context")}
	if in.Messages, err = ParseMessages(history); err != nil {
		t.Fatal(err)
	}
	in.Partial = func(name string) (string, bool, error) {
		for _, from := range []string{"partials", "resolverPartials"} {
			if v, ok := part(suite, from).Get(name); ok {
				return v.(string), true, nil
			}
		}
		return "", false, nil
	}
	// The vectors of picoschema demand input that they do not give.
	in.Lenient = p.InputSchema() != nil
	messages, err := p.Render(in)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Describe()
	got.Set("messages", MessagesValue(messages))
	want := part(test, "expect")
	for _, key := range want.Keys() {
		w, _ := want.Get(key)
		g, _ := got.Get(key)
		if !Equal(g, w) {
			t.Errorf("%s:\ngot      %s\nexpected %s", key, FormatJSON(g, 0), FormatJSON(w, 0))
		}
	}
}

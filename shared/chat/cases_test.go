package chat

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// cases are real templates with inputs and the output of Python's jinja2, kept
// outside of the project. See their README.
const cases = "../../../shared/cases/jinja"

// noExtension are the templates that the reference refused because its
// environment lacks the generation tag of Hugging Face's. They are checked to
// fail the same way without that tag, and to render with it.
var noExtension = []string{"ollama-laguna_v2_chat_template.jinja2"}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestCases(t *testing.T) {
	if _, err := os.Stat(cases); errors.Is(err, os.ErrNotExist) {
		t.Skipf("%s is not there", cases)
	}
	var inputs map[string]json.RawMessage
	readJSON(t, filepath.Join(cases, "cases.json"), &inputs)
	var expected map[string]struct {
		OK  *string `json:"ok"`
		Err string  `json:"err"`
	}
	readJSON(t, filepath.Join(cases, "expected.json"), &expected)
	if len(expected) == 0 {
		t.Fatal("no cases")
	}
	identical := 0
	for key, want := range expected {
		file, name, _ := strings.Cut(key, "|")
		t.Run(key, func(t *testing.T) {
			src, err := os.ReadFile(filepath.Join(cases, "templates", file))
			if err != nil {
				t.Fatal(err)
			}
			in, err := ParseInput(inputs[name])
			if err != nil {
				t.Fatal(err)
			}
			in.Today = "26 Jul 2024"
			got, err := render(string(src), in, slices.Contains(noExtension, file))
			switch {
			case want.OK != nil && err != nil:
				t.Errorf("got error %v", err)
			case want.OK != nil && got != *want.OK:
				t.Errorf("got\n%q, want\n%q", got, *want.OK)
			case want.OK == nil && err == nil:
				t.Errorf("got %q, want error %q", got, want.Err)
			case want.OK == nil && !strings.Contains(err.Error(), want.Err):
				t.Errorf("got error %q, want %q", err, want.Err)
			default:
				identical++
			}
			if !slices.Contains(noExtension, file) {
				return
			}
			if _, err := render(string(src), in, false); err != nil {
				t.Errorf("with generation blocks: %v", err)
			}
		})
	}
	t.Logf("%d of %d identical", identical, len(expected))
}

func render(src string, in Input, noLearn bool) (string, error) {
	tmpl, err := parse(src, noLearn)
	if err != nil {
		return "", err
	}
	r, err := tmpl.Render(in)
	return r.String(), err
}

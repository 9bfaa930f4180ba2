package main

import (
	"testing"

	"graft/shared/generate/grammar"
	"graft/shared/prompt"
)

// TestSchemas: there are a hundred or more, each can be held to, and each is itself as the validator reads it.
func TestSchemas(t *testing.T) {
	all := trials()
	if len(all) < 100 {
		t.Errorf("%d schemas, expected 100", len(all))
	}
	seen := map[string]bool{}
	for _, c := range all {
		v, err := prompt.ParseJSON([]byte(c.Schema))
		if err != nil || seen[c.Schema] {
			t.Errorf("%s: %v, twice: %v", c.Schema, err, seen[c.Schema])
			continue
		}
		seen[c.Schema] = true
		if _, err := grammar.JSONSchema(v); err != nil {
			t.Errorf("%s: %v", c.Schema, err)
		}
	}
}

func TestWrong(t *testing.T) {
	for answer, bad := range map[string]bool{`{"a":1}`: false, `{"a":1} x`: true, `{"a":"1"}`: true, `{`: true} {
		if got := wrong(`{"properties":{"a":{"type":"integer"}}}`, answer); (got != "") != bad {
			t.Errorf("%s: %q", answer, got)
		}
	}
}

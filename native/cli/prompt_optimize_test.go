package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPromptOptimize(t *testing.T) {
	s := newSetting(t)
	dir := t.TempDir()
	file := func(name, text string) string { return write(t, filepath.Join(dir, name), text) }
	path := file("mood.prompt", "---\nconfig: {maxOutputTokens: 4}\noutput: {format: enum, schema: {type: string, enum: [好, 坏]}}\n---\n判断\n\n\"{{text}}\"")
	var rows strings.Builder
	rows.WriteString("body,label\n")
	for i := range 20 {
		fmt.Fprintf(&rows, "公司%d,%s\n", i, []string{"好", "坏"}[i%2])
	}
	data := file("rows.csv", rows.String())
	args := []string{"prompt", "optimize", path, "--model", s.base, "--data", data, "--column", "text=body", "--technique", "instructions,random", "--sets", "2", "--shots", "2", "--json"}
	first := object(t, must(t, args...))
	tried, _ := first["tried"].([]any)
	if len(tried) != 11 || first["test_cases"] != 6.0 || first["before"] == nil {
		t.Errorf("%v", first)
	}
	journal, err := os.ReadFile(filepath.Join(dir, "mood.better.prompt.journal"))
	if err != nil {
		t.Fatal(err)
	}
	again := object(t, must(t, args...)) // from the journal
	after, err := os.ReadFile(filepath.Join(dir, "mood.better.prompt.journal"))
	if err != nil || again["source"] != first["source"] || strings.TrimSpace(string(after)) != strings.TrimSpace(string(journal)) {
		t.Errorf("again: %v, journal of %d and %d bytes", err, len(journal), len(after))
	}
	must(t, "prompt", "render", filepath.Join(dir, "mood.better.prompt"), "--set", "text=x")
	if out := must(t, args[:len(args)-1]...); !strings.Contains(out, "judged on 6 others") {
		t.Errorf("prints %s", out)
	}
	for want, args := range map[string][]string{
		"expected one of --data and --tests": {path},
		"no column":                          {path, "--data", data},
		"--metric is":                        {path, "--data", data, "--metric", "taste"},
		"0 prompts":                          {},
	} {
		if exit, _, stderr := run(t, "", append([]string{"prompt", "optimize", "--model", s.base}, args...)...); exit != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s, expected %q", args, exit, stderr, want)
		}
	}
}

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPromptTest asks a model that knows nothing two prompts whose answers are held to a choice: one passes, the other does not.
func TestPromptTest(t *testing.T) {
	s := newSetting(t)
	dir := t.TempDir()
	file := func(name, text string) string { return write(t, filepath.Join(dir, name), text) }
	prompt := func(choices string) string {
		return "---\noutput: {format: enum, schema: {type: string, enum: [" + choices + "]}}\n---\n公司{{n}}"
	}
	one, two := file("one.prompt", prompt("好, 好好")), file("two.prompt", prompt("坏, 坏坏"))
	file("one.test.yaml", "defaultTest: {assert: [{type: contains, value: 好, metric: 好}]}\ntests: [{vars: {n: [1, 2, 3]}}]")
	report := filepath.Join(dir, "report")
	exit, stdout, stderr := run(t, "", "prompt", "test", one, "--model", s.base, "--journal", filepath.Join(dir, "journal"), "--report", report)
	if exit != 0 || !strings.Contains(stdout, "3/3") {
		t.Fatalf("exit code %d, %s%s", exit, stdout, stderr)
	}
	for _, name := range []string{"report/report.json", "report/report.html", "report/junit.xml", "report/answers.csv", "one.results.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The second run has answers in its journal, of which the last line was cut off, and the run before to compare with.
	j, err := os.ReadFile(filepath.Join(dir, "journal"))
	if err != nil || strings.Count(string(j), "\n") != 3 {
		t.Fatalf("journal: %v, %s", err, j)
	}
	file("journal", string(j[:len(j)-20]))
	kept := filepath.Join(dir, "kept.json")
	data, err := os.ReadFile(filepath.Join(dir, "one.results.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, kept, string(data))
	exit, stdout, stderr = run(t, "", "prompt", "test", one, two, "--model", s.base, "--system", "again="+s.base, "--journal", filepath.Join(dir, "journal"))
	if exit != exitFailure || !strings.Contains(stdout, "against the run before") || !strings.Contains(stdout, "against the first") || !strings.Contains(stdout, "0/3") ||
		!strings.Contains(stderr, "6 of 12 answers do not pass") {
		t.Errorf("exit code %d, %s%s", exit, stdout, stderr)
	}
	if out := must(t, "prompt", "diff", kept, filepath.Join(dir, "one.results.json")); !strings.Contains(out, "Δ +0.000") {
		t.Errorf("diff of runs: %s", out)
	}
	if out := must(t, "prompt", "diff", one, two); !strings.Contains(out, "[-好") || !strings.Contains(out, "{+坏") {
		t.Errorf("diff of prompts: %s", out)
	}
	if out := must(t, "prompt", "run", one, "--model", s.base, "--set", "n=4"); !strings.HasPrefix(out, "好") {
		t.Errorf("run: %s", out)
	}
	if out := object(t, must(t, "prompt", "run", two, "--model", s.base, "--set", "n=4", "--json")); !strings.HasPrefix(out["text"].(string), "坏") {
		t.Errorf("run --json: %v", out)
	}
	for want, args := range map[string][]string{
		"names no model":          {"test", one},
		"one.test.yaml: test 1":   {"test", file("bad/one.prompt", "x"), "--tests", file("bad/one.test.yaml", "- {assert: [{type: llm-rubric}]}"), "--model", s.base},
		"no such file":            {"test", two, "--model", s.base},
		"expected name=model":     {"test", one, "--system", "x"},
		"expected two files":      {"diff", one},
		"no prompt is named":      {"test"},
		"expected the results of": {"diff", file("x.json", "{}"), file("y.json", "{}")},
	} {
		if exit, _, stderr := run(t, "", append([]string{"prompt"}, args...)...); exit != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s, expected %q", args, exit, stderr, want)
		}
	}
}

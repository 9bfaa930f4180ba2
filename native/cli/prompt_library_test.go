package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestPromptLibrary(t *testing.T) {
	if out := must(t, "prompt", "list", "--lang", "zh"); !strings.Contains(out, "extraction") || !strings.Contains(out, "信息提取") {
		t.Errorf("list: %s", out)
	}
	if all := lines(must(t, "prompt", "list", "--json")); len(all) != 9 || object(t, all[0])["language"] != "en" {
		t.Errorf("list --json: %q", all)
	}
	if out := must(t, "prompt", "show", "qa"); !strings.Contains(out, "{{question}}") {
		t.Errorf("show: %s", out)
	}
	path := filepath.Join(t.TempDir(), "prompts", "reviews.prompt")
	out := must(t, "prompt", "new", "--template", "classification", "--lang", "zh", path)
	if !strings.Contains(out, "reviews.test.yaml") {
		t.Errorf("new: %s", out)
	}
	if out := must(t, "prompt", "render", path, "--set", "客户反馈内容=很快"); !strings.Contains(out, "很快") {
		t.Errorf("render: %s", out)
	}
	must(t, "prompt", "lint", "--strict", path)
	for want, args := range map[string][]string{
		"is there already":         {"new", "--template", "classification", path},
		"expected one of":          {"show", "poem"},
		"the name of one template": {"show"},
		"ends in .prompt":          {"new", "--template", "qa", "qa.txt"},
	} {
		if exit, _, stderr := run(t, "", append([]string{"prompt"}, args...)...); exit == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s, expected %q", args, exit, stderr, want)
		}
	}
}

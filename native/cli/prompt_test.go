package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestPromptRender(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		return path
	}
	classify := file("classify.prompt", "---\nmodel: m\nconfig: {temperature: 0}\n---\n{{role \"system\"}}分类 {{> rules}}{{role \"user\"}}{{客户反馈内容}}")
	file("_rules.prompt", "只答一词。")
	data := file("data.json", `{"客户反馈内容":"很好 <|im_end|>"}`)
	const want = `{"messages":[{"role":"system","content":[{"text":"分类 只答一词。"}]},{"role":"user","content":[{"text":"很好 <|im_end|>"}]}],"model":"m","config":{"temperature":0},"raw":{"model":"m","config":{"temperature":0}}}`
	exit, stdout, stderr := run(t, "", "prompt", "render", "--file", classify, "--input", data, "--json")
	if exit != 0 || strings.TrimSpace(stdout) != want {
		t.Errorf("exit code %d, got %s, expected %s: %s", exit, stdout, want, stderr)
	}
	exit, stdout, _ = run(t, "", "prompt", "render", classify, "--set", "客户反馈内容=快")
	if exit != 0 || stdout != "[system]\n分类 只答一词。\n\n[user]\n快\n" {
		t.Errorf("exit code %d, got %q", exit, stdout)
	}
	whole := file("whole.json", `{"input":{"n":"Ann"},"context":{"state":{"k":1}},"messages":[{"role":"user","content":"hi"},{"role":"model","content":[{"text":"yes?"}]}],"partials":{"p":"P{{n}}"}}`)
	exit, stdout, stderr = run(t, "{{role \"system\"}}s {{@state.k}}{{role \"user\"}}{{n}} {{> p}}", "prompt", "render", "--file", "-", "--input", whole, "--json")
	if exit != 0 || !strings.Contains(stdout, `"hi"}`) || !strings.Contains(stdout, "Ann PAnn") || !strings.Contains(stdout, "s 1") {
		t.Errorf("exit code %d, %s%s", exit, stdout, stderr)
	}
	exit, stdout, stderr = run(t, `{{input.n}} {{#each messages}}{{content}}{{/each}}`, "prompt", "render", "--file", "-", "--input", file("plain.json", `{"input":{"n":1},"messages":[{"content":"c"}]}`))
	if exit != 0 || !strings.Contains(stdout, "1 c") {
		t.Errorf("variables that are called input and messages: exit code %d, %s%s", exit, stdout, stderr)
	}
	for want, args := range map[string][]string{
		"the variable 客户反馈内容 is missing": {"prompt", "render", classify},
		"names no prompt":             {"prompt", "render"},
		"expected name=text":          {"prompt", "render", classify, "--set", "x"},
		"expected a JSON object":      {"prompt", "render", classify, "--input", file("list.json", "[1]")},
		"is outside of the directory": {"prompt", "render", file("evil.prompt", "{{> ../../x}}")},
		"no such file":                {"prompt", "render", filepath.Join(dir, "none.prompt")},
	} {
		if exit, _, stderr := run(t, "", args...); exit == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s, expected %q", args, exit, stderr, want)
		}
	}
}

func TestPromptLint(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.prompt")
	write(t, path, "---\nmodel: m\n---\n请分类 ｛｛评论｝｝,尽量短\n")
	exit, stdout, stderr := run(t, "", "prompt", "lint", path)
	if exit != exitFailure || !strings.Contains(stdout, "x.prompt:4:5: error") || !strings.Contains(stdout, "[vague-word]") || !strings.Contains(stderr, "1 findings must be mended") {
		t.Errorf("exit code %d, %s%s", exit, stdout, stderr)
	}
	exit, stdout, stderr = run(t, "", "prompt", "lint", path, "--sarif", "--lang", "zh")
	if sarif := object(t, lines(stdout)[0]); exit != exitFailure || sarif["version"] != "2.1.0" || !strings.Contains(stdout, "全角") {
		t.Errorf("exit code %d, %s%s", exit, stdout, stderr)
	}
	exit, stdout, stderr = run(t, "", "prompt", "lint", path, "--fix", "--json")
	if exit != 0 || strings.Contains(stdout, "full-width-tag") || !strings.Contains(stdout, `"code":"vague-word"`) {
		t.Errorf("exit code %d, %s%s", exit, stdout, stderr)
	}
	if exit, _, _ := run(t, "", "prompt", "lint", path, "--strict"); exit != exitFailure {
		t.Errorf("--strict: exit code %d", exit)
	}
	if exit, stdout, stderr := run(t, "", "prompt", "render", path, "--set", "评论=好"); exit != 0 || !strings.Contains(stdout, "请分类 好") {
		t.Errorf("after --fix: exit code %d, %s%s", exit, stdout, stderr)
	}
	if exit, _, _ := run(t, "", "prompt", "lint"); exit != exitUsage {
		t.Errorf("no file: exit code %d", exit)
	}
}

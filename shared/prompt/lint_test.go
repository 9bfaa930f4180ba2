package prompt

import (
	"slices"
	"strings"
	"testing"
)

const good = `---
input:
  schema:
    评论: string
output:
  schema:
    label(enum): [正面, 负面, 未明确]
    reason: string
studio.examples:
  - input: {评论: 很好}
    output: {label: 正面, reason: 称赞}
---
任务:判断电商评论的情感,结果给客服团队用。
输出 JSON,字段 label 为正面、负面或未明确(文中未提及时),reason 不超过 20 字。
示例:"很好" -> {"label":"正面","reason":"称赞"}
评论:
"{{评论}}"
`

func codes(t *testing.T, text string) (found []string) {
	t.Helper()
	p, err := Parse(text, Options{})
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	for _, f := range p.Lint(LintOptions{}) {
		found = append(found, f.Code)
	}
	return found
}

func TestLintOfGoodPrompts(t *testing.T) {
	const english = "You are a support agent of a web shop. Classify the customer's message.\nAnswer with one word: complaint, question or other. If it is unclear, answer other.\nExample: \"where is my parcel\" -> question\nMessage:\n\"{{message}}\"\n"
	for _, text := range []string{good, english} {
		if found := codes(t, text); len(found) > 0 {
			t.Errorf("found %q in %q", found, text)
		}
	}
}

// TestLintRules breaks a good prompt in one way for each rule.
func TestLintRules(t *testing.T) {
	change := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	tests := map[string]string{
		"task-missing":          `"{{x}}"`,
		"context-missing":       `请分类:"{{x}}"`,
		"format-missing":        `请分类这条客户评论:"{{x}}"`,
		"examples-missing":      `请分类这条客户评论,只答一词:"{{x}}"`,
		"vague-word":            change("不超过 20 字", "尽量短"),
		"contradiction":         change("结果给", "简短而详细,结果给"),
		"double-negation":       change("结果给", "不要不回答,结果给"),
		"unknown-rule-missing":  strings.NewReplacer(", 未明确", "", "或未明确(文中未提及时)", "").Replace(good),
		"schema-field-unnamed":  strings.NewReplacer("reason 不超过", "理由不超过", `,"reason":"称赞"`, "").Replace(good),
		"example-breaks-schema": change("{label: 正面, reason: 称赞}", "{label: 好, reason: 称赞}"),
		"variable-undeclared":   change("{{评论}}", "{{评论}}{{来源}}"),
		"variable-unused":       change("评论: string", "评论: string\n    来源: string"),
		"variable-near-miss":    change(`"{{评论}}"`, `"{{客户反馈}}"{{客户反溃}}`),
		"full-width-tag":        change("结果给", "｛｛时间｝｝结果给"),
		"single-braces":         change("结果给", "{name} 结果给"),
		"variable-undelimited":  change(`"{{评论}}"`, "它是{{评论}}吗"),
		"text-before-task":      change("任务:", `"{{评论}}"`+"\n任务:"),
		"secret":                change("结果给", "api_key = abcdefgh12345678 结果给"),
		"personal-data":         change("结果给", "联系 13812345678 结果给"),
		"too-long":              good + strings.Repeat("规则:逐条检查。\n", 400),
	}
	for code, text := range tests {
		if found := codes(t, text); !slices.Contains(found, code) {
			t.Errorf("%s: found only %q in %.120q", code, found, text)
		}
	}
	for _, r := range rules() {
		if tests[r.code] == "" {
			t.Errorf("rule %s has no test", r.code)
		}
		if r.message.En == "" || r.message.Zh == "" || r.why.En == "" || r.why.Zh == "" {
			t.Errorf("rule %s is not told in both languages", r.code)
		}
	}
}

func TestLintPlaceAndFix(t *testing.T) {
	p, err := Parse("---\nmodel: m\n---\n\n请 x\n看 ｛｛名｝} 和", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Lint(LintOptions{}) {
		if f.Code != "full-width-tag" {
			continue
		}
		if f.Line != 6 || f.Column != 3 || f.Length != 5 {
			t.Errorf("at line %d, column %d, %d characters, expected 6, 3, 5", f.Line, f.Column, f.Length)
		}
		text, _ := p.Template()
		if fixed := text[:f.Fix.From] + f.Fix.Text + text[f.Fix.To:]; fixed != "请 x\n看 {{名}} 和" {
			t.Errorf("fixed to %q", fixed)
		}
		return
	}
	t.Error("nothing was found")
}

func TestSecretsAreNotRepeated(t *testing.T) {
	p, err := Parse("password: hunter2hunter2", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Lint(LintOptions{}) {
		if strings.Contains(f.Message.En+f.Message.Zh, "hunter2") {
			t.Errorf("%s says the secret again", f.Code)
		}
	}
}

func TestVariables(t *testing.T) {
	p, err := Parse(`{{a}}{{#if b}}{{c.d}}{{/if}}{{#each e as |x|}}{{x}}{{f}}{{../g}}{{@root.h}}{{@index}}{{/each}}{{json i}}{{> p j k=l}}{{role "user"}}{{history}}{{#m}}{{n}}{{/m}}`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range p.Variables() {
		name := v.Name
		if v.Shown {
			name += "!"
		}
		got = append(got, name)
	}
	if want := "a! b c! e g! h! i! j! l! m"; strings.Join(got, " ") != want {
		t.Errorf("got %v, expected %s", got, want)
	}
}

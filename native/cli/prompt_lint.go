package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/prompt"
)

// promptLinting is the command line of prompt lint.
type promptLinting struct {
	budget                     int
	asJSON, sarif, fix, strict bool
}

// linted is a file and what was found in it.
type linted struct {
	File     string           `json:"file"`
	Findings []prompt.Finding `json:"findings"`
}

func (a *app) promptLint() *cobra.Command {
	var r promptLinting
	cmd := a.command("lint <file…>", text{"check prompts by the principles of good prompts", "按提示词原则检查"},
		text{"lint looks at .prompt files: is the task stated, the context given, the format fixed, are there examples, are the words\nprecise; do variables, schema and examples agree; are secrets or undelimited texts in it; how long is it. Each finding has a\ncode, a place and a reason. --fix makes the changes that are safe. The exit code is 1 if there are errors.",
			"lint 检查 .prompt 文件:任务是否说明、背景是否给出、格式是否固定、有无示例、用词是否精确;变量、schema 与示例是否一致;\n是否含密钥或未加分隔的文本;长度如何。每条结果都有代码、位置和理由。--fix 执行安全的修改。存在错误时退出码为 1。"},
		"graft prompt lint prompts/*.prompt\ngraft prompt lint classify.prompt --sarif > lint.sarif",
		func(_ context.Context, args []string) error { return a.lintPrompts(args, r) })
	cmd.Args = cobra.ArbitraryArgs
	f, of := cmd.Flags(), a.lang.of
	f.IntVar(&r.budget, "budget", 0, of(text{"tokens a template may have; 0: 2000", "模板允许的 token 数;0 为 2000"}))
	f.BoolVar(&r.fix, "fix", false, of(text{"make the changes that are safe", "执行安全的修改"}))
	f.BoolVar(&r.strict, "strict", false, of(text{"exit with 1 for warnings too", "有警告时退出码也为 1"}))
	f.BoolVar(&r.asJSON, "json", false, of(msgJSON))
	f.BoolVar(&r.sarif, "sarif", false, of(text{"print SARIF 2.1.0, which code hosts show beside the lines", "输出 SARIF 2.1.0,代码托管平台可在行旁显示"}))
	return cmd
}

func (a *app) lintPrompts(files []string, r promptLinting) error {
	if len(files) == 0 {
		return usagef("no file is named")
	}
	var all []linted
	bad := 0
	for _, file := range files {
		l, err := a.lintFile(file, r)
		if err != nil {
			return err
		}
		for _, f := range l.Findings {
			if f.Severity == prompt.SeverityError || r.strict && f.Severity == prompt.SeverityWarning {
				bad++
			}
		}
		all = append(all, l)
	}
	var err error
	switch {
	case r.sarif:
		err = a.printJSON(a.sarif(all))
	case r.asJSON:
		err = a.printJSON(all)
	default:
		err = a.printFindings(all)
	}
	if err == nil && bad > 0 {
		err = fmt.Errorf(a.lang.of(text{"%d findings must be mended", "有 %d 处必须修改"}), bad)
	}
	return err
}

func (a *app) lintFile(file string, r promptLinting) (linted, error) {
	data, err := a.readInput(file)
	if err != nil {
		return linted{}, err
	}
	look := func(source string) (*prompt.Prompt, []prompt.Finding, error) {
		p, err := prompt.Parse(source, prompt.Options{})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", file, err)
		}
		return p, p.Lint(prompt.LintOptions{Budget: r.budget}), nil
	}
	p, found, err := look(string(data))
	if err != nil {
		return linted{}, err
	}
	if fixed := fixed(string(data), p, found); r.fix && file != "-" && fixed != string(data) {
		if _, found, err = look(fixed); err != nil {
			return linted{}, err
		}
		if err := os.WriteFile(file, []byte(fixed), 0o666); err != nil {
			return linted{}, err
		}
	}
	return linted{file, append([]prompt.Finding{}, found...)}, nil
}

// fixed is a file with its safe fixes made.
func fixed(source string, p *prompt.Prompt, found []prompt.Finding) string {
	text, _ := p.Template()
	at := strings.LastIndex(source, text)
	for _, f := range slices.Backward(found) {
		if f.Fix != nil && at >= 0 {
			source = source[:at+f.Fix.From] + f.Fix.Text + source[at+f.Fix.To:]
		}
	}
	return source
}

func (a *app) printFindings(all []linted) error {
	style := map[prompt.Severity]term.Style{prompt.SeverityError: term.Red, prompt.SeverityWarning: term.Amber, prompt.SeverityNote: term.Dim}
	n := 0
	for _, l := range all {
		for _, f := range l.Findings {
			n++
			_, err := fmt.Fprintf(a.Stdout, "%s:%d:%d: %s %s [%s]\n    %s\n", term.Clean(l.File), f.Line, f.Column, a.out.Paint(style[f.Severity], string(f.Severity)),
				term.Clean(a.lang.of(text{f.Message.En, f.Message.Zh})), f.Code, a.lang.of(text{f.Why.En, f.Why.Zh}))
			if err != nil {
				return err
			}
		}
	}
	if n == 0 {
		_, err := fmt.Fprintln(a.Stdout, a.lang.of(text{"nothing was found", "没有发现问题"}))
		return err
	}
	return nil
}

// sarif is the findings in the Static Analysis Results Interchange Format (OASIS, 2.1.0).
func (a *app) sarif(all []linted) any {
	type object = map[string]any
	level := map[prompt.Severity]string{prompt.SeverityError: "error", prompt.SeverityWarning: "warning", prompt.SeverityNote: "note"}
	results, rules, known := []object{}, []object{}, map[string]bool{}
	for _, l := range all {
		for _, f := range l.Findings {
			if !known[f.Code] {
				known[f.Code] = true
				rules = append(rules, object{"id": f.Code, "shortDescription": object{"text": a.lang.of(text{f.Why.En, f.Why.Zh})}})
			}
			region := object{"startLine": f.Line, "startColumn": f.Column}
			if f.Length > 0 {
				region["endColumn"] = f.Column + f.Length
			}
			results = append(results, object{"ruleId": f.Code, "level": level[f.Severity], "message": object{"text": a.lang.of(text{f.Message.En, f.Message.Zh})},
				"locations": []object{{"physicalLocation": object{"artifactLocation": object{"uri": l.File}, "region": region}}}})
		}
	}
	return object{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{"tool": object{"driver": object{"name": "graft prompt lint", "rules": rules}}, "results": results}}}
}

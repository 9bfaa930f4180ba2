package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/prompt"
	"graft/shared/trial"
)

func (a *app) promptDiff() *cobra.Command {
	var asJSON bool
	cmd := a.command("diff <before> <after>", text{"show what changed between prompts or runs", "显示提示词或两次运行之间的变化"},
		text{"diff compares two .prompt files word by word and tells how many tokens came or went, or two files of results of prompt\ntest: the verdicts, answer by answer.",
			"diff 逐词比较两个 .prompt 文件,并给出 token 数的增减;或比较 prompt test 的两个结果文件,逐条给出结论和回答的变化。"},
		"graft prompt diff v1.prompt v2.prompt\ngraft prompt diff before.results.json after.results.json --json",
		func(_ context.Context, args []string) error {
			if len(args) != 2 {
				return usagef("expected two files, got %d", len(args))
			}
			if strings.HasSuffix(args[0], ".json") {
				return a.diffRuns(args[0], args[1], asJSON)
			}
			return a.diffPrompts(args[0], args[1], asJSON)
		})
	cmd.Args = cobra.ArbitraryArgs
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

// promptChange is what changed from one prompt to another.
type promptChange struct {
	Edits   []prompt.Edit `json:"edits"`
	Tokens  [2]int        `json:"tokens"` // about, of the templates
	Added   []string      `json:"variables_added,omitempty"`
	Removed []string      `json:"variables_removed,omitempty"`
}

func (a *app) diffPrompts(before, after string, asJSON bool) error {
	var sources [2]string
	var variables [2][]string
	c := promptChange{}
	for i, file := range []string{before, after} {
		data, err := a.readInput(file)
		if err != nil {
			return err
		}
		p, err := prompt.Parse(string(data), prompt.Options{})
		if err != nil {
			return usageError{fmt.Errorf("%s: %w", file, err)}
		}
		sources[i] = string(data)
		template, _ := p.Template()
		c.Tokens[i] = prompt.EstimateTokens(template)
		for _, v := range p.Variables() {
			variables[i] = append(variables[i], v.Name)
		}
	}
	c.Edits = prompt.Diff(sources[0], sources[1])
	c.Added, c.Removed = without(variables[1], variables[0]), without(variables[0], variables[1])
	if asJSON {
		return a.printJSON(c)
	}
	a.printEdits(c.Edits)
	a.note(text{"about %d tokens, %+d; variables added %q, removed %q", "约 %d 个 token,%+d;新增变量 %q,删除变量 %q"}, c.Tokens[1], c.Tokens[1]-c.Tokens[0], c.Added, c.Removed)
	return nil
}

// without are the texts of a list that another does not have.
func without(list, other []string) (out []string) {
	have := map[string]bool{}
	for _, s := range other {
		have[s] = true
	}
	for _, s := range list {
		if !have[s] {
			out = append(out, s)
		}
	}
	return out
}

// printEdits shows a text with its changes: in colours, or between [- -] and {+ +} where there are none.
func (a *app) printEdits(edits []prompt.Edit) {
	for _, e := range edits {
		s := a.shown(e.Text)
		switch {
		case e.Kind == prompt.Deleted && a.out.IsTerminal():
			s = a.out.Paint(term.Red, s)
		case e.Kind == prompt.Added && a.out.IsTerminal():
			s = a.out.Paint(term.Green, s)
		case e.Kind == prompt.Deleted:
			s = "[-" + s + "-]"
		case e.Kind == prompt.Added:
			s = "{+" + s + "+}"
		}
		fmt.Fprint(a.Stdout, s)
	}
	if n := len(edits); n > 0 && !strings.HasSuffix(edits[n-1].Text, "\n") {
		fmt.Fprintln(a.Stdout)
	}
}

func (a *app) diffRuns(before, after string, asJSON bool) error {
	var runs [2]*trial.Run
	for i, file := range []string{before, after} {
		var err error
		if runs[i], err = readRun(file); err != nil {
			return err
		}
		if runs[i] == nil {
			return usagef("%s is not there", file)
		}
	}
	all := trial.Compare(runs[0], runs[1])
	if asJSON {
		return a.printJSON(all)
	}
	if len(all) == 0 {
		a.note(text{"the runs have no prompt and model in common", "两次运行没有共同的提示词与模型"})
	}
	p := &promptTrying{app: a}
	p.printDeltas(a.lang.of(text{"against the run before", "与上一次运行比较"}), all)
	for _, d := range all {
		for _, c := range d.Changed {
			verdict := text{"same verdict", "结论不变"}
			switch {
			case c.Is && !c.Was:
				verdict = text{"fixed", "修正"}
			case c.Was && !c.Is:
				verdict = text{"broken", "变错"}
			}
			fmt.Fprintf(a.Stdout, "%s [%s]\n", term.Clean(c.Title), a.lang.of(verdict))
			a.printEdits(prompt.Diff(c.Before, c.After))
		}
	}
	return nil
}

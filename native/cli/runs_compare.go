package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/recipe"
	"graft/native/runs"
	"graft/native/term"
	"graft/shared/eval"
)

// compared is what is told of two runs.
type compared struct {
	From        int64            `json:"from"`
	To          int64            `json:"to"`
	Settings    []settingChange  `json:"settings"`
	Inputs      []string         `json:"inputs_that_differ"` // names of hashes
	Same        bool             `json:"same_weights"`       // bit for bit
	Split       string           `json:"split,omitempty"`    // whose predictions are compared; "": there are none of both
	Predictions *eval.Comparison `json:"predictions,omitempty"`
}

// settingChange is a key of the recipes that differs.
type settingChange struct {
	Key  string `json:"key"`
	From string `json:"from"`
	To   string `json:"to"`
}

func (a *app) runsCompare(path *string) *cobra.Command {
	var id []int64
	var asJSON bool
	cmd := a.command("compare <id> <id>", text{"compare two runs: settings, inputs, answers", "比较两次运行:设置、输入与预测"},
		text{"compare tells which settings and inputs of two runs differ, and tests by their stored predictions whether one answers\nbetter: McNemar's test, and the paired bootstrap of accuracy and F1.",
			"compare 指出两次运行的设置和输入有何不同,并用保存的预测检验谁更好:\nMcNemar 检验,以及准确率与 F1 的配对自助法。"},
		"graft runs compare 3 5",
		func(ctx context.Context, _ []string) error {
			return a.withBook(ctx, *path, func(b *runs.Book) error { return a.compareRuns(ctx, b, id[0], id[1], asJSON) })
		})
	cmd.Args = func(_ *cobra.Command, args []string) error { return ids(args, 2, &id) }
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

func (a *app) compareRuns(ctx context.Context, b *runs.Book, one, two int64, asJSON bool) error {
	from, err := b.Get(ctx, one)
	if err != nil {
		return err
	}
	to, err := b.Get(ctx, two)
	if err != nil {
		return err
	}
	c := compared{From: one, To: two, Inputs: inputsThatDiffer(from.Hashes, to.Hashes), Same: from.Hashes.Result != "" && from.Hashes.Result == to.Hashes.Result}
	if c.Settings, err = settingChanges(from.Recipe, to.Recipe); err != nil {
		return err
	}
	for _, split := range []string{runs.OnTest, runs.OnValid} {
		x, err := b.Predictions(ctx, one, split)
		if err != nil {
			return err
		}
		y, err := b.Predictions(ctx, two, split)
		if err != nil {
			return err
		}
		if x == nil || y == nil {
			continue
		}
		c.Split = split
		if c.Predictions, err = eval.CompareSystems([]eval.System{{Name: fmt.Sprint(one), Answers: x}, {Name: fmt.Sprint(two), Answers: y}}, eval.Bootstrap{}); err != nil {
			return fmt.Errorf("runs %d and %d on %s data: %w", one, two, split, err)
		}
		break
	}
	if asJSON {
		return a.printJSON(c)
	}
	return a.printCompared(c, from, to)
}

// inputsThatDiffer names the hashes of two runs that are not the same. What came out is no input.
func inputsThatDiffer(a, b runs.Hashes) []string {
	out := []string{}
	for _, h := range []struct{ name, a, b string }{
		{"train_file", a.Train, b.Train}, {"validation_file", a.Valid, b.Valid}, {"test_file", a.Test, b.Test}, {"base", a.Base, b.Base}, {"adapter_name_or_path", a.Start, b.Start}, {"code", a.Code, b.Code},
	} {
		if h.a != h.b {
			out = append(out, h.name)
		}
	}
	return out
}

// settingChanges compares two recipes key by key.
func settingChanges(from, to string) ([]settingChange, error) {
	x, y := recipe.Defaults(), recipe.Defaults()
	if err := recipe.Parse([]byte(from), "the first recipe", &x); err != nil {
		return nil, err
	}
	if err := recipe.Parse([]byte(to), "the second recipe", &y); err != nil {
		return nil, err
	}
	out := []settingChange{}
	for _, g := range recipe.Groups {
		for _, k := range g.Keys {
			if a, b := k.Value(&x).String(), k.Value(&y).String(); a != b {
				out = append(out, settingChange{k.Name, a, b})
			}
		}
	}
	return out, nil
}

func (a *app) printCompared(c compared, from, to *runs.Run) error {
	of := a.lang.of
	names := []string{fmt.Sprintf("%d %s", from.ID, term.Clean(from.Name)), fmt.Sprintf("%d %s", to.ID, term.Clean(to.Name))}
	columns := []term.Column{{Name: of(text{"what", "项目"})}, {Name: names[0], Right: true}, {Name: names[1], Right: true}}
	rows := [][]string{
		{of(text{"score", "得分"}), score4(from.Score), score4(to.Score)},
		{of(text{"time", "用时"}), short(from.Seconds), short(to.Seconds)},
		{of(text{"memory", "内存"}), term.Bytes(from.PeakMemory), term.Bytes(to.PeakMemory)},
		{of(text{"trained parameters", "训练参数"}), term.Count(from.Trainable), term.Count(to.Trainable)},
	}
	for _, m := range metricNames(nil, from.Test) {
		rows = append(rows, []string{m, metric4(from.Test, m), metric4(to.Test, m)})
	}
	for _, s := range c.Settings {
		rows = append(rows, []string{s.Key, term.Clean(s.From), term.Clean(s.To)})
	}
	if err := a.out.Table(columns, rows); err != nil {
		return err
	}
	if len(c.Inputs) > 0 {
		fmt.Fprintf(a.Stdout, of(text{"\ndifferent inputs: %s\n", "\n输入不同:%s\n"}), strings.Join(c.Inputs, ", "))
	}
	if c.Same {
		fmt.Fprintln(a.Stdout, "\n"+of(text{"The trained weights are the same, bit for bit.", "训练所得权重逐位相同。"}))
	}
	if c.Predictions == nil {
		fmt.Fprintln(a.Stdout, "\n"+of(text{"No predictions of both runs on the same data are kept: no test of their difference.", "没有保存两次运行在同一数据上的预测,无法检验差异。"}))
		return nil
	}
	fmt.Fprintf(a.Stdout, of(text{"\nOn the %d rows of the %s data:\n", "\n在%[2]s数据的 %[1]d 行上:\n"}), c.Predictions.N, of(map[string]text{runs.OnTest: {"test", "测试"}, runs.OnValid: {"validation", "验证"}}[c.Split]))
	return a.out.Table(a.pairTable(c.Predictions))
}

// pairTable is a row for each pair of a comparison.
func (a *app) pairTable(c *eval.Comparison) ([]term.Column, [][]string) {
	of := a.lang.of
	columns := []term.Column{{Name: of(text{"from → to", "从 → 到"})}}
	for _, name := range []text{{"Δ accuracy", "Δ 准确率"}, {"Δ " + c.Metric, "Δ " + c.Metric}, msgInterval, {"fixed", "修正"}, {"broken", "变错"}, {"p (Holm)", "p(Holm 校正)"}, {"significant", "显著"}} {
		columns = append(columns, term.Column{Name: of(name), Right: true})
	}
	var rows [][]string
	for _, p := range c.Pairs {
		significant := text{"no", "否"}
		if p.Significant {
			significant = text{"yes", "是"}
		}
		rows = append(rows, []string{term.Clean(p.From + " → " + p.To), fmt.Sprintf("%+.4f", p.Accuracy.Delta), fmt.Sprintf("%+.4f", p.F1.Delta), p.F1.Interval.String(),
			term.Count(int64(p.McNemar.Fixed)), term.Count(int64(p.McNemar.Broken)), fmt.Sprintf("%.4f", p.PHolm), of(significant)})
	}
	return columns, rows
}

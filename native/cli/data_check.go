package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/term"
	"graft/shared/dataset"
	"graft/shared/tokenizer"
)

func (a *app) dataCheck() *cobra.Command {
	var train, model string
	var against [2]string
	var maxLength int
	var asJSON, strict bool
	var columns func() (dataset.Columns, error)
	cmd := a.command("check", text{"find what is wrong with data before training on it", "训练之前找出数据的问题"},
		text{"check reads training data and tells what would spoil a training or its measurement: test rows that are in the\ntraining or validation data, the same or nearly, texts with different labels, duplicates, rare classes, and texts that are cut.\nNear duplicates share 80 % of their runs of three words, or of three Chinese characters.\nThe exit code is 1 if there is a leak, a conflict or an unknown label; with --strict if there is anything.",
			"check 读取训练数据,指出会影响训练或评估的问题:测试集中与训练集或验证集相同或相近的行、同一文本的不同标签、\n重复行、过少的类别,以及会被截断的文本。近似重复指三个连续词(中文为三个连续汉字)的片段有 80 % 相同。\n存在泄漏、标签冲突或未知标签时退出码为 1;加 --strict 时有任何问题即为 1。"},
		"graft data check --train-file train.csv --validation-file valid.csv --test-file test.csv\ngraft data check --train-file chat.jsonl --task-type CAUSAL_LM --model path/to/model --max-length 512 --json",
		func(context.Context, []string) error {
			c, err := columns()
			if err != nil {
				return err
			}
			if train == "" {
				return usagef("--train-file names no file")
			}
			table, err := readTable(train, c)
			if err != nil {
				return err
			}
			o := dataset.CheckOptions{MaxLength: maxLength}
			for _, path := range against {
				if path == "" {
					continue
				}
				t, err := readTable(path, c)
				if err != nil {
					return err
				}
				o.Against = append(o.Against, t)
			}
			if o.Length, err = a.tokenLength(model); err != nil {
				return err
			}
			bar := a.err.Bar(a.lang.of(text{"check", "检查"}), a.lang.of(text{"rows", "行"}), int64(len(table.Rows)))
			o.Progress = func(rows, _ int) { bar.Set(int64(min(rows, len(table.Rows))), 0) }
			r := table.Check(o)
			bar.End()
			if asJSON {
				err = a.printJSON(r)
			} else {
				err = a.printReport(r)
			}
			if err != nil {
				return err
			}
			return verdict(r, strict)
		})
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&train, "train-file", "", of(text{"training data", "训练数据"}))
	f.StringVar(&against[0], "validation-file", "", of(text{"validation data, which training must not see", "验证数据,不应出现在训练中"}))
	f.StringVar(&against[1], "test-file", "", of(text{"test data, which training must not see", "测试数据,不应出现在训练中"}))
	columns = a.columnFlags(cmd)
	f.StringVar(&model, "model", "", of(text{"model by whose tokens lengths are measured; default: characters", "以其 token 计长度的模型(默认按字符)"}))
	f.IntVar(&maxLength, "max-length", 0, of(text{"longest text of the training; longer ones are counted", "训练的最大长度,统计超出的文本"}))
	f.BoolVar(&strict, "strict", false, of(text{"any finding makes the exit code 1", "有任何问题时退出码为 1"}))
	f.BoolVar(&asJSON, "json", false, of(msgJSON))
	return cmd
}

// verdict is the error of a check that found grave things, or with strict any.
func verdict(r *dataset.Report, strict bool) error {
	var codes []string
	for _, f := range r.Findings {
		if (f.Grave || strict) && !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s", r.File, strings.Join(codes, ", "))
}

// tokenLength counts a model's tokens, nil without a model.
func (a *app) tokenLength(model string) (func(*dataset.Row) int, error) {
	if model == "" {
		return nil, nil
	}
	path, err := a.resolve(model, tokenizerFiles...)
	if err != nil {
		return nil, err
	}
	fsys, err := localFS(path)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(fsys, "tokenizer.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no tokenizer.json to measure lengths by", model)
	}
	if err != nil {
		return nil, err
	}
	tok, err := tokenizer.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", model, err)
	}
	return func(r *dataset.Row) int { return len(tok.Encode(strings.TrimRight(r.Content(), "\n"), true).IDs) }, nil
}

// findingTexts say what each finding is.
var findingTexts = map[string]text{
	"leak":            {"{n} of {of} rows of {name} are in the training data: its results would be too good", "{name} 的 {of} 行中有 {n} 行出现在训练数据里:评估结果会虚高"},
	"unknown_label":   {"{n} of {of} rows of {name} have labels that the training data lacks", "{name} 的 {of} 行中有 {n} 行的标签在训练数据中不存在"},
	"shared":          {"{n} of {of} rows of {name} are in {other}, too: what is chosen by one would look too good on the other", "{name} 的 {of} 行中有 {n} 行也在 {other} 中:用其一做选择,另一者的结果会虚高"},
	"near_shared":     {"{n} of {of} rows of {name} are nearly in {other}", "{name} 的 {of} 行中有 {n} 行与 {other} 中的行近似"},
	"near_leak":       {"{n} of {of} rows of {name} are nearly in the training data", "{name} 的 {of} 行中有 {n} 行与训练数据近似"},
	"conflicts":       {"{n} of {of} rows share a text with rows of another label", "{of} 行中有 {n} 行与其他行文本相同而标签不同"},
	"duplicates":      {"{n} of {of} rows repeat an earlier one", "{of} 行中有 {n} 行与前面的行相同"},
	"near_duplicates": {"{n} of {of} rows nearly repeat an earlier one", "{of} 行中有 {n} 行与前面的行近似"},
	"imbalance":       {"the smallest class has {n} of {of} rows, the largest {value} times as many: use macro_f1, and class_weights: balanced", "最小类别只有 {n} 行(共 {of} 行),最大类别是它的 {value} 倍:请以 macro_f1 评估,并设 class_weights: balanced"},
	"few_rows":        {"the class {name} has {n} rows, fewer than {value}: too few to learn, and to measure", "类别 {name} 只有 {n} 行,少于 {value} 行:不足以学习和评估"},
	"too_long":        {"{n} of {of} rows are longer than {value} and would be cut", "{of} 行中有 {n} 行长于 {value},会被截断"},
}

// sentence is a finding in words.
func (a *app) sentence(f dataset.Finding) string {
	return strings.NewReplacer("{n}", fmt.Sprint(f.Count), "{of}", fmt.Sprint(f.Of), "{name}", f.Name, "{other}", f.Other, "{value}", fmt.Sprintf("%.0f", f.Value)).Replace(a.lang.of(findingTexts[f.Code]))
}

// printReport shows a report to a person.
func (a *app) printReport(r *dataset.Report) error {
	of := a.lang.of
	fmt.Fprintf(a.Stdout, of(text{"%s: %d rows of %s\n", "%s:%d 行,%s\n"}), r.File, r.Rows, r.Form)
	if len(r.Labels) > 0 {
		var rows [][]string
		for _, l := range r.Labels[:min(len(r.Labels), 30)] {
			rows = append(rows, []string{l.Name, fmt.Sprint(l.Rows), fmt.Sprintf("%.1f %%", 100*l.Share), stripe(l.Rows, r.Labels[0].Rows)})
		}
		fmt.Fprintln(a.Stdout)
		if err := a.out.Table([]term.Column{{Name: of(text{"label", "标签"})}, {Name: of(text{"rows", "行数"}), Right: true}, {Name: of(text{"share", "占比"}), Right: true}, {}}, rows); err != nil {
			return err
		}
	}
	l := r.Lengths
	unit := of(map[string]text{"characters": {"characters", "字符"}, "tokens": {"tokens", "token"}}[l.Unit])
	fmt.Fprintf(a.Stdout, of(text{"\nlength in %s: mean %.1f, median %d, 95 %% up to %d, longest %d\n", "\n长度(%s):平均 %.1f,中位数 %d,95 %% 不超过 %d,最长 %d\n"}), unit, l.Mean, l.P50, l.P95, l.Max)
	var rows [][]string
	for i, n := range l.Bins {
		rows = append(rows, []string{fmt.Sprintf("%d–%d", l.Edges[i], l.Edges[i+1]-1), fmt.Sprint(n), stripe(n, slices.Max(l.Bins))})
	}
	if err := a.out.Table([]term.Column{{Name: unit, Right: true}, {Name: of(text{"rows", "行数"}), Right: true}, {}}, rows); err != nil {
		return err
	}
	a.printExamples(text{"duplicates (line, earlier line, similarity)", "重复行(行号、先前行号、相似度)"}, r.Duplicates.Examples)
	for _, leak := range r.Leaks {
		if leak.In != "" {
			a.printExamples(text{leak.File + ": rows in " + leak.In + " (line, line there, similarity)", leak.File + ":也出现在 " + leak.In + " 中的行(行号、对方行号、相似度)"}, leak.Examples)
			continue
		}
		a.printExamples(text{leak.File + ": rows in the training data (line, training line, similarity)", leak.File + ":出现在训练数据中的行(行号、训练行号、相似度)"}, leak.Examples)
	}
	if len(r.Conflicts) > 0 {
		fmt.Fprintln(a.Stdout, "\n"+of(text{"conflicting labels", "标签冲突"}))
		for _, c := range r.Conflicts[:min(len(r.Conflicts), 5)] {
			fmt.Fprintf(a.Stdout, "  %v %v  %s\n", c.Lines, c.Labels, c.Text)
		}
	}
	fmt.Fprintln(a.Stdout)
	if len(r.Findings) == 0 {
		fmt.Fprintln(a.Stdout, of(text{"nothing was found", "没有发现问题"}))
	}
	for _, f := range r.Findings {
		mark, style := of(text{"note", "提示"}), term.Dim
		if f.Grave {
			mark, style = of(text{"fault", "问题"}), term.Red
		}
		fmt.Fprintf(a.Stdout, "%s  %s\n", a.out.Paint(style, mark), a.sentence(f))
	}
	return nil
}

// stripe is a bar for n of most.
func stripe(n, most int) string {
	const width = 40
	return strings.Repeat("█", (n*width+most-1)/max(most, 1))
}

func (a *app) printExamples(title text, pairs []dataset.Pair) {
	if len(pairs) == 0 {
		return
	}
	fmt.Fprintln(a.Stdout, "\n"+a.lang.of(title))
	for _, p := range pairs[:min(len(pairs), 5)] {
		fmt.Fprintf(a.Stdout, "  %d  %d  %.2f  %s\n", p.Line, p.Other, p.Similarity, p.Text)
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/store"
	"graft/native/term"
	"graft/shared/eval"
	"graft/shared/prompt"
	"graft/shared/tensor"
	"graft/shared/trial"
)

// promptOptimizing is the command line of prompt optimize.
type promptOptimizing struct {
	*app
	model                      *modelFlags
	tests, data, label, metric string
	columns                    []string
	output, embedder           string
	techniques                 []string
	shots, sets, votes, limit  int
	seed                       uint64
	asJSON                     bool
}

// optimizeMetrics are what answers may be held to the label by.
var optimizeMetrics = []string{"equals", "contains", "icontains", "starts-with", "levenshtein", "rouge-n", "bleu", "similar"}

func (a *app) promptOptimize() *cobra.Command {
	p := &promptOptimizing{app: a}
	cmd := a.command("optimize <file>", text{"look for a better prompt", "寻找更好的提示词"},
		text{`optimize tries instructions from a written list, examples (the first ones, random sets, those nearest to the input by
--embedder), reasons before the answer and votes, each on the best so far, and writes the best to --output. Rows come from
--data, a CSV or JSON file with the prompt's variables and a label, or from --tests. They are divided into three parts:
examples, those that choose, and those that judge; the last have chosen nothing, so the gain that is told is not flattered.
Answers are kept in <output>.journal: the same command goes on where it was ended.`,
			`optimize 依次尝试内置的指令句、示例(前几条、随机组合、按 --embedder 与输入最近的)、先写理由再作答、多次投票,
每种都建立在当前最好的结果上,并把最好的提示词写到 --output。数据来自 --data(CSV 或 JSON,含提示词变量和标签)或 --tests,
分成三份:示例、选择、评判;评判部分不参与任何选择,因此报告的提升没有水分。
回答保存在 <output>.journal 中,中断后用同一命令继续。`},
		`graft prompt optimize classify.prompt --model smollm2.gguf --data train.csv --column 客户反馈内容=text --metric contains
graft prompt optimize qa.prompt --model smollm2.gguf --tests qa.test.yaml --technique instructions,random`,
		p.run)
	cmd.Args = cobra.ArbitraryArgs
	p.model = a.modelFlags(cmd, answering)
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&p.data, "data", "", of(text{"rows with the prompt's variables and a label: .csv, .tsv, .json or .jsonl", "含提示词变量和标签的数据:.csv、.tsv、.json 或 .jsonl"}))
	f.StringVar(&p.label, "label-column", "label", of(text{"column of the right answer", "正确答案所在列"}))
	f.StringArrayVar(&p.columns, "column", nil, of(text{"column of a variable, as variable=column; default: of the same name", "变量所在列,形如 变量=列名(默认同名)"}))
	f.StringVar(&p.metric, "metric", "equals", of(text{"how an answer is held to the label: " + strings.Join(optimizeMetrics, ", "), "回答与标签的比较方式:" + strings.Join(optimizeMetrics, "、")}))
	f.StringVar(&p.tests, "tests", "", of(text{"file of test cases in place of --data", "代替 --data 的测试用例文件"}))
	f.IntVar(&p.limit, "limit", 0, of(text{"use so many rows at most; 0: all", "最多使用的行数;0 为全部"}))
	f.StringSliceVar(&p.techniques, "technique", nil, of(text{"some of " + strings.Join(trial.Techniques, ", ") + "; default: all there is a model for", "要尝试的方法:" + strings.Join(trial.Techniques, "、") + "(默认全部可用的)"}))
	f.IntVar(&p.shots, "shots", 4, of(text{"examples that are shown", "展示的示例数"}))
	f.IntVar(&p.sets, "sets", 6, of(text{"random sets of examples that are tried", "尝试的随机示例组合数"}))
	f.IntVar(&p.votes, "votes", 5, of(text{"answers of a vote", "一次投票的回答数"}))
	f.StringVar(&p.embedder, "embedder", "", of(msgEmbedder))
	f.Uint64Var(&p.seed, "seed", 0, of(text{"of the division and of what is drawn by chance", "划分与抽样的随机种子"}))
	f.StringVar(&p.output, "output", "", of(text{"file for the better prompt; default: x.better.prompt", "输出文件(默认 x.better.prompt)"}))
	f.BoolVar(&p.asJSON, "json", false, of(msgJSON))
	return cmd
}

func (p *promptOptimizing) run(ctx context.Context, files []string) (err error) {
	if len(files) != 1 {
		return usagef("%d prompts, expected one", len(files))
	}
	if (p.data == "") == (p.tests == "") {
		return usagef("expected one of --data and --tests")
	}
	if p.output == "" {
		p.output = strings.TrimSuffix(files[0], ".prompt") + ".better.prompt"
	}
	c, err := p.contender(files[0])
	if err != nil {
		return err
	}
	cases, err := p.cases(c.Prompt)
	if err != nil {
		return err
	}
	if p.limit > 0 {
		cases = cases[:min(p.limit, len(cases))]
	}
	similar, close, err := p.openEmbedder(p.embedder)
	if err != nil {
		return err
	}
	defer close()
	o, err := p.open(p.model)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	g, err := o.generator(&samplingFlags{cacheType: tensor.F16.String()})
	if err != nil {
		return err
	}
	defer g.Close()
	memory, err := openJournal(p.output + ".journal")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, memory.Close()) }()
	c.Runner, c.Plain = trial.Remembered{Runner: g, Model: p.model.model + " " + p.model.adapter, Memory: memory}, o.ChatTemplate == ""
	bar := p.err.Bar(p.lang.of(text{"optimize", "优化"}), p.lang.of(text{"answer", "个回答"}), 0)
	search := trial.Optimization{Contender: c, Cases: cases, Techniques: p.techniques, Shots: p.shots, Sets: p.sets, Votes: p.votes, Seed: p.seed, Similar: similar,
		Progress: func(done, total int) { bar.Set(int64(done), 0, term.Field{Name: "of", Value: fmt.Sprint(total)}) }}
	found, err := search.Optimize(ctx)
	bar.End()
	if err != nil {
		return err
	}
	if err := store.WriteFile(p.output, func(w io.Writer) error { _, err := io.WriteString(w, found.Source); return err }); err != nil {
		return err
	}
	if p.asJSON {
		return p.printJSON(found)
	}
	return p.print(found)
}

// cases are the rows to learn from: of the tests, or of the data with the metric as assertion.
func (p *promptOptimizing) cases(of *prompt.Prompt) ([]trial.Case, error) {
	if p.tests != "" {
		s, err := readSuite(p.tests)
		if err != nil {
			return nil, err
		}
		return s.Cases, nil
	}
	if !slices.Contains(optimizeMetrics, p.metric) {
		return nil, usagef("--metric is %q, expected one of %s", p.metric, strings.Join(optimizeMetrics, ", "))
	}
	records, err := p.readRecords(p.data)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, given := range p.columns {
		name, column, ok := strings.Cut(given, "=")
		if !ok {
			return nil, usagef("--column is %q, expected variable=column", given)
		}
		names[name] = column
	}
	column := func(name string) (int, error) {
		if i := records.Column(name); i >= 0 {
			return i, nil
		}
		return 0, usagef("%s: no column %q; there are %q", p.data, name, records.Columns)
	}
	label, err := column(p.label)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, v := range of.Variables() {
		name, named := names[v.Name]
		if !named {
			name = v.Name
		}
		if i := records.Column(name); i < 0 && !named && !required(of, v.Name) {
			continue // a default or an optional variable
		}
		if at[v.Name], err = column(name); err != nil {
			return nil, err
		}
	}
	var cases []trial.Case
	for i := range records.Rows {
		vars, meta := prompt.NewObject(), prompt.NewObject()
		for _, v := range of.Variables() {
			if c, ok := at[v.Name]; ok {
				vars.Set(v.Name, records.At(i, c))
			}
		}
		right := records.At(i, label)
		meta.Set("reference", right)
		cases = append(cases, trial.Case{Vars: vars, Metadata: meta, Assert: []trial.Assertion{{Type: p.metric, Value: right, Weight: 1}}})
	}
	return cases, nil
}

// required reports whether a prompt cannot be rendered without a variable.
func required(p *prompt.Prompt, name string) bool {
	defaults, _ := p.Input.Get("default")
	if o, _ := defaults.(*prompt.Object); o != nil {
		if _, ok := o.Get(name); ok {
			return false
		}
	}
	if p.InputSchema() == nil {
		return true
	}
	list, _ := p.InputSchema().Get("required")
	names, _ := list.([]any)
	return slices.Contains(names, any(name))
}

func (p *promptOptimizing) print(found *trial.Improvement) error {
	of := p.lang.of
	columns := []term.Column{{Name: of(text{"technique", "方法"})}, {Name: of(text{"candidate", "候选"})}}
	for _, n := range []text{{"score", "得分"}, msgInterval, {"pass rate", "通过率"}, {"prompt tokens", "提示 token"}, {"chosen", "采用"}} {
		columns = append(columns, term.Column{Name: of(n), Right: true})
	}
	var rows [][]string
	for _, t := range found.Tried {
		mark := ""
		if t.Chosen {
			mark = "*"
		}
		rows = append(rows, []string{t.Technique, t.Name, fmt.Sprintf("%.3f", t.Score.Value), interval(t.Score.Interval), fmt.Sprintf("%.3f", t.PassRate.Value), fmt.Sprintf("%.0f", t.Tokens), mark})
	}
	if err := p.out.Table(columns, rows); err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, of(text{"chosen on %d cases, judged on %d others: %.3f %s before, %.3f %s after\n", "由 %d 个用例选出,在另外 %d 个用例上评判:之前 %.3f %s,之后 %.3f %s\n"}),
		found.Chose, found.Test, found.Before.Value, interval(found.Before.Interval), found.After.Value, interval(found.After.Interval))
	if found.Change == nil {
		fmt.Fprintln(p.Stdout, of(text{"nothing better was found", "没有找到更好的提示词"}))
	} else {
		verdict := text{"this may be chance", "差异可能出于偶然"}
		if found.Change.P < 1-eval.Level {
			verdict = text{"more than chance", "超出偶然"}
		}
		fmt.Fprintf(p.Stdout, "Δ %+.3f %s, p %.3f: %s\n", found.Change.Delta, interval(found.Change.Interval), found.Change.P, of(verdict))
	}
	p.note(text{"prompt: %s", "提示词:%s"}, p.output)
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/advise"
	"graft/native/recipe"
	"graft/native/runs"
	"graft/native/store"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/eval"
)

// pipeline is one run of graft run.
type pipeline struct {
	advising
	config *pipelineConfig
	book   *runs.Book
	search *tuner
	done   delivered
}

// delivered is the answer for machines.
type delivered struct {
	Verdict   string       `json:"verdict"` // pass, fail, not enough data; "" without targets
	Adapter   string       `json:"adapter"` // directory; of FULL a model
	Report    string       `json:"report"`
	Run       int64        `json:"run"`
	Name      string       `json:"name"`
	Reason    string       `json:"why_it_ended"` // targets, trials, time
	Trials    []trialled   `json:"trials"`
	Valid     []eval.Check `json:"validation_targets"`
	Targets   []eval.Check `json:"test_targets"` // of the validation data where there are no test data
	Merged    string       `json:"merged,omitempty"`
	GGUF      string       `json:"gguf,omitempty"`
	Pushed    string       `json:"pushed,omitempty"`
	Packaged  bool         `json:"packaged"`
	TestFiled string       `json:"measured_on"`
}

func (a *app) run() *cobra.Command {
	p := &pipeline{advising: advising{training: training{app: a}, rules: advise.Evidence, tenants: 1}}
	var path string
	cmd := a.command("run <pipeline.yaml>", text{"check data, choose, train, evaluate and package, until targets are met", "检查数据、选择方法、训练、评估并打包,直到达标"},
		text{`run goes the whole way by one file. The data are checked: a fault such as a leak stops it. The adviser chooses, and its
choice is trained. If the validation data do not meet the targets, other methods, ranks and learning rates are searched
within the budget, weak trials stopped early. What is best is measured once on the test data, reported and packaged.
Every trial is recorded (graft runs). A run that was killed goes on where it was when the same command is given again.
The exit code is 1 if a target is missed.`,
			`run 依据一个文件走完全程。先检查数据:泄漏等问题会使其停止。由顾问选择方案并训练。
若验证数据上未达标,则在预算内搜索其他方法、秩和学习率,并提前停止较弱的试验。
最佳者在测试数据上只测量一次,随后生成报告并打包。每次试验都有记录(graft runs)。
被中断后再次执行同一命令即可继续。未达标时退出码为 1。`},
		"graft run examples/finance/pipeline.yaml\ngraft tune pipeline.yaml --json",
		func(ctx context.Context, _ []string) (err error) {
			if p.config, err = loadPipeline(path); err != nil {
				return err
			}
			return p.run(ctx)
		})
	cmd.Aliases = []string{"tune"}
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%d arguments, expected the pipeline's file", len(args))
		}
		path = args[0]
		return nil
	}
	cmd.Flags().BoolVar(&p.asJSON, "json", false, a.lang.of(text{"print every stage as a line of JSON on standard output", "在标准输出以 JSON 逐行打印每个阶段"}))
	return cmd
}

// stage tells that a part of the work begins.
func (p *pipeline) stage(number int, name text) {
	p.note(text{"\n[%d/5] %s", "\n[%d/5] %s"}, number, p.lang.of(name))
}

func (p *pipeline) run(ctx context.Context) (err error) {
	if err := p.readRecipe(); err != nil {
		return err
	}
	p.stage(1, text{"data", "数据"})
	if err := p.gate(); err != nil {
		return err
	}
	base, device, err := p.openBase(p.recipe.Model, p.recipe.Tokenizer, p.recipe.Threads, engine.Options{LoadIn4Bit: p.recipe.LoadIn4Bit, DoubleQuant: p.recipe.DoubleQuant, Activations: p.recipe.Activations})
	if err != nil {
		return err
	}
	p.base = base
	defer func() { err = errors.Join(err, p.base.Close(), device.Close()) }()
	folder, err := store.Open(p.config.OutputDir) // one pipeline at a time
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if p.book, err = p.openBook(ctx, p.config.Runs, p.config.OutputDir); err != nil {
		return err
	}
	if p.book == nil {
		return usagef("runs is %s: a search is kept in the record", noRuns)
	}
	defer func() { err = errors.Join(err, p.book.Close()) }()
	p.stage(2, text{"choose", "选择"})
	if err := p.choose(ctx); err != nil {
		return err
	}
	p.stage(3, text{"train, and search", "训练与搜索"})
	best, err := p.iterate(ctx)
	if err != nil {
		return err
	}
	p.stage(4, text{"evaluate", "评估"})
	if err := p.evaluate(ctx, best); err != nil {
		return err
	}
	p.stage(5, text{"package", "打包"})
	if err := p.pack(ctx, best); err != nil {
		return err
	}
	return p.finish(ctx)
}

// readRecipe reads what trials have in common.
func (p *pipeline) readRecipe() error {
	p.recipe = recipe.Defaults()
	if err := recipe.Load(besideFile(p.config.path, p.config.Recipe), &p.recipe); err != nil {
		return err
	}
	p.recipe.OutputDir = filepath.Join(p.config.OutputDir, "adapter")
	if err := p.config.set(&p.recipe); err != nil {
		return err
	}
	if p.recipe.Valid == "" && p.recipe.ValidationSplit == 0 {
		p.recipe.ValidationSplit = 0.1
	}
	if p.config.Choose != byRecipe { // what the adviser chooses is not the recipe's
		r, err := p.recipeOf(&advise.Advice{})
		if err != nil {
			return err
		}
		p.recipe = r
		if err := p.config.set(&p.recipe); err != nil {
			return err
		}
		p.settle = p.config.set
	}
	p.recipe.EvalStrategy = "epoch"
	p.model, p.memory, p.measure = p.recipe.Model, p.config.memory, false
	if err := p.recipe.Check(); err != nil {
		return fmt.Errorf("%s: %w", p.config.path, err)
	}
	return nil
}

// gate reads the data and stops at faults.
func (p *pipeline) gate() error {
	labels := p.recipe.Labels
	if err := p.readData(); err != nil {
		return err
	}
	p.recipe.Labels = labels
	o := dataset.CheckOptions{}
	for _, table := range []*dataset.Table{p.tables.valid, p.tables.test} {
		if table != nil {
			o.Against = append(o.Against, table)
		}
	}
	bar := p.err.Bar(p.lang.of(text{"check", "检查"}), p.lang.of(text{"rows", "行"}), 0)
	o.Progress = func(rows, _ int) { bar.Set(int64(rows), 0) }
	r := p.tables.train.Check(o)
	bar.End()
	if err := p.emit(struct {
		Event  string          `json:"event"`
		Report *dataset.Report `json:"report"`
	}{"data", r}); err != nil {
		return err
	}
	var warnings, faults []string
	for _, f := range r.Findings {
		warnings = append(warnings, p.sentence(f))
		if f.Grave {
			faults = append(faults, f.Code)
		}
	}
	p.warn(warnings)
	if len(faults) > 0 && p.config.Data == "stop" {
		return fmt.Errorf("%s: %s; mend the data (graft data clean), or say data: warn in %s", r.File, strings.Join(slices.Compact(faults), ", "), p.config.path)
	}
	valid, test := 0, 0
	if p.tables.valid != nil {
		valid = len(p.tables.valid.Rows)
	}
	if p.tables.test != nil {
		test = len(p.tables.test.Rows)
	}
	if valid == 0 {
		return fmt.Errorf("%s: no validation data, which trials are compared by", p.config.path)
	}
	p.note(text{"%d rows to train on, %d to validate on, %d to test on", "训练 %d 行,验证 %d 行,测试 %d 行"}, r.Rows, valid, test)
	return nil
}

// choose makes the first candidate.
func (p *pipeline) choose(ctx context.Context) (err error) {
	if err := p.gather(); err != nil {
		return err
	}
	if p.config.Choose == byRecipe {
		p.advice = p.asAdvice()
		return nil
	}
	if p.advice, err = advise.Choose(p.facts, p.config.Choose); err != nil {
		return err
	}
	if err := p.apply(); err != nil {
		return err
	}
	if err := p.fit(ctx); err != nil {
		return err
	}
	if !p.result.Fits {
		return fmt.Errorf("the smallest plan takes %d bytes of memory, and there are %d", p.result.Total, p.memory)
	}
	for _, r := range p.advice.Reasons {
		p.note(text{"• %s %s", "• %s %s"}, p.lang.of(text{r.Text.En, r.Text.Zh}), sourcesOf(r))
	}
	return p.emit(struct {
		Event  string         `json:"event"`
		Advice *advise.Advice `json:"advice"`
		Facts  advise.Facts   `json:"facts"`
	}{"choose", p.advice, p.facts})
}

// asAdvice is the recipe's own choice in the form of an advice, so that variants can be made of it.
func (p *pipeline) asAdvice() *advise.Advice {
	a := &advise.Advice{Rules: byRecipe, Method: p.recipe.Method}
	defaults := recipe.Defaults()
	for _, g := range recipe.Groups {
		if g.En != "Method" && g.En != "Optimiser" && g.En != "Quantisation" {
			continue
		}
		for _, k := range g.Keys {
			if v := k.Value(&p.recipe); v.String() != k.Value(&defaults).String() || k.Name == "peft_type" {
				a.Settings = append(a.Settings, advise.Setting{Key: k.Name, Value: v.YAML()})
			}
		}
	}
	return a
}

// iterate trains the choice and, unless it meets the targets, searches within the budget. The adapter of the best lies in output_dir.
func (p *pipeline) iterate(ctx context.Context) (best int, err error) {
	c := p.config
	bracket := min(c.Search.Bracket, c.Budget.Trials)
	if p.search, err = p.newTuner(p.book, filepath.Join(c.OutputDir, "trials"), bracket, c.Search.Eta); err != nil {
		return 0, err
	}
	u := p.search
	u.limit = c.limit.Seconds()
	u.bar = p.err.Bar(p.lang.of(text{"search", "搜索"}), p.lang.of(text{"step", "步"}), 0)
	defer u.bar.End()
	seen := map[string]bool{}
	add := func(name string, a *advise.Advice) (int, bool, error) {
		r, err := p.recipeOf(a)
		if err != nil {
			return 0, false, err
		}
		i, err := u.add(name, r)
		if err != nil {
			return 0, false, fmt.Errorf("%s: %w", name, err)
		}
		if key := u.trials[i].key; seen[key] {
			u.trials = u.trials[:i]
			return 0, false, nil
		}
		seen[u.trials[i].key] = true
		return i, true, nil
	}
	candidates := p.advice.Candidates(bracket, p.space(c.Search.Methods, c.Search.Ranks))
	first, _, err := add(candidates[0].Name, candidates[0].Advice)
	if err != nil {
		return 0, err
	}
	advices := []*advise.Advice{candidates[0].Advice}
	score, err := u.fit(ctx, first, 1)
	if err != nil {
		return 0, err
	}
	best = first
	r := rand.New(rand.NewPCG(p.recipe.Seed, 0x726f756e64))
	among := []int{first}
	for round := 0; ; round++ {
		if score > worst {
			if err := p.deliver(ctx, best); err != nil {
				return 0, err
			}
			p.tellBest(best, score)
			if len(c.targets) > 0 && meets(p.done.Valid, c.Strict) {
				p.done.Reason = "targets"
				break
			}
		}
		over, err := u.over(ctx)
		if err != nil {
			return 0, err
		}
		if over || len(u.trials) >= c.Budget.Trials {
			if p.done.Reason = "trials"; over {
				p.done.Reason = "time"
			}
			break
		}
		if round > 0 { // half near the best, half of the whole space
			among = []int{best}
			candidates = p.advice.Candidates(len(u.trials)+c.Search.Bracket, p.space(c.Search.Methods, c.Search.Ranks))
			for range c.Search.Bracket / 2 {
				candidates = slices.Insert(candidates, 0, advices[best].Near(r))
			}
		}
		for _, x := range candidates {
			if len(among) >= c.Search.Bracket || len(u.trials) >= c.Budget.Trials {
				break
			}
			i, fresh, err := add(x.Name, x.Advice)
			if err != nil {
				return 0, err
			}
			if fresh {
				among, advices = append(among, i), append(advices, x.Advice)
			}
		}
		if len(among) == 1 {
			p.done.Reason = "trials"
			break
		}
		found, _, err := u.find(ctx, among)
		if err != nil {
			return 0, err
		}
		if found >= 0 && found != best {
			v, err := u.fit(ctx, found, 1) // a search that was cut short has not trained it to its end
			if err != nil {
				return 0, err
			}
			if v > score {
				best, score = found, v
			}
		}
	}
	if score <= worst {
		return 0, fmt.Errorf("all %d trials failed; graft runs --runs %s tells why", len(u.trials), p.book.Path())
	}
	return best, nil
}

// tellBest tells what is the best so far.
func (p *pipeline) tellBest(best int, score float64) {
	u := p.search
	u.bar.Println(fmt.Sprintf(p.lang.of(text{"best so far: %s, %s %.4f", "目前最佳:%s,%s %.4f"}), u.trials[best].name, p.scoreName(), score))
}

// meets reports whether no target is missed; strictly, whether every one that was measured is known to be kept.
func meets(checks []eval.Check, strict bool) bool {
	for _, c := range checks {
		if c.Verdict == eval.Fail || strict && c.Verdict == eval.NotEnoughData {
			return false
		}
	}
	return true
}

// verdictOf sums checks up.
func verdictOf(checks []eval.Check) string {
	verdict := eval.Verdict("")
	for _, c := range checks {
		switch {
		case c.Verdict == eval.Fail:
			return string(eval.Fail)
		case c.Verdict == eval.NotEnoughData:
			verdict = eval.NotEnoughData
		case c.Verdict == eval.Pass && verdict == "":
			verdict = eval.Pass
		}
	}
	return string(verdict)
}

// finish tells the result, and is an error if a target is missed.
func (p *pipeline) finish(ctx context.Context) error {
	if p.asJSON {
		if err := p.emit(struct {
			Event string `json:"event"`
			*delivered
		}{"done", &p.done}); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(p.Stdout)
		if err := p.tableOfTrials(p.done.Trials); err != nil {
			return err
		}
		if len(p.done.Targets) > 0 {
			fmt.Fprintln(p.Stdout)
			if err := p.printTargets(p.done.Targets); err != nil {
				return err
			}
		}
		for _, x := range []struct {
			name text
			path string
		}{{text{"adapter", "适配器"}, p.done.Adapter}, {text{"report", "报告"}, filepath.Join(p.done.Report, "report.html")}, {text{"merged model", "合并后的模型"}, p.done.Merged}, {text{"GGUF", "GGUF"}, p.done.GGUF}, {text{"pushed", "已推送"}, p.done.Pushed}} {
			if x.path != "" {
				fmt.Fprintf(p.Stdout, "%s: %s\n", p.lang.of(x.name), x.path)
			}
		}
	}
	if meets(p.done.Targets, p.config.Strict) {
		return p.search.sweep(-1)
	}
	var missed []string
	for _, c := range p.done.Targets {
		if c.Verdict == eval.Fail || p.config.Strict && c.Verdict == eval.NotEnoughData {
			missed = append(missed, fmt.Sprintf("%s %s", c.Name, c.Verdict))
		}
	}
	why := "the budget of " + p.done.Reason + " is spent"
	if p.done.Reason == "targets" {
		why = "the validation data met them"
	}
	return fmt.Errorf("targets: %s (%s)", strings.Join(missed, ", "), why)
}

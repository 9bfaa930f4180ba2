package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"graft/native/report"
	"graft/native/store"
	"graft/native/term"
	"graft/shared/eval"
	"graft/shared/tensor"
	"graft/shared/trial"
)

// promptTrying is the command line of prompt test.
type promptTrying struct {
	*app
	model             *modelFlags
	systems           []string
	tests, results    string
	report, embedder  string
	journal           string
	repeat            int
	seed              uint64
	asJSON, forgetful bool
}

func (a *app) promptTest() *cobra.Command {
	p := &promptTrying{app: a}
	cmd := a.command("test <file…>", text{"run the test cases of prompts", "运行提示词的测试用例"},
		text{`test asks a model every case of x.test.yaml, which lies beside x.prompt and is in promptfoo's form, and checks the answers.
Several prompts and several systems (--system) are compared with the first, and each with its last run, which is kept in
x.results.json. Assertions: ` + strings.Join(trial.AssertionNames(), ", ") + `; and not- before any.
The exit code is 1 if an answer does not pass and 2 if a file cannot be read.`,
			`test 用模型回答 x.prompt 旁 x.test.yaml(promptfoo 格式)中的每个用例,并检查回答。
多个提示词、多个系统(--system)与第一个比较,每个还与上一次运行比较(保存在 x.results.json)。
断言:` + strings.Join(trial.AssertionNames(), "、") + `;前面可加 not-。
有回答未通过时退出码为 1,文件无法读取时为 2。`},
		`graft prompt test classify.prompt --model smollm2.gguf --report out/classify
graft prompt test v1.prompt v2.prompt --tests classify.test.yaml --model smollm2.gguf --repeat 3
graft prompt test classify.prompt --model smollm2.gguf --system tuned=smollm2.gguf,out/lora`,
		p.run)
	cmd.Args = cobra.ArbitraryArgs
	p.model = a.modelFlags(cmd, answering)
	f, of := cmd.Flags(), a.lang.of
	f.StringArrayVar(&p.systems, "system", nil, of(text{"another system, as name=model or name=model,adapter; may be given more than once", "另一个系统,形如 名称=模型 或 名称=模型,适配器;可多次给出"}))
	f.StringVar(&p.tests, "tests", "", of(text{"file of test cases; default: that beside the first prompt", "测试用例文件(默认为第一个提示词旁的文件)"}))
	f.IntVar(&p.repeat, "repeat", 0, of(text{"ask each case so often, with other seeds; 0: as the file says", "每个用例提问的次数,种子不同;0 表示按文件"}))
	f.Uint64Var(&p.seed, "seed", 0, of(text{"of what is drawn by chance", "随机种子"}))
	f.StringVar(&p.embedder, "embedder", "", of(msgEmbedder))
	f.StringVar(&p.results, "results", "", of(text{"file the run is kept in, and compared with; default: beside the first prompt", "保存并用于比较的结果文件(默认在第一个提示词旁)"}))
	f.BoolVar(&p.forgetful, "no-save", false, of(text{"keep no results", "不保存结果"}))
	f.StringVar(&p.journal, "journal", "", of(text{"file of answers as they come; a run that was ended goes on with it", "逐条保存回答的文件,中断后可继续"}))
	f.StringVar(&p.report, "report", "", of(text{"directory for the report: JSON, HTML, JUnit, CSV", "报告目录:JSON、HTML、JUnit、CSV"}))
	f.BoolVar(&p.asJSON, "json", false, of(msgJSON))
	return cmd
}

// system is a model, perhaps with an adapter, that prompts are asked on.
type system struct{ name, model, adapter string }

func (p *promptTrying) run(ctx context.Context, files []string) (err error) {
	if len(files) == 0 {
		return usagef("no prompt is named")
	}
	base := strings.TrimSuffix(files[0], ".prompt")
	if p.tests == "" {
		p.tests = base + ".test.yaml"
	}
	if p.results == "" {
		p.results = base + ".results.json"
	}
	suite, err := readSuite(p.tests)
	if err != nil {
		return err
	}
	var contenders []trial.Contender
	for _, file := range files {
		c, err := p.contender(file)
		if err != nil {
			return err
		}
		contenders = append(contenders, c)
	}
	systems, err := p.systemsOf()
	if err != nil {
		return err
	}
	before, err := readRun(p.results)
	if err != nil {
		return err
	}
	plan := trial.Plan{Cases: suite.Cases, Repeat: p.repeat, Seed: p.seed}
	if plan.Repeat == 0 {
		plan.Repeat = suite.Repeat
	}
	similar, close, err := p.openEmbedder(p.embedder)
	if err != nil {
		return err
	}
	defer close()
	plan.Similar = similar
	var memory *journal
	if p.journal != "" {
		if memory, err = openJournal(p.journal); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, memory.Close()) }()
	}
	var runs []*trial.Run
	for _, s := range systems {
		r, err := p.ask(ctx, plan, contenders, s, memory)
		if err != nil {
			return err
		}
		runs = append(runs, r)
	}
	run, err := trial.Join(runs...)
	if err != nil {
		return err
	}
	return p.tell(files, before, run)
}

// systemsOf are the systems the flags name: that of --model and --adapter first.
func (p *promptTrying) systemsOf() ([]system, error) {
	var out []system
	if p.model.model != "" || p.model.adapter != "" {
		s := system{model: p.model.model, adapter: p.model.adapter}
		s.name = strings.TrimSuffix(filepath.Base(s.model), filepath.Ext(s.model))
		if s.model == "" {
			s.name = filepath.Base(s.adapter)
		}
		out = append(out, s)
	}
	for _, given := range p.systems {
		name, rest, ok := strings.Cut(given, "=")
		if !ok || name == "" || rest == "" {
			return nil, usagef("--system is %q, expected name=model or name=model,adapter", given)
		}
		if slices.ContainsFunc(out, func(s system) bool { return s.name == name }) {
			return nil, usagef("two systems are named %q", name)
		}
		model, adapter, _ := strings.Cut(rest, ",")
		out = append(out, system{name, model, adapter})
	}
	if len(out) == 0 {
		return nil, usagef("--model names no model")
	}
	return out, nil
}

// ask opens a system, asks it everything, and closes it, so that no two models are in memory at once.
func (p *promptTrying) ask(ctx context.Context, plan trial.Plan, contenders []trial.Contender, s system, memory *journal) (_ *trial.Run, err error) {
	m := *p.model
	m.model, m.adapter = s.model, s.adapter
	o, err := p.open(&m)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	g, err := o.generator(&samplingFlags{cacheType: tensor.F16.String()})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	for _, c := range contenders {
		c.Name.Model, c.Name.Adapter = s.name, s.adapter
		c.Runner, c.Plain, c.Similar = g, o.ChatTemplate == "", plan.Similar
		if memory != nil {
			c.Runner = trial.Remembered{Runner: g, Model: s.model + " " + s.adapter, Memory: memory}
		}
		plan.Contenders = append(plan.Contenders, c)
	}
	bar := p.err.Bar(s.name, p.lang.of(text{"answer", "个回答"}), int64(len(contenders)*len(plan.Cases)*max(plan.Repeat, 1)))
	defer bar.End()
	plan.Progress = func(done, _ int) { bar.Set(int64(done), 0) }
	return plan.Run(ctx)
}

// tell writes, prints and judges a run.
func (p *promptTrying) tell(files []string, before, run *trial.Run) error {
	d := &report.Trial{Title: p.lang.of(text{"Prompt tests", "提示词测试"}), Created: time.Now(), Version: p.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Chinese: p.lang == chinese, Scores: run.Scores(), Against: run.Against(), Run: run}
	for _, f := range append(slices.Clone(files), p.tests) {
		d.Identity = append(d.Identity, [2]string{f, hashOf(f)})
	}
	if before != nil {
		d.Previous = trial.Compare(before, run)
	}
	if p.report != "" {
		if err := report.SaveTrial(p.report, d); err != nil {
			return err
		}
	}
	if !p.forgetful {
		if err := store.WriteFile(p.results, func(w io.Writer) error { return json.NewEncoder(w).Encode(run) }); err != nil {
			return err
		}
	}
	var err error
	if p.asJSON {
		err = p.printJSON(d)
	} else {
		err = p.print(d)
	}
	if err != nil {
		return err
	}
	if p.report != "" {
		p.note(text{"report: %s", "报告:%s"}, filepath.Join(p.report, "report.html"))
	}
	if !run.Passed() {
		failed := 0
		for _, r := range run.Rows {
			if !r.Pass {
				failed++
			}
		}
		return fmt.Errorf(p.lang.of(text{"%d of %d answers do not pass", "%d / %d 个回答未通过"}), failed, len(run.Rows))
	}
	return nil
}

// mostFailures is how many answers that do not pass are printed.
const mostFailures = 20

func (p *promptTrying) print(d *report.Trial) error {
	of := p.lang.of
	columns := []term.Column{{Name: of(text{"prompt · model · adapter", "提示词 · 模型 · 适配器"})}}
	names := trial.MetricNames(d.Scores)
	for _, n := range append([]string{of(text{"passed", "通过"}), of(text{"pass rate", "通过率"}), of(msgInterval), of(text{"score", "得分"}), of(text{"agreement", "一致率"}), of(text{"median ms", "中位毫秒"})}, names...) {
		columns = append(columns, term.Column{Name: n, Right: true})
	}
	var rows [][]string
	for _, s := range d.Scores {
		row := []string{term.Clean(s.Name.String()), fmt.Sprintf("%d/%d", s.Passed, s.Answers), fmt.Sprintf("%.3f", s.PassRate.Value), interval(s.PassRate.Interval),
			fmt.Sprintf("%.3f", s.Score.Value), fmt.Sprintf("%.3f", s.Agreement), fmt.Sprintf("%.0f", s.Latency.P50)}
		for _, n := range names {
			row = append(row, fmt.Sprintf("%.3f", s.Metrics[n].Value))
		}
		rows = append(rows, row)
	}
	if err := p.out.Table(columns, rows); err != nil {
		return err
	}
	p.printDeltas(of(text{"against the first", "与第一项比较"}), d.Against)
	p.printDeltas(of(text{"against the run before", "与上一次运行比较"}), d.Previous)
	shown := 0
	for _, r := range d.Run.Rows {
		if r.Pass {
			continue
		}
		if shown++; shown > mostFailures {
			break
		}
		fmt.Fprintf(p.Stdout, "%s %s: %s\n    %s\n", p.out.Paint(term.Red, of(text{"fail", "未通过"})), term.Clean(d.Run.Contenders[r.Contender].String()),
			term.Clean(d.Run.Cases[r.Case].Title()), term.Clean(oneLine(r.Output)))
		for _, c := range r.Checks {
			if !c.Pass {
				fmt.Fprintf(p.Stdout, "    %s: %s\n", c.Type, term.Clean(oneLine(c.Reason)))
			}
		}
		if r.Error != "" {
			fmt.Fprintf(p.Stdout, "    %s\n", term.Clean(r.Error))
		}
	}
	return nil
}

// printDeltas writes a line for each comparison.
func (p *promptTrying) printDeltas(title string, all []trial.Delta) {
	for _, d := range all {
		fmt.Fprintf(p.Stdout, "%s, %s: Δ %+.3f %s, %s %d, %s %d, p %.3f\n", term.Clean(d.To.String()), title, d.Pass.Delta, interval(d.Pass.Interval),
			p.lang.of(text{"fixed", "修正"}), d.McNemar.Fixed, p.lang.of(text{"broken", "变错"}), d.McNemar.Broken, d.PHolm)
	}
}

func interval(i eval.Interval) string { return fmt.Sprintf("[%.3f, %.3f]", i.Low, i.High) }

// oneLine is a text as a line of a list.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	return s
}

func readSuite(path string) (*trial.Suite, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	s, err := trial.ReadSuite(data)
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return s, nil
}

// readRun reads the run before, nil if there was none.
func readRun(path string) (*trial.Run, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r trial.Run
	if err := json.Unmarshal(data, &r); err != nil || r.Format != 1 {
		return nil, usagef("%s: expected the results of a run (format 1, got %d): %w", path, r.Format, err)
	}
	return &r, nil
}

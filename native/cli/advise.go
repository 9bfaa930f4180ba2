package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"graft/native/advise"
	"graft/native/recipe"
	"graft/native/tune"
	"graft/shared/engine"
	"graft/shared/train"
)

// advising is one run of graft advise.
type advising struct {
	training
	model, memoryText, rules, output string
	rows, labels, length, tenants    int
	budget                           time.Duration
	trial, measure                   bool
	trialRows, trials                int
	methods                          []string // that trials try beside the advised one

	facts  advise.Facts
	advice *advise.Advice
	memory int64                      // bytes there are; 0: not known
	steps  int                        // of the whole run
	settle func(*recipe.Recipe) error // what holds whatever is advised; nil: nothing
	result advised
}

// advised is the answer for machines.
type advised struct {
	*advise.Advice
	Facts    advise.Facts `json:"facts"`
	Recipe   string       `json:"recipe"` // the YAML
	Plan     *train.Plan  `json:"plan,omitempty"`
	Total    int          `json:"total_bytes,omitempty"`
	Memory   int64        `json:"memory_bytes,omitempty"` // there is
	Fits     bool         `json:"fits"`
	Estimate *estimate    `json:"estimate,omitempty"`
	Trials   []trialled   `json:"trials,omitempty"`
	Written  string       `json:"written,omitempty"`
}

func (a *app) advise() *cobra.Command {
	d := &advising{training: training{app: a}}
	var config recipe.Recipe
	cmd := a.command("advise", text{"choose a method and its settings, with reasons", "选择微调方法与超参数,并给出依据"},
		text{"advise looks at data, base and machine and chooses a method and hyper-parameters. Every sentence names its source.\nMemory is that of the recorded training program; time is measured by a few real steps. The recipe it writes is what\ngraft train --config takes. Without a file, --rows, --labels and --length describe the data.\n--rules article follows the table that guides pass on, and says where measurements contradict it.\n--trial fits methods, learning rates and ranks on part of the data, stops weak trials early and takes the one with the\nbest validation score; a search that was killed goes on where it was when the same command is given again.",
			"advise 根据数据、基座和机器选择方法与超参数,每句话都注明来源。内存取自录制的训练程序,时间由若干真实步骤实测。\n写出的配方可直接用于 graft train --config。没有文件时,用 --rows、--labels 和 --length 描述数据。\n--rules article 采用文章中的表格,并指出与实测证据矛盾之处。\n--trial 用部分数据试验各种方法、学习率和秩,提前停止较弱的试验,取验证得分最高者;被中断的搜索再次执行同一命令即可继续。"},
		"graft advise --model base --train-file train.csv --validation-file valid.csv --memory 8GB --time 2h --output recipe.yaml\ngraft advise --rows 5000 --labels 3 --rules article",
		func(ctx context.Context, _ []string) error {
			d.recipe = config
			return d.run(ctx)
		})
	config = recipe.Defaults()
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&d.model, "model", "", of(text{"base model: a Hugging Face directory or a GGUF file", "基础模型:Hugging Face 目录或 GGUF 文件"}))
	f.StringVar(&config.TrainFile, "train-file", "", of(text{"training data", "训练数据"}))
	f.StringVar(&config.Valid, "validation-file", "", of(text{"validation data; default: a tenth of the training data", "验证数据(默认取训练数据的十分之一)"}))
	f.StringVar(&config.Task, "task-type", config.Task, of(text{"SEQ_CLS (classify) or CAUSAL_LM (generate)", "SEQ_CLS(分类)或 CAUSAL_LM(生成)"}))
	f.StringVar(&config.TextColumn, "text-column", config.TextColumn, of(text{"column of the text", "文本所在列"}))
	f.StringVar(&config.LabelColumn, "label-column", config.LabelColumn, of(text{"column of the label", "标签所在列"}))
	f.IntVar(&d.rows, "rows", 0, of(text{"rows of the training data, where there is no file", "训练数据行数(没有文件时)"}))
	f.IntVar(&d.labels, "labels", 2, of(text{"number of classes, where there is no file", "类别数(没有文件时)"}))
	f.IntVar(&d.length, "length", 64, of(text{"tokens of a usual text, where there is no file", "一般文本的 token 数(没有文件时)"}))
	f.IntVar(&d.tenants, "tenants", 1, of(text{"adapters that shall share the base", "共用该基座的适配器数量"}))
	f.StringVar(&d.memoryText, "memory", "", of(text{"memory for the training, such as 8GB or 900MiB; default: what is free", "训练可用内存,如 8GB 或 900MiB(默认为当前空闲内存)"}))
	f.DurationVar(&d.budget, "time", 0, of(text{"time for the training, such as 2h or 30m; 0: any", "训练可用时间,如 2h 或 30m;0 为不限"}))
	f.IntVar(&config.Threads, "threads", 0, of(text{"threads of the CPU; 0: one for each core", "CPU 线程数;0 为每核一个"}))
	f.StringVar(&d.rules, "rules", advise.Evidence, of(text{"evidence or article", "evidence(证据)或 article(文章表格)"}))
	f.BoolVar(&d.measure, "measure", true, of(text{"take a few steps to measure the time", "用若干步实测耗时"}))
	f.BoolVar(&d.trial, "trial", false, of(text{"fit small runs and take the best", "训练小规模候选并取最优"}))
	f.IntVar(&d.trials, "trials", 8, of(text{"trials of --trial; half of those that are left go on each time", "--trial 的试验次数,每轮保留一半"}))
	f.StringSliceVar(&d.methods, "methods", []string{recipe.LoRA, "PISSA", "PREFIX_TUNING", "IA3"}, of(text{"methods that --trial tries beside the advised one", "--trial 除推荐方法外还要尝试的方法"}))
	a.runsFlag(f, &d.training.runs)
	f.IntVar(&d.trialRows, "trial-rows", 1000, of(text{"rows that a trial trains on", "每次试验的训练行数"}))
	f.StringVar(&config.OutputDir, "output-dir", "out", of(text{"where the recipe's run will write, and where trials are kept", "配方运行的输出目录,试验也保存在此"}))
	f.StringVar(&d.output, "output", "", of(text{"recipe to write", "要写出的配方文件"}))
	f.BoolVar(&d.asJSON, "json", false, of(msgJSON))
	return cmd
}

// run goes from facts to a recipe.
func (d *advising) run(ctx context.Context) (err error) {
	if err := d.readFlags(); err != nil {
		return err
	}
	if d.recipe.TrainFile != "" {
		if err := d.readData(); err != nil {
			return err
		}
	} else if d.rows > 0 {
		d.imagine()
	} else {
		return usagef("--train-file names no file, and --rows no number of rows")
	}
	if d.model != "" {
		base, device, err := d.openBase(d.model, "", d.recipe.Threads, engine.Options{Name: d.model})
		if err != nil {
			return err
		}
		d.base = base
		defer func() { err = errors.Join(err, d.base.Close(), device.Close()) }()
	}
	if err := d.gather(); err != nil {
		return err
	}
	if d.advice, err = advise.Choose(d.facts, d.rules); err != nil {
		return usageError{err}
	}
	if err := d.apply(); err != nil {
		return err
	}
	if d.base != nil {
		if err := d.fit(ctx); err != nil {
			return err
		}
		if d.trial {
			if err := d.search(ctx); err != nil {
				return err
			}
		}
	}
	return d.finish()
}

// readFlags checks what the command line says.
func (d *advising) readFlags() error {
	d.recipe.Model = d.model
	d.recipe.Task = strings.ToUpper(d.recipe.Task)
	if d.recipe.Valid == "" && d.recipe.TrainFile != "" {
		d.recipe.ValidationSplit = 0.1
	}
	if !slices.Contains(advise.Rules, d.rules) {
		return usagef("--rules is %q, expected one of %q", d.rules, advise.Rules)
	}
	if d.trial && (d.model == "" || d.recipe.TrainFile == "") {
		return usagef("--trial wants --model and --train-file")
	}
	for i, m := range d.methods {
		d.methods[i] = strings.ReplaceAll(strings.ToUpper(m), "-", "_")
		if !slices.Contains(recipe.Methods(), d.methods[i]) {
			return usagef("--methods has %q, expected of %q", m, recipe.Methods())
		}
	}
	if d.trials < 1 || d.trials > tune.MaxTrials {
		return usagef("--trials is %d, expected 1 to %d", d.trials, tune.MaxTrials)
	}
	if d.trialRows < 8 || d.tenants < 1 || d.labels < 2 || d.length < 1 || d.rows < 0 {
		return usagef("--trial-rows is %d, --tenants %d, --labels %d, --length %d, --rows %d: expected at least 8, 1, 2, 1 and 0", d.trialRows, d.tenants, d.labels, d.length, d.rows)
	}
	if d.memoryText == "" {
		d.memory = freeMemory()
		return nil
	}
	n, err := parseBytes(d.memoryText)
	if err != nil {
		return usagef("--memory is %q, expected a size such as 8GB or 900MiB", d.memoryText)
	}
	d.memory = n
	return nil
}

// parseBytes reads 8GB, 900 MiB, 8g or 1e9.
func parseBytes(s string) (int64, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	unit := 1.0
	for _, u := range []struct {
		suffix string
		size   float64
	}{{"tib", 1 << 40}, {"gib", 1 << 30}, {"mib", 1 << 20}, {"kib", 1 << 10}, {"tb", 1e12}, {"gb", 1e9}, {"mb", 1e6}, {"kb", 1e3}, {"t", 1e12}, {"g", 1e9}, {"m", 1e6}, {"b", 1}} {
		if rest, ok := strings.CutSuffix(s, u.suffix); ok {
			s, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !(n > 0 && n*unit < 1e18) {
		return 0, fmt.Errorf("not a size: %q", s)
	}
	return int64(n * unit), nil
}

// apply brings the advice's settings into the recipe.
func (d *advising) apply() error {
	r, err := d.recipeOf(d.advice)
	if err == nil {
		d.recipe = r
	}
	return err
}

// recipeOf is the recipe with the settings of an advice: of the one there is, files, data and machine stay.
func (d *advising) recipeOf(a *advise.Advice) (recipe.Recipe, error) {
	r, was := recipe.Defaults(), &d.recipe
	r.Model, r.Tokenizer, r.TrainFile, r.Valid, r.Test, r.OutputDir = was.Model, was.Tokenizer, was.TrainFile, was.Valid, was.Test, was.OutputDir
	r.Task, r.TextColumn, r.LabelColumn, r.PromptColumn, r.CompletionColumn, r.MessagesColumn = was.Task, was.TextColumn, was.LabelColumn, was.PromptColumn, was.CompletionColumn, was.MessagesColumn
	r.ValidationSplit, r.MaxLength, r.Seed, r.Threads, r.Activations = was.ValidationSplit, was.MaxLength, was.Seed, was.Threads, was.Activations
	var y strings.Builder
	for _, s := range a.Settings {
		fmt.Fprintf(&y, "%s: %s\n", s.Key, s.Value)
	}
	if err := recipe.Parse([]byte(y.String()), "advice", &r); err != nil {
		return r, err
	}
	if r.Labels = was.Labels; d.training.labels != nil && was.TrainFile != "" {
		r.Labels = d.training.labels.Names()
	}
	if d.tables.valid == nil && was.TrainFile == "" { // an imagined file has no rows to validate on
		r.EvalStrategy, r.SaveStrategy, r.LoadBestModelAtEnd, r.EarlyStoppingPatience = "no", "no", false, 0
	}
	if d.settle != nil {
		return r, d.settle(&r)
	}
	return r, nil
}

// finish writes the recipe and prints the advice.
func (d *advising) finish() error {
	made, err := recipe.Marshal(d.recipe)
	if err != nil {
		return err
	}
	d.result.Advice, d.result.Facts, d.result.Recipe, d.result.Memory = d.advice, d.facts, string(made), d.memory
	if d.output != "" {
		if err := os.MkdirAll(filepath.Dir(d.output), 0o755); err != nil {
			return err
		}
		f, err := os.OpenFile(d.output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, os.ErrExist) {
			return fmt.Errorf("%s is there already: remove it, or give another name", d.output)
		}
		if err != nil {
			return err
		}
		head := d.lang.of(text{"# By graft advise. The reasons: graft advise with the same flags.\n", "# 由 graft advise 生成;依据见同一命令的输出。\n"})
		_, err = io.WriteString(f, head+string(made))
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
		d.result.Written = d.output
	}
	if d.asJSON {
		return d.printJSON(d.result)
	}
	return d.print()
}

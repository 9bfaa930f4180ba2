package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"graft/native/recipe"
	"graft/native/runs"
	"graft/native/store"
	"graft/native/term"
	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/train"
)

// training is one run of graft train.
type training struct {
	*app
	recipe recipe.Recipe
	asJSON bool

	tables struct{ train, valid, test *dataset.Table }
	labels *dataset.Labels // of SEQ_CLS
	base   *engine.Base
	store  *store.Directory
	job    *engine.Job
	plan   train.Plan
	runs   string  // the file of --runs
	record *record // nil: none
	tokens int64   // that were trained on

	part  int   // above 0: train on so many rows of the training data
	until int   // above 0: end after the first checkpoint from this step on, and save nothing
	again int64 // the run that this one repeats, 0 for none
}

// emit prints an event for machines.
func (t *training) emit(event any) error {
	if !t.asJSON {
		return nil
	}
	return t.printJSON(event)
}

// run does everything in its order: what can be wrong is read and checked before the long work begins.
func (t *training) run(ctx context.Context) (err error) {
	if err := t.readData(); err != nil {
		return err
	}
	t.warnOfData()
	r := &t.recipe
	base, d, err := t.openBase(r.Model, r.Tokenizer, r.Threads, engine.Options{LoadIn4Bit: r.LoadIn4Bit, DoubleQuant: r.DoubleQuant, Activations: r.Activations, Scratch: r.Scratch})
	if err != nil {
		return err
	}
	t.base = base
	defer func() { err = errors.Join(err, base.Close(), d.Close()) }()
	if t.store, err = store.Open(r.OutputDir); err != nil {
		return err
	}
	defer t.store.Close()
	if err := t.clearOutput(); err != nil {
		return err
	}
	if t.job, err = t.prepare(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.job.Close()) }()
	if err := t.planned(); err != nil {
		return err
	}
	book, err := t.openBook(ctx, t.runs, r.OutputDir)
	if err != nil {
		return err
	}
	if book != nil {
		defer func() { err = errors.Join(err, book.Close()) }()
		run, err := t.runOf()
		if err != nil {
			return err
		}
		if t.record, err = keep(ctx, book, run, r.Resume); err != nil {
			return err
		}
	}
	err = t.work(ctx)
	status := runs.Finished
	if t.until > 0 && t.job.State().GlobalStep < t.job.Steps() {
		status = runs.Stopped
	}
	if err := errors.Join(err, t.record.end(ctx, status, err)); err != nil {
		return err
	}
	if t.record != nil {
		t.note(text{"recorded as run %d in %s", "已记录为运行 %d(%s)"}, t.record.id(), book.Path())
	}
	return nil
}

// work is the long part of a run.
func (t *training) work(ctx context.Context) error {
	if err := t.announce(); err != nil {
		return err
	}
	if err := t.fit(ctx); err != nil {
		return err
	}
	if t.record != nil {
		r := t.record.run
		r.Steps, r.Tokens = t.job.State().GlobalStep, t.tokens
		var err error
		if r.Hashes.Result, err = resultHash(t.job); err != nil {
			return err
		}
	}
	if t.until > 0 && t.job.State().GlobalStep < t.job.Steps() {
		return nil
	}
	if err := t.save(ctx); err != nil {
		return err
	}
	return t.test(ctx)
}

// planned plans the memory of the run.
func (t *training) planned() (err error) {
	t.plan, err = t.job.Options.Plan()
	return err
}

// prepare makes the run ready and, to resume, brings it to where it was.
func (t *training) prepare() (*engine.Job, error) {
	r := &t.recipe
	e := engine.Training{Base: t.base, Task: adapter.TaskType(r.Task), Labels: t.labels, Train: t.tables.train, Eval: t.tables.valid,
		Method: r.AdapterMethod(), LoRAPlusLRRatio: r.LoraPlusLRRatio, MaxLength: r.MaxLength, Arguments: r.Arguments, Store: t.store, Version: t.Version}
	if r.Adapter != "" {
		var err error
		if e.Start, err = t.openAdapter(t.base, r.Adapter, false); err != nil {
			return nil, err
		}
	}
	job, err := e.Prepare()
	if err != nil {
		return nil, err
	}
	if r.Resume {
		name, err := job.Resume()
		if err != nil {
			return nil, errors.Join(err, job.Close())
		}
		if name != "" {
			t.note(text{"going on from %s", "从 %s 继续"}, filepath.Join(r.OutputDir, name))
		}
	}
	return job, nil
}

// announce says what will be trained and the memory it takes.
func (t *training) announce() error {
	of, p := t.lang.of, t.plan
	fmt.Fprintln(t.Stderr, p.TrainableLine())
	var rows [][]string
	for _, part := range []struct {
		name  text
		bytes int
	}{
		{text{"base weights (frozen)", "基础权重(冻结)"}, p.Base},
		{text{"trained weights", "训练的权重"}, p.Parameters},
		{text{"gradients", "梯度"}, p.Gradients},
		{text{"optimiser", "优化器"}, p.Optimizer},
		{text{"activations of the largest batch", "最大批次的激活"}, p.Arena},
		{text{"scratch of the kernels", "计算核临时区"}, p.Scratch},
		{text{"all", "合计"}, p.Total()},
	} {
		rows = append(rows, []string{of(part.name), term.Bytes(int64(part.bytes))})
	}
	if err := t.err.Table([]term.Column{{Name: of(text{"memory plan", "内存计划"})}, {Name: of(text{"size", "大小"}), Right: true}}, rows); err != nil {
		return err
	}
	if n := t.job.Truncated; n > 0 {
		t.note(text{"%d of %d training texts are longer than max_length and were cut", "%d/%d 条训练文本超过 max_length,已截断"}, n, len(t.tables.train.Rows))
	}
	if share := t.base.Model.Config().AttentionShare(); share > 0 {
		t.note(text{"config.json has attention dropout %g, which is left out: attention weights are never in memory", "config.json 的注意力 dropout 为 %g,训练时不使用:注意力权重从不存入内存"}, share)
	}
	return t.emit(struct {
		Event string     `json:"event"`
		Steps int        `json:"steps"`
		Rows  int        `json:"train_rows"`
		Cut   int        `json:"truncated_rows"`
		Plan  train.Plan `json:"plan"`
		Total int        `json:"total_bytes"`
		Run   int64      `json:"run,omitempty"` // its number in --runs
	}{"plan", t.job.Steps(), len(t.tables.train.Rows), t.job.Truncated, p, p.Total(), t.record.id()})
}

// fit takes the steps.
func (t *training) fit(ctx context.Context) error {
	of := t.lang.of
	bar := t.err.Bar(of(text{"train", "训练"}), of(text{"step", "步"}), int64(t.job.Steps()))
	defer bar.End()
	bar.From(int64(t.job.State().GlobalStep))
	kept := newest(t.store)
	for e, err := range t.job.Run(ctx) {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			bar.End()
			return t.interrupted(kept)
		}
		if err != nil {
			return err
		}
		tell := true
		switch e.Kind {
		case "step":
			tell = e.Step%t.recipe.LoggingSteps == 0 || e.Step == e.Steps
			t.tokens += int64(e.Tokens)
			bar.Set(int64(e.Step), t.tokens, term.Field{Name: "loss", Value: fmt.Sprintf("%.4f", e.Loss)}, term.Field{Name: "lr", Value: fmt.Sprintf("%.2e", e.LearningRate)})
		case "evaluate":
			best := ""
			if e.Best {
				best = of(text{", the best so far", ",目前最佳"})
			}
			bar.Println(fmt.Sprintf(of(text{"epoch %.2f: %s%s", "第 %.2f 轮:%s%s"}), e.Epoch, metrics(e.Metrics), best))
			if err := t.record.evaluated(ctx, e, t.classifies()); err != nil {
				return err
			}
		case "checkpoint":
			kept = e.Checkpoint
		}
		if t.ends(e) {
			break
		}
		if !tell {
			continue
		}
		if err := t.emit(e); err != nil {
			return err
		}
	}
	bar.End()
	if d, ok := t.base.Device().(device.Metered); ok {
		u := d.Usage()
		t.note(text{"memory: %s planned, %s used", "内存:计划 %s,实际 %s"}, term.Bytes(int64(t.plan.Total())), term.Bytes(int64(u.Peak+u.Mapped)))
	}
	if t.job.State().EarlyStopped {
		t.note(text{"stopped early at step %d: %d evaluations without gain", "在第 %d 步提前停止:连续 %d 次评估无改善"}, t.job.State().GlobalStep, t.recipe.EarlyStoppingPatience)
	}
	return nil
}

// ends reports whether a run that goes up to a step is there.
func (t *training) ends(e train.Event) bool {
	return e.Kind == "checkpoint" && t.until > 0 && e.Step >= t.until && e.Step < e.Steps
}

// interrupted says how to go on after Ctrl-C.
func (t *training) interrupted(kept string) error {
	step, steps := t.job.State().GlobalStep, t.job.Steps()
	if kept == "" {
		t.note(text{"stopped at step %d of %d; no checkpoint was saved yet", "已在第 %d/%d 步停止;尚未保存检查点"}, step, steps)
	} else {
		t.note(text{"stopped at step %d of %d; %s is kept: give the same command with --resume-from-checkpoint to go on", "已在第 %d/%d 步停止;已保留 %s:用同样的命令加 --resume-from-checkpoint 即可继续"},
			step, steps, filepath.Join(t.recipe.OutputDir, kept))
	}
	return errInterrupted
}

// metrics shows the most wanted of an evaluation's.
func metrics(m map[string]float64) string {
	var s []string
	for _, name := range []string{"eval_loss", "eval_accuracy", "eval_macro_f1", "eval_perplexity"} {
		if v, ok := m[name]; ok {
			s = append(s, fmt.Sprintf("%s %.4f", strings.TrimPrefix(name, "eval_"), v))
		}
	}
	return strings.Join(s, ", ")
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"graft/native/mmap"
	"graft/native/recipe"
	"graft/native/report"
	"graft/native/runs"
	"graft/native/store"
	"graft/native/term"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/eval"
)

// worst is the score of a trial that failed.
var worst = math.Inf(-1)

// deliver writes the adapter of a trial that was trained to its end into output_dir, and holds the validation data against
// the targets.
func (p *pipeline) deliver(ctx context.Context, best int) error {
	u := p.search
	c := &u.trials[best]
	err := u.withBase(c.recipe, func() (err error) {
		t, closing, err := u.open(c)
		if closing != nil {
			defer func() { err = errors.Join(err, closing()) }()
		}
		if err != nil {
			return err
		}
		for _, err := range t.job.Run(ctx) { // no step is left; the best evaluation's weights come back
			if err != nil {
				return err
			}
		}
		t.recipe.OutputDir, t.recipe.Resume = p.recipe.OutputDir, false
		if t.store, err = store.Open(t.recipe.OutputDir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, t.store.Close()) }()
		t.asJSON = false
		return t.save(ctx)
	})
	if err != nil {
		return err
	}
	p.done.Adapter, p.done.Name = p.recipe.OutputDir, c.name
	if len(p.config.targets) == 0 {
		return nil
	}
	return p.on(ctx, c.recipe, func(b *engine.Base, ad *engine.Adapter) error {
		measures, err := p.quality(ctx, b, ad, p.tables.valid)
		p.done.Valid = eval.CheckTargets(p.config.targets, measures)
		return err
	})
}

// on opens what was delivered as any other command would.
func (p *pipeline) on(_ context.Context, r recipe.Recipe, do func(*engine.Base, *engine.Adapter) error) error {
	if r.Method == recipe.Full {
		saved, d, err := p.openBase(p.done.Adapter, "", r.Threads, engine.Options{})
		if err != nil {
			return err
		}
		return errors.Join(do(saved, nil), saved.Close(), d.Close())
	}
	return p.search.withBase(r, func() error {
		ad, err := p.search.base.OpenAdapter(mmap.FS(p.done.Adapter), false)
		if err != nil {
			return err
		}
		return do(p.search.base, ad)
	})
}

// quality are the measures of answers, without speed.
func (p *pipeline) quality(ctx context.Context, b *engine.Base, ad *engine.Adapter, table *dataset.Table) (map[string]eval.Measure, error) {
	if !p.classifies() {
		r, err := perplexity(ctx, b, ad, table, p.recipe.MaxLength, p.recipe.PerDeviceEvalBatchSize)
		return map[string]eval.Measure{"perplexity": {Value: r.Perplexity}}, err
	}
	cl, err := b.Classifier(ad)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	answers, _, err := p.classify(ctx, cl, table, "")
	if err != nil {
		return nil, err
	}
	r, err := answers.Score(eval.Bootstrap{})
	if err != nil {
		return nil, err
	}
	return r.Measures(), nil
}

// evaluate measures the best once on the test data, or where there are none on the validation data, and writes the report.
func (p *pipeline) evaluate(ctx context.Context, best int) (err error) {
	u := p.search
	c := &u.trials[best]
	if p.done.Trials, err = u.told(ctx, best); err != nil {
		return err
	}
	run, err := p.book.Trial(ctx, u.search, c.key)
	if err != nil {
		return err
	}
	table, path, split := p.tables.test, p.recipe.Test, runs.OnTest
	if table == nil {
		table, path, split = p.tables.valid, p.recipe.Valid, runs.OnValid
		p.note(text{"no test_file: the validation data, which the search has used, give too good a picture", "没有 test_file:验证数据已用于搜索,结果会偏好"})
	}
	p.done.TestFiled, p.done.Run = path, run.ID
	return p.on(ctx, c.recipe, func(b *engine.Base, ad *engine.Adapter) error {
		if !p.classifies() {
			measures, err := p.quality(ctx, b, ad, table)
			if err != nil {
				return err
			}
			p.done.Targets = eval.CheckTargets(p.config.targets, measures)
			p.done.Verdict = verdictOf(p.done.Targets)
			run.Test = map[string]float64{"perplexity": measures["perplexity"].Value}
			fmt.Fprintf(p.Stderr, "perplexity %.4f\n", measures["perplexity"].Value)
			return p.book.Update(ctx, run)
		}
		cl, err := b.Classifier(ad)
		if err != nil {
			return err
		}
		defer cl.Close()
		s, err := p.score(ctx, cl, table, "")
		if err != nil {
			return err
		}
		s.name = c.name
		s.result.Targets = eval.CheckTargets(p.config.targets, s.result.Measures())
		p.done.Targets, p.done.Verdict = s.result.Targets, verdictOf(s.result.Targets)
		run.Test, run.Output = s.result.Values, p.done.Adapter
		if err := errors.Join(p.book.Predicted(ctx, run.ID, split, s.answers), p.book.Update(ctx, run)); err != nil {
			return err
		}
		return p.report(s, run, path)
	})
}

// report writes the report's files.
func (p *pipeline) report(s *scored, run *runs.Run, data string) error {
	d := p.document(text{"Pipeline", "流水线报告"})
	d.Identity = [][2]string{{"pipeline", p.config.path}, {"base", p.recipe.Model}, {"base sha256", run.Hashes.Base}, {"data", data}, {"data sha256", hashOf(data)},
		{"train_file sha256", run.Hashes.Train}, {"run", fmt.Sprintf("%d, %s", run.ID, p.book.Path())}, {"seed", fmt.Sprint(run.Seed)}, {"weights sha256", run.Hashes.Result}}
	x := s.system()
	x.Training = &report.Training{Method: run.Method, Seconds: run.Seconds, Trainable: run.Trainable, PeakMemoryBytes: run.PeakMemory, AdapterBytes: weightBytes(p.done.Adapter)}
	d.Systems, d.Items = []report.System{x}, s.items()
	for _, t := range p.done.Trials {
		d.Trials = append(d.Trials, report.Attempt{Run: t.Run, Name: t.Name, Status: string(t.Status), Score: score4(t.Score), Steps: t.Steps, Of: t.Of, Seconds: t.Seconds, Best: t.Best})
	}
	d.ScoreName = p.scoreName()
	p.done.Report = filepath.Join(p.config.OutputDir, "report")
	return report.Save(p.done.Report, d)
}

// weightBytes is the size of an adapter's weights, or of a model's.
func weightBytes(dir string) int64 {
	for _, name := range []string{"adapter_model.safetensors", "model.safetensors"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return info.Size()
		}
	}
	return 0
}

// pack adds the card, and what else the pipeline asks for, unless the targets are missed.
func (p *pipeline) pack(ctx context.Context, best int) (err error) {
	if !p.config.Package.Always && !meets(p.done.Targets, p.config.Strict) {
		p.note(text{"the targets are missed: nothing is packaged beside the adapter", "未达标:除适配器外不打包"})
		return nil
	}
	err = store.WriteFile(filepath.Join(p.done.Adapter, "README.md"), func(w io.Writer) error { return p.card(w) })
	if err != nil {
		return err
	}
	full := p.search.trials[best].recipe.Method == recipe.Full
	pk := &p.config.Package
	if (pk.Merge != "" || pk.GGUF != "") && !full {
		m := &modelFlags{model: p.recipe.Model, adapter: p.done.Adapter, tokenizer: p.recipe.Tokenizer, threads: p.recipe.Threads, cmd: &cobra.Command{}}
		if err := p.convert(ctx, m); err != nil {
			return err
		}
	}
	if pk.Push != "" {
		hub, err := p.openHub()
		if err != nil {
			return err
		}
		pushed, err := hub.hub.Push(ctx, p.done.Adapter, pk.Push)
		hub.end()
		if err != nil {
			return err
		}
		p.done.Pushed = pushed.Name + "@" + pushed.Digest
	}
	p.done.Packaged = true
	return nil
}

// convert writes the merged model and the GGUF file. Those of an earlier run of the pipeline are replaced.
func (p *pipeline) convert(ctx context.Context, m *modelFlags) error {
	if dtype := p.config.Package.Merge; dtype != "" {
		out := filepath.Join(p.config.OutputDir, "merged")
		if err := os.RemoveAll(out); err != nil {
			return err
		}
		o, err := p.app.open(m)
		if err != nil {
			return err
		}
		for _, t := range mergeTypes {
			if t.name == dtype {
				err = p.writeMerged(ctx, o, m, out, t.dtype)
			}
		}
		if err = errors.Join(err, o.Close()); err != nil {
			return err
		}
		p.done.Merged = out
	}
	if p.config.Package.GGUF == "" {
		return nil
	}
	x := &ggufExport{model: m, outtype: p.config.Package.GGUF, output: ggufOutput{path: filepath.Join(p.config.OutputDir, "model-"+p.config.Package.GGUF+".gguf")}}
	if p.classifies() {
		p.note(text{"gguf: the format has no place for a classification head; skipped", "gguf:该格式无法容纳分类头,已跳过"})
		return nil
	}
	if err := p.writeGGUF(x); err != nil {
		return err
	}
	p.done.GGUF = x.output.path
	return nil
}

// card writes the adapter's README, in the form of the Hugging Face hub.
func (p *pipeline) card(w io.Writer) error {
	task := map[bool]string{true: "text-classification", false: "text-generation"}[p.classifies()]
	fmt.Fprintf(w, "---\nlibrary_name: peft\npipeline_tag: %s\nbase_model: %q\ntags: [graft]\n---\n\n# %s\n\n", task, p.recipe.Model, filepath.Base(filepath.Clean(p.config.OutputDir)))
	fmt.Fprintf(w, "%s, made by graft %s from %d rows; run %d, seed %d.\n\n", p.done.Name, p.Version, len(p.tables.train.Rows), p.done.Run, p.recipe.Seed)
	if len(p.done.Targets) > 0 {
		fmt.Fprintf(w, "Measured on %s:\n\n| target | wanted | measured | verdict |\n|---|---|---|---|\n", p.done.TestFiled)
	}
	for _, t := range p.done.Targets {
		measured := ""
		if t.Measure != nil {
			measured = fmt.Sprintf("%.4g", t.Measure.Value)
			if t.Measure.Interval != nil {
				measured += " " + t.Measure.Interval.String()
			}
		}
		fmt.Fprintf(w, "| %s | %s %g | %s | %s |\n", t.Name, t.Op, t.Limit, measured, t.Verdict)
	}
	_, err := fmt.Fprintf(w, "\n```sh\ngraft predict --model %q --adapter . \"text\"\n```\n", term.Clean(p.recipe.Model))
	return err
}

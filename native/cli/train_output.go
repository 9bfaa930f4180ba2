package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"graft/native/mmap"
	"graft/native/plot"
	"graft/native/recipe"
	"graft/native/runs"
	"graft/native/store"
	"graft/native/term"
	"graft/shared/adapter"
	"graft/shared/engine"
	"graft/shared/train"
)

// clearOutput removes what an earlier run left in output_dir, or refuses to mix with it.
func (t *training) clearOutput() error {
	r := &t.recipe
	names, err := t.store.List()
	if err != nil {
		return err
	}
	var checkpoints []string
	for _, n := range names {
		if strings.HasPrefix(n, "checkpoint-") {
			checkpoints = append(checkpoints, n)
		}
	}
	switch {
	case r.Resume && len(checkpoints) == 0:
		t.note(text{"%s has no checkpoint: the run begins anew", "%s 中没有检查点:重新开始训练"}, r.OutputDir)
	case r.Overwrite:
		for _, n := range checkpoints {
			if err := t.store.Remove(n); err != nil {
				return err
			}
		}
	case !r.Resume && len(checkpoints) > 0:
		return fmt.Errorf("%s has checkpoints of an earlier run; go on with --resume-from-checkpoint, start anew with --overwrite-output-dir, or name another --output-dir", r.OutputDir)
	}
	return nil
}

// newest is the name of the last checkpoint, "" if there is none.
func newest(d *store.Directory) (name string) {
	names, err := d.List()
	if err != nil {
		return ""
	}
	last := -1
	for _, n := range names {
		var step int
		if _, err := fmt.Sscanf(n, "checkpoint-%d", &step); err == nil && step > last {
			name, last = n, step
		}
	}
	return name
}

func (t *training) path(name string) string { return filepath.Join(t.recipe.OutputDir, name) }

// save writes what was trained into output_dir, the recipe that made it, and the loss curve.
func (t *training) save(ctx context.Context) error {
	state, r := t.job.State(), &t.recipe
	kept := state.LastMetrics
	if r.LoadBestModelAtEnd && state.BestMetrics != nil {
		kept = state.BestMetrics
	}
	files, err := t.job.Files(kept)
	if err != nil {
		return err
	}
	marker := adapter.ConfigName
	if r.Method == recipe.Full {
		marker = "config.json"
		tokenizer, err := t.tokenizerFiles()
		if err != nil {
			return err
		}
		files = append(files, tokenizer...)
	}
	made, err := recipe.Marshal(*r)
	if err != nil {
		return err
	}
	if err := t.store.WriteFiles(ctx, append(files, fileOf("recipe.yaml", made)), marker); err != nil {
		return err
	}
	for _, name := range []string{"loss.svg", "loss.png"} {
		if c := t.curves(state); len(c.Train) > 0 {
			if err := plot.Save(t.path(name), c); err != nil {
				return err
			}
		}
	}
	t.note(text{"saved in %s", "已保存到 %s"}, r.OutputDir)
	return t.emit(struct {
		Event     string `json:"event"`
		OutputDir string `json:"output_dir"`
		Step      int    `json:"step"`
		Best      string `json:"best_model_checkpoint,omitempty"`
	}{"saved", r.OutputDir, state.GlobalStep, state.BestCheckpoint})
}

func fileOf(name string, data []byte) train.File {
	return train.File{Name: name, Write: func(w io.Writer) error { _, err := w.Write(data); return err }}
}

// tokenizerFiles are the base's, for a model that shall be opened by itself.
func (t *training) tokenizerFiles() ([]train.File, error) {
	fsys, err := t.modelFS(t.recipe.Model)
	if err != nil {
		return nil, err
	}
	if t.recipe.Tokenizer != "" {
		dir, err := t.resolve(t.recipe.Tokenizer, tokenizerFiles...)
		if err != nil {
			return nil, err
		}
		fsys = overlay{fsys, mmap.FS(dir)}
	}
	return tokenizerOf(fsys, t.base)
}

// tokenizerOf are the files that travel with a model; the tokenizer of a GGUF file becomes tokenizer.json.
func tokenizerOf(fsys fs.FS, b *engine.Base) ([]train.File, error) {
	var files []train.File
	for _, name := range tokenizerFiles {
		data, err := fs.ReadFile(fsys, name)
		if err == nil {
			files = append(files, fileOf(name, data))
			continue
		}
		if name != "tokenizer.json" {
			continue
		}
		var json bytes.Buffer
		if err := b.Tokenizer.Save(&json); err != nil {
			return nil, err
		}
		files = append(files, fileOf(name, json.Bytes()))
	}
	return files, nil
}

// curves are the run's history as a picture.
func (t *training) curves(s train.State) plot.Curves {
	c := plot.Curves{Title: "graft train", Best: float64(s.BestStep), MetricName: "accuracy"}
	for _, e := range s.LogHistory {
		at := float64(e.Step)
		switch e.Kind {
		case "step":
			c.Train = append(c.Train, plot.Point{Step: at, Value: e.Loss})
			c.Rate = append(c.Rate, plot.Point{Step: at, Value: e.LearningRate})
		case "evaluate":
			c.Eval = append(c.Eval, plot.Point{Step: at, Value: e.Metrics["eval_loss"]})
			if v, ok := e.Metrics["eval_accuracy"]; ok {
				c.Metric = append(c.Metric, plot.Point{Step: at, Value: v})
			}
		}
	}
	return c
}

// test loads what was saved as any other command would, and measures it on the test data.
func (t *training) test(ctx context.Context) error {
	r := &t.recipe
	if t.tables.test == nil {
		return nil
	}
	base, ad := t.base, (*engine.Adapter)(nil)
	if r.Method == recipe.Full {
		saved, d, err := t.openBase(r.OutputDir, "", r.Threads, engine.Options{})
		if err != nil {
			return err
		}
		defer func() { saved.Close(); d.Close() }()
		base = saved
	} else {
		var err error
		if ad, err = base.OpenAdapter(mmap.FS(r.OutputDir), false); err != nil {
			return err
		}
	}
	if !t.classifies() {
		result, err := perplexity(ctx, base, ad, t.tables.test, r.MaxLength, r.PerDeviceEvalBatchSize)
		if err != nil {
			return err
		}
		if t.record != nil {
			t.record.run.Test = map[string]float64{"loss": result.Loss, "perplexity": result.Perplexity}
		}
		return t.report(result, func() error { return t.printPerplexity(result) })
	}
	cl, err := base.Classifier(ad)
	if err != nil {
		return err
	}
	defer cl.Close()
	result, err := t.score(ctx, cl, t.tables.test, "")
	if err != nil {
		return err
	}
	if t.record != nil {
		t.record.run.Test = result.result.Values
		if err := t.record.predicted(ctx, runs.OnTest, result.answers); err != nil {
			return err
		}
	}
	return t.report(result.result, func() error { return t.printResult(t.out, result.result) })
}

// report keeps the test's result in output_dir and tells it.
func (t *training) report(result any, print func() error) error {
	data, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := t.store.WriteFiles(context.Background(), []train.File{fileOf("test_results.json", append(data, '\n'))}, "test_results.json"); err != nil {
		return err
	}
	if t.asJSON {
		return t.emit(struct {
			Event  string `json:"event"`
			Result any    `json:"result"`
		}{"test", result})
	}
	fmt.Fprintf(t.Stdout, "\n%s %s\n", t.lang.of(text{"Test data:", "测试数据:"}), term.Clean(t.recipe.Test))
	return print()
}

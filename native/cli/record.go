package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"graft/native/recipe"
	"graft/native/runs"
	"graft/shared/adapter"
	"graft/shared/engine"
	"graft/shared/eval"
	"graft/shared/train"
)

const (
	runsName = "runs.db" // beside the output directories of the runs that it records
	noRuns   = "none"
)

func (a *app) runsFlag(f *pflag.FlagSet, path *string) {
	f.StringVar(path, "runs", "", a.lang.of(text{"file that the run is recorded in, or none; default: GRAFT_RUNS, or runs.db beside output_dir", "记录本次运行的文件,none 为不记录(默认取 GRAFT_RUNS,否则为 output_dir 旁的 runs.db)"}))
}

// openBook opens the file that runs into an output directory are recorded in, nil for none.
func (a *app) openBook(ctx context.Context, given, output string) (*runs.Book, error) {
	if given == "" {
		given = a.Getenv("GRAFT_RUNS")
	}
	switch given {
	case noRuns:
		return nil, nil
	case "":
		given = filepath.Join(filepath.Dir(filepath.Clean(output)), runsName)
	}
	b, err := runs.Open(ctx, given)
	if err != nil {
		return nil, fmt.Errorf("%w; --runs %s trains without a record", err, noRuns)
	}
	return b, nil
}

// record writes a training into a book as it goes on. The nil record writes nothing.
type record struct {
	book   *runs.Book
	run    *runs.Run
	start  time.Time
	before float64 // seconds of the processes before this one
}

// keep begins the record of a training, or goes on with that of an earlier process whose run is resumed.
func keep(ctx context.Context, book *runs.Book, r *runs.Run, resume bool) (*record, error) {
	if book == nil {
		return nil, nil
	}
	k := &record{book: book, run: r, start: time.Now()}
	if resume {
		was, err := book.Trial(ctx, r.Search, r.Trial)
		if err != nil {
			return nil, err
		}
		if was != nil && (was.Status == runs.Running || was.Status == runs.Interrupted || r.Search != "") {
			was.Status, was.Error = runs.Running, ""
			k.run, k.before = was, was.Seconds
			return k, book.Update(ctx, was)
		}
	}
	r.Status, r.Started = runs.Running, k.start
	return k, book.Begin(ctx, r)
}

// id is the run's number, 0 for none.
func (k *record) id() int64 {
	if k == nil {
		return 0
	}
	return k.run.ID
}

// evaluated writes an evaluation, with the run as far as it is.
func (k *record) evaluated(ctx context.Context, e train.Event, classifies bool) error {
	if k == nil {
		return nil
	}
	r := k.run
	score := scoreOf(e.Metrics, classifies)
	if r.Score == nil || score > *r.Score {
		r.Score, r.Valid = &score, e.Metrics
	}
	r.Steps, r.Of, r.Seconds = e.Step, e.Steps, k.before+time.Since(k.start).Seconds()
	return k.book.Evaluated(ctx, r, runs.Evaluation{Step: e.Step, Metrics: e.Metrics})
}

// scoreOf is what runs are compared by, the higher the better: macro F1, and of texts the loss.
func scoreOf(m map[string]float64, classifies bool) float64 {
	if classifies {
		return m["eval_macro_f1"]
	}
	return -m["eval_loss"]
}

// predicted keeps a run's answers.
func (k *record) predicted(ctx context.Context, split string, a *eval.Answers) error {
	if k == nil {
		return nil
	}
	return k.book.Predicted(ctx, k.run.ID, split, a)
}

// end writes how a run came to its end: with an error, or with a status. It is written even if the run was interrupted.
func (k *record) end(ctx context.Context, status runs.Status, err error) error {
	if k == nil {
		return nil
	}
	r := k.run
	r.Status, r.Seconds = status, k.before+time.Since(k.start).Seconds()
	switch {
	case err == nil:
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		r.Status = runs.Interrupted
	default:
		r.Status, r.Error = runs.Failed, err.Error()
	}
	if n := peakMemory(); n > 0 {
		r.PeakMemory = max(r.PeakMemory, n)
	}
	return k.book.Update(context.WithoutCancel(ctx), r)
}

// runOf describes the training that is ready.
func (t *training) runOf() (*runs.Run, error) {
	r := t.recipe
	r.Resume, r.Overwrite = false, false
	made, err := recipe.Marshal(r)
	if err != nil {
		return nil, err
	}
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	host := runs.ThisHost()
	host.Device = t.base.Device().Name()
	run := &runs.Run{Name: filepath.Base(r.OutputDir), Method: t.methodName(), Recipe: string(made), Folder: folder, Seed: r.Seed, Rows: len(t.tables.train.Rows),
		AgainOf: t.again, Part: t.part, Of: t.job.Steps(), Host: host, Graft: t.Version, Output: r.OutputDir, Trainable: int64(t.plan.Trainable), PlannedMemory: int64(t.plan.Total())}
	if run.Hashes, err = t.hashes(); err != nil {
		return nil, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s%s%s%s%s", made, run.Hashes.Train, run.Hashes.Valid, run.Hashes.Base, run.Hashes.Start)
	run.Trial = fmt.Sprintf("%x", h.Sum(nil))[:16]
	return run, nil
}

// methodName is the method in the words that people use: LoRA over a base in 4 bits is QLORA.
func (t *training) methodName() string {
	r := &t.recipe
	switch {
	case r.Method == recipe.LoRA && r.LoadIn4Bit:
		return recipe.QLoRA
	case r.Method == recipe.LoRA && r.UseDora:
		return "DORA"
	}
	return r.Method
}

// hashes are of what the training is made of.
func (t *training) hashes() (h runs.Hashes, err error) {
	r := &t.recipe
	h.Train, h.Valid, h.Test = hashOf(r.TrainFile), hashOf(r.Valid), hashOf(r.Test)
	if r.Adapter != "" {
		if path, err := t.resolve(r.Adapter); err == nil {
			h.Start = hashOf(path)
		}
	}
	if h.Base, err = t.baseHash(r.Model); err == nil {
		h.Code, err = codeHash()
	}
	return h, err
}

// baseHash is the SHA-256 of the files that make a model: configuration, weights and tokenizer.
func (a *app) baseHash(name string) (string, error) {
	fsys, err := a.modelFS(name)
	if err != nil {
		return "", err
	}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	h := sha256.New()
	for _, e := range entries { // sorted by name
		if ext := strings.ToLower(path.Ext(e.Name())); ext != ".safetensors" && ext != ".gguf" && e.Name() != "config.json" && !slices.Contains(tokenizerFiles, e.Name()) {
			continue
		}
		f, err := fsys.Open(e.Name())
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(h, "%q\n", e.Name())
		_, err = io.Copy(h, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("%s: %s: %w", name, e.Name(), err)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// codeHash is the SHA-256 of the program, which is the same for the same sources and compilers.
var codeHash = sync.OnceValues(func() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("which program this is: %w", err)
	}
	return hashOf(path), nil
})

// resultHash is the SHA-256 of the file of trained weights, as it would be written now.
func resultHash(job *engine.Job) (string, error) {
	files, err := job.Files(nil)
	if err != nil {
		return "", err
	}
	for _, name := range []string{adapter.WeightsName, "model.safetensors"} {
		if i := slices.IndexFunc(files, func(f train.File) bool { return f.Name == name }); i >= 0 {
			h := sha256.New()
			err := files[i].Write(h)
			return fmt.Sprintf("%x", h.Sum(nil)), err
		}
	}
	return "", nil
}

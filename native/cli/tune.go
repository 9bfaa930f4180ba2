package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"graft/native/recipe"
	"graft/native/runs"
	"graft/native/store"
	"graft/native/term"
	"graft/native/tune"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/train"
)

// tuner trains the trials of a search: for graft run and for graft advise --trial. What is done is in the book, so that a search that
// was killed goes on where it was: finished rungs are read, and a trial under way resumes from its checkpoint.
type tuner struct {
	training // the data, the labels and the base that trials have in common

	book   *runs.Book
	search string // its key: of folder, data and base
	dir    string // a folder for each trial is made in it
	eta    int
	units  int     // evaluations, and checkpoints, of a whole trial
	limit  float64 // seconds of all trials together; 0: none
	inputs runs.Hashes
	bar    *term.Bar
	trials []attempt
}

// attempt is a trial: a candidate.
type attempt struct {
	name   string
	key    string
	recipe recipe.Recipe
	unit   int // steps between evaluations
}

// newTuner prepares a search of brackets of n trials over the training's data.
func (t *training) newTuner(book *runs.Book, dir string, n, eta int) (*tuner, error) {
	u := &tuner{training: *t, book: book, dir: dir, eta: eta}
	rungs, err := tune.Rungs(n, eta)
	if err != nil {
		return nil, usageError{err}
	}
	u.units = int(math.Round(1 / rungs[0].Share))
	if u.inputs, err = t.hashes(); err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	u.search = keyOf(folder, u.inputs.Train, u.inputs.Valid, u.inputs.Base, t.part)
	return u, nil
}

func keyOf(parts ...any) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%v\n", p)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:16]
}

// add makes a trial of a recipe, whose checks pass, and gives its number.
func (u *tuner) add(name string, r recipe.Recipe) (int, error) {
	s := dataset.Schedule{Rows: len(u.tables.train.Rows), BatchRows: r.PerDeviceTrainBatchSize, Accumulate: r.GradientAccumulationSteps}
	if err := s.Check(); err != nil {
		return 0, err
	}
	if r.MaxSteps <= 0 {
		r.MaxSteps = int(math.Ceil(r.NumTrainEpochs * float64(s.Steps())))
	}
	unit := (r.MaxSteps + u.units - 1) / u.units
	r.EvalStrategy, r.EvalSteps, r.SaveStrategy, r.SaveSteps, r.SaveTotalLimit = "steps", unit, "steps", unit, 1
	r.LoadBestModelAtEnd, r.EarlyStoppingPatience, r.Resume, r.Overwrite = true, 0, false, false
	r.MetricForBestModel = "loss"
	if u.classifies() {
		r.MetricForBestModel = "macro_f1"
	}
	r.OutputDir = u.dir
	if err := r.Check(); err != nil {
		return 0, err
	}
	made, err := recipe.Marshal(r)
	if err != nil {
		return 0, err
	}
	key := keyOf(u.search, string(made))
	r.OutputDir, r.Resume = filepath.Join(u.dir, key), true
	u.trials = append(u.trials, attempt{name, key, r, unit})
	return len(u.trials) - 1, nil
}

// step is the one that a share of a trial's steps ends with.
func (u *tuner) step(c *attempt, share float64) int {
	return min(c.recipe.MaxSteps, c.unit*max(1, int(math.Round(float64(u.units)*share))))
}

// over reports whether the time for trials is spent.
func (u *tuner) over(ctx context.Context) (bool, error) {
	if u.limit <= 0 {
		return false, nil
	}
	all, err := u.book.List(ctx, u.search)
	spent := 0.0
	for _, r := range all {
		spent += r.Seconds
	}
	return spent >= u.limit, err
}

// find searches among trials, given by their numbers, and gives that of the best; -1 if all failed.
func (u *tuner) find(ctx context.Context, among []int) (best int, cut bool, err error) {
	var broken error // of reading how much time is spent
	s := tune.Search{Eta: u.eta,
		Fit:     func(ctx context.Context, i int, share float64) (float64, error) { return u.fit(ctx, among[i], share) },
		Over:    func() bool { over, err := u.over(ctx); broken = errors.Join(broken, err); return over || err != nil },
		Stopped: func(i int) error { return u.stopped(ctx, among[i]) }}
	r, err := s.Run(ctx, len(among))
	if err = errors.Join(err, broken); err != nil {
		return -1, false, err
	}
	if r.Best < 0 {
		return -1, r.Cut, nil
	}
	return among[r.Best], r.Cut, nil
}

// fit trains a trial up to a share of its steps, unless it has been, and gives its best score until there.
func (u *tuner) fit(ctx context.Context, i int, share float64) (float64, error) {
	c := &u.trials[i]
	until := u.step(c, share)
	v, known, err := u.known(ctx, c, until)
	if err != nil || known {
		return v, err
	}
	err = u.withBase(c.recipe, func() error { return u.trainTrial(ctx, c, until) })
	if err != nil {
		return 0, err
	}
	v, _, err = u.known(ctx, c, until)
	return v, err
}

// known is the best score of a trial up to a step, if it has got there, or failed.
func (u *tuner) known(ctx context.Context, c *attempt, until int) (float64, bool, error) {
	best := math.Inf(-1)
	r, err := u.book.Trial(ctx, u.search, c.key)
	if err != nil || r == nil {
		return best, false, err
	}
	if r.Status == runs.Failed {
		return best, true, nil
	}
	evaluations, err := u.book.Evaluations(ctx, r.ID)
	for _, e := range evaluations {
		if e.Step <= until {
			best = max(best, scoreOf(e.Metrics, u.classifies()))
		}
	}
	return best, r.Kept >= until, err // an evaluation beyond the last checkpoint is made again
}

// withBase does something with the base as a recipe wants it: the one that is open, or one of its own.
func (u *tuner) withBase(r recipe.Recipe, do func() error) (err error) {
	if r.LoadIn4Bit == u.recipe.LoadIn4Bit {
		return do()
	}
	base, d, err := u.openBase(r.Model, r.Tokenizer, r.Threads, engine.Options{Name: r.Model, LoadIn4Bit: r.LoadIn4Bit, DoubleQuant: r.DoubleQuant, Activations: r.Activations})
	if err != nil {
		return err
	}
	was := u.base
	u.base = base
	defer func() { u.base = was; err = errors.Join(err, base.Close(), d.Close()) }()
	return do()
}

// open prepares a trial's training, which goes on from its checkpoint if it has one.
func (u *tuner) open(c *attempt) (t *training, close func() error, err error) {
	was := u.training
	t = &was
	t.recipe = c.recipe
	if t.store, err = store.Open(c.recipe.OutputDir); err != nil {
		return nil, nil, err
	}
	folder := t.store
	silent := *t.app
	silent.Stderr = io.Discard
	t.app = &silent
	if t.job, err = t.prepare(); err != nil {
		return nil, folder.Close, err
	}
	return t, func() error { return errors.Join(t.job.Close(), folder.Close()) }, nil
}

// trainTrial trains until a step. Settings that the model refuses, and training that falls apart, are a failed trial and no error.
func (u *tuner) trainTrial(ctx context.Context, c *attempt, until int) (err error) {
	resetPeakMemory()
	t, closing, refused := u.open(c)
	if closing != nil {
		defer func() { err = errors.Join(err, closing()) }()
	}
	if refused == nil {
		refused = t.planned()
	}
	if refused != nil && closing == nil { // the folder itself
		return refused
	}
	if refused != nil {
		return u.refused(ctx, c, refused)
	}
	run, err := t.runOf()
	if err != nil {
		return err
	}
	run.Search, run.Trial, run.Name, run.Method = u.search, c.key, c.name, t.methodName()
	if t.record, err = keep(ctx, u.book, run, true); err != nil {
		return err
	}
	t.until = until
	diverged, err := u.steps(ctx, t)
	r := t.record.run
	r.Tokens += t.tokens
	status := runs.Running // to be stopped, or to go on
	if err == nil && !diverged && t.job.State().GlobalStep == t.job.Steps() {
		status = runs.Finished
	}
	if err == nil && diverged {
		return t.record.end(ctx, runs.Failed, nil)
	}
	if err == nil {
		r.Hashes.Result, err = resultHash(t.job)
		r.Kept = t.job.State().GlobalStep
	}
	return errors.Join(err, t.record.end(ctx, status, err))
}

// refused records a trial that cannot be trained.
func (u *tuner) refused(ctx context.Context, c *attempt, why error) error {
	made, err := recipe.Marshal(c.recipe)
	if err != nil {
		return err
	}
	run := &runs.Run{Search: u.search, Trial: c.key, Name: c.name, Method: c.recipe.Method, Recipe: string(made), Seed: c.recipe.Seed, Hashes: u.inputs, Host: runs.ThisHost(), Graft: u.Version, Of: c.recipe.MaxSteps}
	k, err := keep(ctx, u.book, run, false)
	if err != nil {
		return err
	}
	return k.end(ctx, runs.Failed, why)
}

// steps takes the steps of a trial. What was evaluated before a kill, and not yet recorded, is recorded first.
func (u *tuner) steps(ctx context.Context, t *training) (diverged bool, err error) {
	state := t.job.State()
	for _, e := range state.LogHistory {
		if e.Steps = t.job.Steps(); e.Kind == "evaluate" {
			if err := t.record.evaluated(ctx, e, t.classifies()); err != nil {
				return false, err
			}
		}
	}
	if state.GlobalStep >= t.until && t.until < t.job.Steps() {
		return false, nil
	}
	for e, err := range t.job.Run(ctx) {
		if errors.Is(err, train.ErrDiverged) {
			t.record.run.Error = err.Error()
			return true, nil
		}
		if err != nil {
			return false, err
		}
		switch e.Kind {
		case "step":
			t.tokens += int64(e.Tokens)
			u.progress(t, e)
		case "evaluate":
			if err := t.record.evaluated(ctx, e, t.classifies()); err != nil {
				return false, err
			}
		}
		if t.ends(e) {
			break
		}
	}
	return false, nil
}

func (u *tuner) progress(t *training, e train.Event) {
	if u.bar != nil {
		u.bar.Set(int64(e.Step), t.tokens, term.Field{Name: "trial", Value: t.record.run.Name}, term.Field{Name: "loss", Value: fmt.Sprintf("%.4f", e.Loss)})
	}
}

// stopped ends a weak trial and removes its folder.
func (u *tuner) stopped(ctx context.Context, i int) error {
	c := &u.trials[i]
	r, err := u.book.Trial(ctx, u.search, c.key)
	if err != nil || r == nil || r.Status == runs.Finished {
		return err
	}
	if r.Status != runs.Failed {
		r.Status = runs.Stopped
		if err := u.book.Update(ctx, r); err != nil {
			return err
		}
	}
	return os.RemoveAll(c.recipe.OutputDir)
}

// sweep removes the folders of all trials but one.
func (u *tuner) sweep(but int) error {
	var all error
	for i := range u.trials {
		if i != but {
			all = errors.Join(all, os.RemoveAll(u.trials[i].recipe.OutputDir))
		}
	}
	return all
}

package cli

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"graft/native/advise"
	"graft/native/recipe"
	"graft/native/store"
	"graft/shared/dataset"
)

// trialled is a candidate's result, a line of trials.jsonl.
type trialled struct {
	Key     string  `json:"key"` // of settings, base and rows
	Name    string  `json:"name"`
	Score   float64 `json:"score"` // the higher the better
	Loss    float64 `json:"eval_loss"`
	Rows    int     `json:"train_rows"`
	Seconds float64 `json:"seconds"`
	Best    bool    `json:"best,omitempty"`
}

// scoreName is what trials are compared by.
func (d *advising) scoreName() string {
	if d.classifies() {
		return "macro_f1"
	}
	return "-eval_loss"
}

// search fits every candidate to part of the data and takes the best. What is done is in trials.jsonl of output_dir and is not
// done again; a trial that was killed goes on from its last checkpoint.
func (d *advising) search(ctx context.Context) error {
	if d.tables.valid == nil || len(d.tables.valid.Rows) == 0 {
		return fmt.Errorf("--trial: no validation data")
	}
	dir := filepath.Join(d.recipe.OutputDir, "trials")
	done, err := readTrials(filepath.Join(dir, "trials.jsonl"))
	if err != nil {
		return err
	}
	rows := d.tables.train
	if n := len(rows.Rows); n > d.trialRows {
		_, rows = rows.Split(float64(d.trialRows)/float64(n), d.recipe.Seed)
	}
	candidates := d.advice.Candidates()
	bar := d.err.Bar(d.lang.of(text{"trials", "试验"}), d.lang.of(text{"runs", "次"}), int64(len(candidates)))
	defer bar.End()
	best, bestScore := -1, math.Inf(-1)
	for i, c := range candidates {
		key := d.trialKey(c, rows)
		t, ok := done[key]
		if !ok {
			if t, err = d.try(ctx, c, key, rows, dir); err != nil {
				return err
			}
			if err := appendTrial(filepath.Join(dir, "trials.jsonl"), t); err != nil {
				return err
			}
		}
		d.result.Trials = append(d.result.Trials, t)
		if t.Score > bestScore {
			best, bestScore = i, t.Score
		}
		bar.Set(int64(i+1), 0)
	}
	d.result.Trials[best].Best = true
	d.advice = candidates[best].Advice
	d.advice.Reasons = append(d.advice.Reasons, advise.Reason{Text: advise.Text{
		En: fmt.Sprintf("%s had the best %s of %d trials on %d rows: %.4f.", candidates[best].Name, d.scoreName(), len(candidates), len(rows.Rows), bestScore),
		Zh: fmt.Sprintf("在 %[4]d 行上的 %[3]d 次试验中,%[1]s 的 %[2]s 最好:%.4[5]f。", candidates[best].Name, d.scoreName(), len(candidates), len(rows.Rows), bestScore)}, Sources: []advise.Source{advise.Measured}})
	epochs := d.recipe.NumTrainEpochs
	if err := d.apply(); err != nil {
		return err
	}
	d.recipe.NumTrainEpochs = epochs
	return nil
}

// trialKey names a trial by all it depends on.
func (d *advising) trialKey(c advise.Candidate, rows *dataset.Table) string {
	h := sha256.New()
	fmt.Fprintln(h, d.model, c.Advice.Settings)
	for _, t := range []*dataset.Table{rows, d.tables.valid} {
		for _, r := range t.Rows {
			fmt.Fprintf(h, "%q %q\n", r.Content(), r.Label)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// try fits one candidate.
func (d *advising) try(ctx context.Context, c advise.Candidate, key string, rows *dataset.Table, dir string) (trialled, error) {
	result := trialled{Key: key, Name: c.Name, Score: math.Inf(-1), Rows: len(rows.Rows)}
	chosen, was := d.advice, d.recipe
	d.advice = c.Advice
	err := d.apply()
	r := d.recipe
	d.advice, d.recipe = chosen, was
	if err != nil {
		return result, err
	}
	r.NumTrainEpochs = was.NumTrainEpochs
	r.OutputDir = filepath.Join(dir, key)
	r.EvalStrategy, r.SaveStrategy, r.SaveTotalLimit, r.Resume = "epoch", "epoch", 1, true
	if err := r.Check(); err != nil {
		return result, err
	}
	start := time.Now()
	err = d.with(r.LoadIn4Bit, func() error { return d.fitTrial(ctx, r, rows, &result) })
	result.Seconds = time.Since(start).Seconds()
	if err != nil {
		return result, err
	}
	if math.IsInf(result.Score, 0) { // as JSON has no infinities
		result.Score = -math.MaxFloat32
	}
	return result, os.RemoveAll(r.OutputDir)
}

// fitTrial trains and keeps the best evaluation's numbers. A rate at which training falls apart is a bad score, not an error.
func (d *advising) fitTrial(ctx context.Context, r recipe.Recipe, rows *dataset.Table, result *trialled) (err error) {
	t := d.training
	t.recipe, t.tables.train, t.tables.valid = r, rows, d.tables.valid
	if t.store, err = store.Open(r.OutputDir); err != nil {
		return err
	}
	defer t.store.Close()
	job, err := t.prepare()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	for _, e := range job.State().LogHistory {
		d.keep(e.Metrics, result)
	}
	for e, err := range job.Run(ctx) {
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			return nil
		}
		d.keep(e.Metrics, result)
	}
	return nil
}

// keep notes an evaluation if it is the best so far.
func (d *advising) keep(m map[string]float64, result *trialled) {
	score, ok := m["eval_macro_f1"]
	if !d.classifies() {
		score, ok = -m["eval_loss"], m != nil
	}
	if ok && score > result.Score {
		result.Score, result.Loss = score, m["eval_loss"]
	}
}

// readTrials reads what was done before; a last line that was cut off is left out.
func readTrials(path string) (map[string]trialled, error) {
	done := map[string]trialled{}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return done, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var t trialled
		if json.Unmarshal(s.Bytes(), &t) == nil && t.Key != "" {
			done[t.Key] = t
		}
	}
	return done, nil
}

func appendTrial(path string, t trialled) error {
	b, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

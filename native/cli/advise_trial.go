package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"graft/native/advise"
	"graft/native/recipe"
	"graft/native/runs"
)

// trialled is a candidate's result.
type trialled struct {
	Run     int64       `json:"run"` // its number in the record
	Name    string      `json:"name"`
	Status  runs.Status `json:"status"`
	Score   *float64    `json:"score"` // the best so far, the higher the better; null: it was not measured
	Loss    float64     `json:"eval_loss"`
	Rows    int         `json:"train_rows"`
	Steps   int         `json:"steps"`
	Of      int         `json:"steps_of"`
	Seconds float64     `json:"seconds"`
	Best    bool        `json:"best,omitempty"`
}

// scoreName is what trials are compared by.
func (t *training) scoreName() string {
	if t.classifies() {
		return "macro_f1"
	}
	return "-eval_loss"
}

// trialEta is how many trials there are for one that goes on.
const trialEta = 2

// search fits the candidates to part of the data, stops weak ones early and takes the best.
func (d *advising) search(ctx context.Context) (err error) {
	if d.tables.valid == nil || len(d.tables.valid.Rows) == 0 {
		return fmt.Errorf("--trial: no validation data")
	}
	book, err := d.openBook(ctx, d.runs, d.recipe.OutputDir)
	if err != nil {
		return err
	}
	if book == nil {
		return usagef("--runs is %s: trials are kept in the record", noRuns)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	small := d.training
	small.part = d.trialRows
	small.tables.train = partOf(d.tables.train, d.trialRows, d.recipe.Seed)
	candidates := d.advice.Candidates(d.trials, d.space(d.methods, nil))
	u, err := small.newTuner(book, filepath.Join(d.recipe.OutputDir, "trials"), len(candidates), trialEta)
	if err != nil {
		return err
	}
	epochs := d.recipe.NumTrainEpochs
	var among []int
	for _, c := range candidates {
		r, err := d.recipeOf(c.Advice)
		if err != nil {
			return err
		}
		r.NumTrainEpochs = epochs
		i, err := u.add(c.Name, r)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		among = append(among, i)
	}
	u.bar = d.err.Bar(d.lang.of(text{"trials", "试验"}), d.lang.of(text{"step", "步"}), 0)
	best, _, err := u.find(ctx, among)
	u.bar.End()
	if err != nil {
		return err
	}
	if d.result.Trials, err = u.told(ctx, best); err != nil {
		return err
	}
	if best < 0 {
		return fmt.Errorf("all %d trials failed; graft runs --runs %s tells why", len(among), book.Path())
	}
	name := candidates[best].Name
	d.advice = candidates[best].Advice
	score := *d.result.Trials[best].Score
	d.advice.Reasons = append(d.advice.Reasons, advise.Reason{Text: advise.Text{
		En: fmt.Sprintf("%s had the best %s of %d trials on %d rows: %.4f.", name, d.scoreName(), len(among), len(u.tables.train.Rows), score),
		Zh: fmt.Sprintf("在 %[4]d 行上的 %[3]d 次试验中,%[1]s 的 %[2]s 最好:%.4[5]f。", name, d.scoreName(), len(among), len(u.tables.train.Rows), score)}, Sources: []advise.Source{advise.Measured}})
	if err := d.apply(); err != nil {
		return err
	}
	d.recipe.NumTrainEpochs = epochs
	return u.sweep(-1) // they were trained on part of the data
}

// space is what candidates are taken from, with the learning rate of the rule for LoRA, and else of the table.
func (d *advising) space(methods []string, ranks []int) advise.Space {
	return advise.Space{Methods: methods, Ranks: ranks, Seed: d.recipe.Seed, Rate: func(method string) float64 {
		if rate, _ := advise.LoRARate(d.facts.ModelType, d.facts.Hidden); d.facts.Hidden > 0 && slices.Contains([]string{recipe.LoRA, recipe.QLoRA, "DORA"}, method) {
			return rate
		}
		return recipe.RateOf(method)
	}}
}

// told lists the trials of a search.
func (u *tuner) told(ctx context.Context, best int) ([]trialled, error) {
	var out []trialled
	for i, c := range u.trials {
		r, err := u.book.Trial(ctx, u.search, c.key)
		if err != nil {
			return nil, err
		}
		x := trialled{Name: c.name, Of: c.recipe.MaxSteps, Rows: len(u.tables.train.Rows), Best: i == best}
		if r != nil {
			x.Run, x.Status, x.Score, x.Loss, x.Steps, x.Seconds = r.ID, r.Status, r.Score, r.Valid["eval_loss"], r.Steps, r.Seconds
		}
		out = append(out, x)
	}
	return out, nil
}

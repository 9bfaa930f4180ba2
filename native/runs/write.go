package runs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"

	"graft/shared/eval"
)

// Begin adds a run and gives it its ID.
func (b *Book) Begin(ctx context.Context, r *Run) error {
	return b.explain(b.change(ctx, func(tx *sql.Tx) error {
		what, err := encode(r)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, "INSERT INTO runs (search, trial, again_of, status, started, method, score, what) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			r.Search, r.Trial, r.AgainOf, r.Status, stamp(r), r.Method, r.Score, what)
		if err != nil {
			return err
		}
		r.ID, err = result.LastInsertId()
		return err
	}))
}

// Update writes a run as it is now.
func (b *Book) Update(ctx context.Context, r *Run) error {
	return b.explain(b.change(ctx, func(tx *sql.Tx) error { return update(ctx, tx, r) }))
}

func update(ctx context.Context, tx *sql.Tx, r *Run) error {
	what, err := encode(r)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, "UPDATE runs SET status = ?, score = ?, what = ? WHERE id = ?", r.Status, r.Score, what, r.ID)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err == nil && n != 1 {
		return fmt.Errorf("run %d is not there", r.ID)
	}
	return err
}

// Evaluated adds an evaluation and writes the run as it is now, both or neither. One of the same step is replaced: a run that
// was killed after a checkpoint takes the steps from there on again.
func (b *Book) Evaluated(ctx context.Context, r *Run, e Evaluation) error {
	return b.explain(b.change(ctx, func(tx *sql.Tx) error {
		metrics, err := json.Marshal(finite(e.Metrics))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO evaluations (run, step, metrics) VALUES (?, ?, ?)", r.ID, e.Step, string(metrics)); err != nil {
			return err
		}
		return update(ctx, tx, r)
	}))
}

// Predicted keeps the answers of a run to a split.
func (b *Book) Predicted(ctx context.Context, id int64, split string, a *eval.Answers) error {
	return b.explain(b.change(ctx, func(tx *sql.Tx) error {
		classes, err := json.Marshal(a.Classes())
		if err != nil {
			return err
		}
		rows := make([][]float64, a.Len())
		for i := range rows {
			rows[i] = append([]float64{float64(a.Label(i)), float64(a.Pred(i))}, a.Probs(i)...)
		}
		answers, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO predictions (run, split, classes, positive, answers) VALUES (?, ?, ?, ?, ?)",
			id, split, string(classes), a.Positive(), string(answers))
		return err
	}))
}

func stamp(r *Run) string { return r.Started.UTC().Format("2006-01-02T15:04:05.000Z") }

func encode(r *Run) (string, error) {
	c := *r
	c.Valid, c.Test = finite(c.Valid), finite(c.Test)
	b, err := json.Marshal(c)
	return string(b), err
}

// finite leaves out what JSON cannot hold, such as an area under a curve of rows of one class.
func finite(m map[string]float64) map[string]float64 {
	out := make(map[string]float64, len(m))
	for k, v := range m {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out[k] = v
		}
	}
	return out
}

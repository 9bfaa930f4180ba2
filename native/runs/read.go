package runs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"graft/shared/eval"
)

// ErrNoRun is the error of a run that is not there.
var ErrNoRun = errors.New("no such run")

// List gives the runs of a search, or with "" all, oldest first.
func (b *Book) List(ctx context.Context, search string) ([]*Run, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT id, what FROM runs WHERE ? = '' OR search = ? ORDER BY id", search, search)
	if err != nil {
		return nil, b.explain(err)
	}
	defer rows.Close()
	var out []*Run
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, b.explain(err)
		}
		out = append(out, r)
	}
	return out, b.explain(rows.Err())
}

// Get gives a run.
func (b *Book) Get(ctx context.Context, id int64) (*Run, error) {
	r, err := scan(b.db.QueryRowContext(ctx, "SELECT id, what FROM runs WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("run %d: %w", id, ErrNoRun)
	}
	return r, b.explain(err)
}

// Trial gives the newest run of a trial, nil if there is none.
func (b *Book) Trial(ctx context.Context, search, trial string) (*Run, error) {
	r, err := scan(b.db.QueryRowContext(ctx, "SELECT id, what FROM runs WHERE search = ? AND trial = ? ORDER BY id DESC LIMIT 1", search, trial))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return r, b.explain(err)
}

func scan(row interface{ Scan(...any) error }) (*Run, error) {
	var id int64
	var what string
	if err := row.Scan(&id, &what); err != nil {
		return nil, err
	}
	r := new(Run)
	if err := json.Unmarshal([]byte(what), r); err != nil {
		return nil, fmt.Errorf("run %d: %w", id, err)
	}
	r.ID = id // what was written before the ID was known
	return r, nil
}

// Evaluations gives those of a run in the order of their steps.
func (b *Book) Evaluations(ctx context.Context, id int64) ([]Evaluation, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT step, metrics FROM evaluations WHERE run = ? ORDER BY step", id)
	if err != nil {
		return nil, b.explain(err)
	}
	defer rows.Close()
	var out []Evaluation
	for rows.Next() {
		var e Evaluation
		var metrics string
		if err := rows.Scan(&e.Step, &metrics); err != nil {
			return nil, b.explain(err)
		}
		if err := json.Unmarshal([]byte(metrics), &e.Metrics); err != nil {
			return nil, b.explain(fmt.Errorf("run %d, step %d: %w", id, e.Step, err))
		}
		out = append(out, e)
	}
	return out, b.explain(rows.Err())
}

// Predictions gives the answers of a run to a split, nil if there are none.
func (b *Book) Predictions(ctx context.Context, id int64, split string) (*eval.Answers, error) {
	var classes, positive, answers string
	err := b.db.QueryRowContext(ctx, "SELECT classes, positive, answers FROM predictions WHERE run = ? AND split = ?", id, split).Scan(&classes, &positive, &answers)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var a *eval.Answers
	if err == nil {
		a, err = decode(classes, positive, answers)
	}
	if err != nil {
		return nil, b.explain(fmt.Errorf("predictions of run %d on %s data: %w", id, split, err))
	}
	return a, nil
}

// decode reads what Predicted writes.
func decode(classes, positive, answers string) (*eval.Answers, error) {
	var names []string
	if err := json.Unmarshal([]byte(classes), &names); err != nil {
		return nil, err
	}
	var rows [][]float64
	if err := json.Unmarshal([]byte(answers), &rows); err != nil {
		return nil, err
	}
	a, err := eval.NewAnswers(names, positive)
	if err != nil {
		return nil, err
	}
	for i, row := range rows {
		if len(row) < 2 {
			return nil, fmt.Errorf("row %d has %d numbers, expected at least 2", i+1, len(row))
		}
		var probs []float64
		if len(row) > 2 {
			probs = row[2:]
		}
		if err := a.Add(int32(row[0]), int32(row[1]), probs); err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	return a, nil
}

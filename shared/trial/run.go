package trial

import (
	"context"
	"errors"
	"fmt"

	"graft/shared/prompt"
)

// Plan is what is to be asked: every contender every case, so often.
type Plan struct {
	Contenders []Contender
	Cases      []Case
	Repeat     int // 0: once; each time with another seed
	Seed       uint64
	Similar    Embedder              // for the assertion similar; nil: there is none
	Progress   func(done, total int) // nil: nobody looks
}

// Run is what came of a plan. It is kept as JSON, so that the next can be compared with it.
type Run struct {
	Format     int       `json:"format"` // 1
	Contenders []Entrant `json:"contenders"`
	Cases      []Asked   `json:"cases"`
	Repeat     int       `json:"repeat"`
	Rows       []Row     `json:"rows"` // by contender, case and repeat, in this order
}

// Entrant is a contender of a run.
type Entrant struct {
	Name
	Source string `json:"source,omitempty"` // the prompt's template, to see later what has changed
}

// Asked is a case of a run.
type Asked struct {
	Key         string         `json:"key"`
	Description string         `json:"description,omitempty"`
	Vars        *prompt.Object `json:"vars"`
}

// Title is what a case is called by.
func (a Asked) Title() string {
	if a.Description != "" {
		return a.Description
	}
	return inputText(a.Vars)
}

// Row is one answer.
type Row struct {
	Contender        int     `json:"contender"`
	Case             int     `json:"case"`
	Repeat           int     `json:"repeat"`
	Output           string  `json:"output"`
	Pass             bool    `json:"pass"`
	Score            float64 `json:"score"`
	Checks           []Check `json:"checks,omitempty"`
	Error            string  `json:"error,omitempty"` // of the runner: there is no answer
	FinishReason     string  `json:"finish_reason,omitempty"`
	PromptTokens     int     `json:"prompt_tokens,omitempty"`
	CompletionTokens int     `json:"completion_tokens,omitempty"`
	MS               float64 `json:"ms,omitempty"`
	Agreement        float64 `json:"agreement,omitempty"` // of the votes
}

// Run asks all there is to ask. With an error it returns the rows so far; a case that cannot be answered is a row with its error.
func (p *Plan) Run(ctx context.Context) (*Run, error) {
	if len(p.Contenders) == 0 || len(p.Cases) == 0 {
		return nil, errors.New("expected a contender and a case at least")
	}
	r := &Run{Format: 1, Repeat: max(p.Repeat, 1)}
	for _, c := range p.Cases {
		r.Cases = append(r.Cases, Asked{c.Key(), c.Description, c.Vars})
	}
	total := len(p.Contenders) * len(p.Cases) * r.Repeat
	for i := range p.Contenders {
		c := &p.Contenders[i]
		source, _ := c.Prompt.Template()
		r.Contenders = append(r.Contenders, Entrant{c.Name, source})
		for j := range p.Cases {
			for k := range r.Repeat {
				row, err := p.ask(ctx, c, &p.Cases[j], uint64(k))
				if err != nil {
					return r, err
				}
				row.Contender, row.Case, row.Repeat = i, j, k
				if r.Rows = append(r.Rows, row); p.Progress != nil {
					p.Progress(len(r.Rows), total)
				}
			}
		}
	}
	return r, nil
}

func (p *Plan) ask(ctx context.Context, c *Contender, t *Case, repeat uint64) (Row, error) {
	a, err := c.Ask(ctx, t.Vars, p.Seed+repeat)
	if err != nil {
		if ctx.Err() != nil {
			return Row{}, ctx.Err()
		}
		return Row{Error: err.Error()}, nil
	}
	k := &checking{ctx: ctx, vars: t.Vars, answer: a, similar: p.Similar}
	row := Row{Output: a.Text, FinishReason: a.FinishReason, PromptTokens: a.PromptTokens, CompletionTokens: a.CompletionTokens, MS: a.MS, Agreement: a.Agreement}
	row.Checks, row.Pass, row.Score, err = k.check(t.Assert, t.Threshold)
	if err != nil {
		return row, fmt.Errorf("%s: %w", Asked{Description: t.Description, Vars: t.Vars}.Title(), err)
	}
	return row, nil
}

// Join puts runs of the same cases together into one.
func Join(runs ...*Run) (*Run, error) {
	out := &Run{Format: 1, Repeat: runs[0].Repeat, Cases: runs[0].Cases}
	for _, r := range runs {
		if len(r.Cases) != len(out.Cases) || r.Repeat != out.Repeat {
			return nil, fmt.Errorf("runs of %d and %d cases cannot be joined", len(out.Cases), len(r.Cases))
		}
		for _, row := range r.Rows {
			row.Contender += len(out.Contenders)
			out.Rows = append(out.Rows, row)
		}
		out.Contenders = append(out.Contenders, r.Contenders...)
	}
	return out, nil
}

// Passed reports whether every answer is as it must be.
func (r *Run) Passed() bool {
	for _, row := range r.Rows {
		if !row.Pass {
			return false
		}
	}
	return true
}

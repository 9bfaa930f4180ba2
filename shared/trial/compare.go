package trial

import (
	"slices"

	"graft/shared/eval"
)

// Delta is what changed from one contender, or from its last run, to another, over the cases that both were asked.
type Delta struct {
	From    Name             `json:"from"`
	To      Name             `json:"to"`
	Cases   int              `json:"cases"`
	Pass    eval.Change      `json:"pass_rate"` // by paired bootstrap of the cases
	Score   eval.Change      `json:"score"`
	McNemar eval.McNemarTest `json:"mcnemar"` // of cases most of whose repeats pass
	PHolm   float64          `json:"p_holm"`  // McNemar's p, adjusted for the number of comparisons
	Changed []Changed        `json:"changed,omitempty"`
}

// Changed is a case whose verdict or answer changed.
type Changed struct {
	Key    string `json:"key"`
	Title  string `json:"title"`
	Before string `json:"before"` // the first repeat's answer
	After  string `json:"after"`
	Was    bool   `json:"was"` // most repeats passed
	Is     bool   `json:"is"`
}

// Significant reports whether the difference is more than chance.
func (d *Delta) Significant() bool { return d.PHolm < 1-eval.Level }

// Compare tells what changed from a run to the next, for each contender that is in both under the same name.
func Compare(before, after *Run) []Delta {
	var out []Delta
	for i, to := range after.Contenders {
		from := slices.IndexFunc(before.Contenders, func(e Entrant) bool { return e.Name == to.Name })
		if from < 0 {
			continue
		}
		if d, ok := delta(before, from, after, i); ok {
			out = append(out, d)
		}
	}
	return adjusted(out)
}

// Against compares every other contender of a run with the first.
func (r *Run) Against() []Delta {
	var out []Delta
	for i := 1; i < len(r.Contenders); i++ {
		if d, ok := delta(r, 0, r, i); ok {
			out = append(out, d)
		}
	}
	return adjusted(out)
}

func adjusted(all []Delta) []Delta {
	p := make([]float64, len(all))
	for i, d := range all {
		p[i] = d.McNemar.P
	}
	for i, h := range eval.Holm(p) {
		all[i].PHolm = h
	}
	return all
}

func delta(a *Run, from int, b *Run, to int) (Delta, bool) {
	d := Delta{From: a.Contenders[from].Name, To: b.Contenders[to].Name}
	rowsA, rowsB := a.byCase(from), b.byCase(to)
	var passA, passB, scoreA, scoreB []float64
	fixed, broken := 0, 0
	for j, c := range b.Cases {
		i := slices.IndexFunc(a.Cases, func(x Asked) bool { return x.Key == c.Key })
		if i < 0 || len(rowsA[i]) == 0 || len(rowsB[j]) == 0 {
			continue
		}
		pa, sa := means(rowsA[i])
		pb, sb := means(rowsB[j])
		passA, passB, scoreA, scoreB = append(passA, pa), append(passB, pb), append(scoreA, sa), append(scoreB, sb)
		was, is := pa > 0.5, pb > 0.5
		switch {
		case is && !was:
			fixed++
		case was && !is:
			broken++
		}
		if before, after := rowsA[i][0].Output, rowsB[j][0].Output; was != is || before != after {
			d.Changed = append(d.Changed, Changed{c.Key, c.Title(), before, after, was, is})
		}
	}
	if d.Cases = len(passA); d.Cases == 0 {
		return d, false
	}
	d.McNemar = eval.McNemar(fixed, broken)
	d.Pass, _ = eval.PairedChange(passA, passB, eval.Bootstrap{}) // of as many values, and at least one
	d.Score, _ = eval.PairedChange(scoreA, scoreB, eval.Bootstrap{})
	return d, true
}

// means are the pass rate and the mean score of a case's rows.
func means(rows []Row) (pass, score float64) {
	for _, r := range rows {
		if r.Pass {
			pass++
		}
		score += r.Score
	}
	return pass / float64(len(rows)), score / float64(len(rows))
}

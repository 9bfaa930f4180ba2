package parity

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Difference is how a host's answers differ from the reference's.
type Difference struct {
	Logits      float64  // the largest of a logit
	Probability float64  // the largest of a class
	Answers     []string // labels and texts that are others
}

// Compare holds a host's answers to those of the reference.
func Compare(want, got []Case) (d Difference) {
	if len(want) != len(got) {
		d.Answers = append(d.Answers, fmt.Sprintf("%d cases, expected %d", len(got), len(want)))
		return d
	}
	for i, w := range want {
		d.add(w, got[i])
	}
	return d
}

func (d *Difference) add(want, got Case) {
	other := func(format string, a ...any) { d.Answers = append(d.Answers, want.Name+": "+fmt.Sprintf(format, a...)) }
	if want.Name != got.Name || len(want.Logits) != len(got.Logits) || len(want.Predictions) != len(got.Predictions) {
		other("another case: %s", got.Name)
		return
	}
	for i, row := range want.Logits {
		if len(row) != len(got.Logits[i]) {
			other("%d logits, expected %d", len(got.Logits[i]), len(row))
			continue
		}
		for j, l := range row {
			d.Logits = worse(d.Logits, float64(l), float64(got.Logits[i][j]))
		}
	}
	for i, p := range want.Predictions {
		g := got.Predictions[i]
		if p.Label != g.Label {
			other("%q is %s (%.6f), expected %s (%.6f)", p.Text, g.Label, g.Confidence, p.Label, p.Confidence)
		}
		for label, v := range p.Probabilities {
			d.Probability = worse(d.Probability, v, g.Probabilities[label])
		}
	}
	if want.Text != got.Text {
		other("the text %q, expected %q", got.Text, want.Text)
	}
}

// worse is the larger of a difference so far and of two values; one that is no number is the largest there is.
func worse(most, a, b float64) float64 {
	if diff := math.Abs(a - b); diff > most || math.IsNaN(diff) {
		return math.Max(diff, most) // NaN stays
	}
	return most
}

// Row is one host's line of the table.
type Row struct {
	Host string
	Err  error // it is absent, or could not answer
	Difference
	Seconds float64
}

// Print writes the table.
func Print(w io.Writer, rows []Row) error {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.Host))
	}
	for _, r := range rows {
		line := fmt.Sprintf("%-*s  logits %-9.3g  probabilities %-9.3g  other answers %d  %6.1f s", width, r.Host, r.Logits, r.Probability, len(r.Answers), r.Seconds)
		if r.Err != nil {
			line = fmt.Sprintf("%-*s  skipped: %v", width, r.Host, r.Err)
		}
		for _, a := range r.Answers {
			line += "\n" + strings.Repeat(" ", width+2) + a
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

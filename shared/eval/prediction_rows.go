package eval

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// prob reads a probability.
func (p *predictionReader) prob(row, column int) (float64, error) {
	s := p.At(row, column)
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s is %q, expected a probability", p.Columns[column], s)
	}
	return v, nil
}

// orderProbs looks whether the columns prob_0, prob_1 … of classes that are no numbers are in another order than that of the
// names: if the largest probability of a row is always in the column of what was predicted, that is the order.
func (p *predictionReader) orderProbs() error {
	if p.whole || len(p.probs) == 0 || p.o.Classes != nil || p.pred < 0 || !isRange(p.suffixes) {
		return nil
	}
	k := len(p.classes)
	said := make([]int, k*k) // column of the largest, class predicted
	for i := range p.Rows {
		best, most, tie := 0, math.Inf(-1), false
		for c, column := range p.probs {
			v, err := p.prob(i, column)
			if err != nil {
				return nil // answers tells
			}
			if v == most {
				tie = true
			}
			if v > most {
				best, most, tie = c, v, false
			}
		}
		if c := slices.Index(p.classes, p.said[i]); c >= 0 && !tie {
			said[best*k+c]++
		}
	}
	order, right, moved := make([]int, k), 0, 0 // class of each column
	for column := range k {
		row := said[column*k : (column+1)*k]
		c := slices.Index(row, slices.Max(row))
		if row[c] == 0 || slices.Contains(order[:column], c) {
			return nil // a column that never wins, or two of one class: nothing can be told
		}
		order[column] = c
		right += row[column]
		moved += row[c]
	}
	if moved <= right || right > 0 {
		return nil
	}
	columns, names := make([]int, k), make([]string, k)
	for column, c := range order {
		columns[c], names[column] = p.probs[column], p.classes[c]
	}
	p.probs = columns
	p.out.Warnings = nil
	p.warn("prob_0 to prob_%d are taken for the classes %q in this order, since their largest is then what was predicted; --labels names another", k-1, names)
	return nil
}

// answers reads the rows.
func (p *predictionReader) answers() error {
	if p.o.Positive != "" && len(p.classes) != 2 {
		return fmt.Errorf("%s: positive class %q is of two classes, got %q", p.Name, p.o.Positive, firstOf(p.classes, 20))
	}
	if p.single >= 0 && len(p.classes) != 2 {
		return fmt.Errorf("%s: %s is the probability of one class of two, got the classes %q", p.Name, p.Columns[p.single], firstOf(p.classes, 20))
	}
	a, err := NewAnswers(p.classes, p.positive)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	ids := map[string]int32{}
	for i, c := range p.classes {
		ids[c] = int32(i)
	}
	wrong := faults{name: p.Name}
	skipped := 0
	for i, line := range p.Lines {
		if p.labels[i] == "" {
			wrong.add(line, "%s is empty, expected a class", p.Columns[p.label])
			continue
		}
		probs, err := p.probabilities(i)
		if err != nil {
			wrong.add(line, "%v", err)
			continue
		}
		pred := NoAnswer
		switch {
		case p.pred < 0:
			pred = int32(slices.Index(probs, slices.Max(probs)))
		case p.said[i] != "":
			pred = ids[p.said[i]]
		case p.o.Missing == MissingSkip:
			skipped++
			continue
		case p.o.Missing != MissingWrong:
			wrong.add(line, "%s is empty; with --missing wrong such rows count as wrong, with --missing skip they are left out", p.Columns[p.pred])
			continue
		}
		if err := a.Add(ids[p.labels[i]], pred, probs); err != nil {
			_, what, _ := strings.Cut(err.Error(), ": ")
			wrong.add(line, "%s", what)
			continue
		}
		p.out.Rows = append(p.out.Rows, i)
	}
	if err := wrong.err(); err != nil {
		return err
	}
	if skipped > 0 {
		p.warn("%d rows without a prediction are left out", skipped)
	}
	if a.Len() == 0 {
		return fmt.Errorf("%s: no row has a prediction", p.Name)
	}
	p.out.Answers = a
	return nil
}

// probabilities are those of a row by class, nil if the file has none.
func (p *predictionReader) probabilities(row int) ([]float64, error) {
	if p.single >= 0 {
		v, err := p.prob(row, p.single)
		if err != nil {
			return nil, err
		}
		probs := []float64{1 - v, 1 - v}
		probs[p.of] = v
		return probs, nil
	}
	if len(p.probs) == 0 {
		return nil, nil
	}
	probs := make([]float64, len(p.probs))
	for c, column := range p.probs {
		var err error
		if probs[c], err = p.prob(row, column); err != nil {
			return nil, err
		}
	}
	return probs, nil
}

// Rounded probabilities are off from 1 by less than this for each class; more is worth a warning.
const worthTelling = 1e-3

// review warns of what is allowed and still likely a mistake.
func (p *predictionReader) review() {
	a := p.out.Answers
	if len(p.classes) == 2 && p.o.Positive == "" && !slices.Contains(positives, p.positive) {
		p.warn("precision, recall and f1 are of the class %q; --positive names the other", p.positive)
	}
	folded := map[string]string{}
	for _, c := range p.classes {
		f := strings.ToLower(c)
		if other, ok := folded[f]; ok {
			p.warn("classes %q and %q differ only in case", other, c)
		}
		folded[f] = c
	}
	c := a.Confusion()
	if n := c.N() - c.answered(); n > 0 {
		p.warn("%d rows without a prediction count as wrong", n)
	}
	if c.Right() == 0 && a.Len() > 1 {
		p.warn("no prediction is right: labels are %q, predictions %q", p.used(a.labels), p.used(a.preds))
	}
	if !a.hasProbs() {
		return
	}
	off, unlike := 0, 0
	for i := range a.labels {
		sum := 0.0
		probs := a.Probs(i)
		for _, v := range probs {
			sum += v
		}
		if math.Abs(sum-1) > worthTelling*float64(len(probs)) {
			off++
		}
		if pred := a.Pred(i); pred != NoAnswer && probs[pred] < slices.Max(probs) {
			unlike++
		}
	}
	if off > 0 {
		p.warn("probabilities of %d rows do not sum to 1; they are used as they are", off)
	}
	if unlike > 0 {
		p.warn("the prediction of %d rows is not their most probable class", unlike)
	}
}

// used are the first names of the classes that occur.
func (p *predictionReader) used(ids []int32) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var names []string
	for _, id := range slices.Compact(ids) {
		if id != NoAnswer {
			names = append(names, p.classes[id])
		}
	}
	return firstOf(names, 5)
}

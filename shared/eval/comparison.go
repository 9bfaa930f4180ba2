package eval

import (
	"fmt"
	"slices"
)

// System is one of those that are compared: its name and its answers to the common rows.
type System struct {
	Name    string
	Answers *Answers
}

// Comparison is of all pairs of systems.
type Comparison struct {
	N      int      `json:"n"`
	Names  []string `json:"names"`
	Pairs  []Pair   `json:"pairs"`
	Metric string   `json:"metric"` // what Change is of: f1, or macro_f1 when there are more than two classes
}

// Pair is what changes from one system to another.
type Pair struct {
	From        string      `json:"from"`
	To          string      `json:"to"`
	McNemar     McNemarTest `json:"mcnemar"`
	PHolm       float64     `json:"p_holm"` // McNemar's p, adjusted for the number of pairs
	Significant bool        `json:"significant"`
	Accuracy    Change      `json:"accuracy"`
	F1          Change      `json:"f1"`
	Fixed       []int       `json:"fixed_rows,omitempty"`  // rows, from 0, that From has wrong and To right: the first mostItems
	Broken      []int       `json:"broken_rows,omitempty"` // the other way round
}

// mostItems is how many rows a pair lists of each kind.
const mostItems = 100

// CompareSystems compares every system with every later one. All have answered the same rows in the same order.
func CompareSystems(systems []System, boot Bootstrap) (*Comparison, error) {
	if len(systems) < 2 {
		return nil, fmt.Errorf("%d systems, expected at least two to compare", len(systems))
	}
	c := &Comparison{N: systems[0].Answers.Len(), Metric: "f1"}
	if len(systems[0].Answers.classes) > 2 {
		c.Metric = "macro_f1"
	}
	f1, _ := Find(c.Metric)
	accuracy, _ := Find("accuracy")
	var p []float64
	for i, from := range systems {
		if slices.Contains(c.Names, from.Name) {
			return nil, fmt.Errorf("two systems are named %q", from.Name)
		}
		c.Names = append(c.Names, from.Name)
		for _, to := range systems[i+1:] {
			pair := Pair{From: from.Name, To: to.Name}
			var err error
			if pair.McNemar, err = Compare(from.Answers, to.Answers); err != nil {
				return nil, fmt.Errorf("%s and %s: %w", from.Name, to.Name, err)
			}
			if pair.Accuracy, err = Difference(from.Answers, to.Answers, accuracy, boot); err != nil {
				return nil, err
			}
			if pair.F1, err = Difference(from.Answers, to.Answers, f1, boot); err != nil {
				return nil, err
			}
			for row := range from.Answers.labels {
				switch was, is := from.Answers.Right(row), to.Answers.Right(row); {
				case is && !was && len(pair.Fixed) < mostItems:
					pair.Fixed = append(pair.Fixed, row)
				case was && !is && len(pair.Broken) < mostItems:
					pair.Broken = append(pair.Broken, row)
				}
			}
			p = append(p, pair.McNemar.P)
			c.Pairs = append(c.Pairs, pair)
		}
	}
	for i, adjusted := range Holm(p) {
		c.Pairs[i].PHolm, c.Pairs[i].Significant = adjusted, adjusted < 1-Level
	}
	return c, nil
}

// WithClasses are the same answers with the classes in another order, or with more of them.
func (a *Answers) WithClasses(classes []string) (*Answers, error) {
	place := make([]int32, len(a.classes))
	for i, c := range a.classes {
		p := slices.Index(classes, c)
		if p < 0 {
			return nil, fmt.Errorf("class %q is not one of %q", c, classes)
		}
		place[i] = int32(p)
	}
	positive := ""
	if len(a.classes) == 2 && len(classes) == 2 {
		positive = a.classes[a.positive]
	}
	out, err := NewAnswers(classes, positive)
	if err != nil {
		return nil, err
	}
	for i, l := range a.labels {
		pred := a.preds[i]
		if pred != NoAnswer {
			pred = place[pred]
		}
		var probs []float64
		if a.hasProbs() {
			probs = make([]float64, len(classes))
			for c, p := range a.Probs(i) {
				probs[place[c]] = p
			}
		}
		if err := out.Add(place[l], pred, probs); err != nil {
			return nil, err
		}
	}
	return out, nil
}

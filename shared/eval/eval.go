// Package eval says how good answers are, and how sure that is.
//
// Answers collects what a classifier said about labelled rows; Score makes a Result of them: every metric of the one table in
// metric.go, with 95 % intervals, the confusion matrix and a row a class. ReadPredictions makes Answers of a file that any
// system may have written. Metrics follow scikit-learn's definitions with zero_division = 0, and are NaN where
// scikit-learn's are; proportions get Wilson's interval, other metrics a stratified percentile bootstrap with a fixed seed,
// so that the same answers always give the same numbers. McNemar and Difference compare two systems on the same rows.
package eval

import (
	"fmt"
	"math"
	"slices"
)

// Answers are what was said about labelled rows. Make them with NewAnswers.
type Answers struct {
	classes       []string
	positive      int // class that precision, recall and F1 are of, when there are two
	labels, preds []int32
	probs         []float64 // [n, classes], or empty when the answers came without
}

// NoAnswer is the prediction of a system that gave none: wrong whatever the label, and of no class.
const NoAnswer int32 = -1

// NewAnswers prepares for answers among the given classes. positive names the class that the binary precision,
// recall and F1 are of; "" is the last class, which is scikit-learn's default.
func NewAnswers(classes []string, positive string) (*Answers, error) {
	if len(classes) == 0 || len(classes) > MaxClasses {
		return nil, fmt.Errorf("%d classes, expected 1 to %d", len(classes), MaxClasses)
	}
	p := len(classes) - 1
	if positive != "" {
		if p = slices.Index(classes, positive); p < 0 {
			return nil, fmt.Errorf("positive class %q is not known, expected one of %q", positive, classes)
		}
	}
	return &Answers{classes: slices.Clone(classes), positive: p}, nil
}

// MaxClasses is the most classes: more are not classes but values.
const MaxClasses = 1000

// sumTolerance is how far the probabilities of an answer may be from 1 in all: a softmax in half precision is off by less,
// and so are numbers rounded to two decimals.
func sumTolerance(classes int) float64 { return max(1e-2, 0.005*float64(classes)) + 1e-9 }

// Add takes one answer. probs are the probabilities of all classes; they are given with every answer or with none, in which
// case those metrics that need them are left out.
func (a *Answers) Add(label, pred int32, probs []float64) error {
	k, n := len(a.classes), len(a.labels)
	switch {
	case label < 0 || int(label) >= k:
		return fmt.Errorf("answer %d: label %d, expected 0 to %d", n, label, k-1)
	case pred != NoAnswer && (pred < 0 || int(pred) >= k):
		return fmt.Errorf("answer %d: prediction %d, expected 0 to %d", n, pred, k-1)
	case len(probs) != 0 && len(probs) != k:
		return fmt.Errorf("answer %d: %d probabilities, expected %d", n, len(probs), k)
	case n > 0 && (len(probs) > 0) != a.hasProbs():
		return fmt.Errorf("answer %d: probabilities with some answers and not with others", n)
	}
	if len(probs) > 0 {
		sum := 0.0
		for _, p := range probs {
			if !(p >= 0 && p <= 1+sumTolerance(k)) {
				return fmt.Errorf("answer %d: probability %v, expected 0 to 1", n, p)
			}
			sum += p
		}
		if math.Abs(sum-1) > sumTolerance(k) {
			return fmt.Errorf("answer %d: probabilities sum to %v, expected 1", n, sum)
		}
	}
	a.labels = append(a.labels, label)
	a.preds = append(a.preds, pred)
	a.probs = append(a.probs, probs...)
	return nil
}

// Classes are the names of the classes, in the order of their ids. They are not for changing.
func (a *Answers) Classes() []string { return a.classes }

// Positive is the class of the binary metrics.
func (a *Answers) Positive() string { return a.classes[a.positive] }

// Label is the true class of row i.
func (a *Answers) Label(i int) int32 { return a.labels[i] }

// Pred is what was said about row i, or NoAnswer.
func (a *Answers) Pred(i int) int32 { return a.preds[i] }

// Probs are the probabilities of answer i, nil if answers came without.
func (a *Answers) Probs(i int) []float64 {
	if !a.hasProbs() {
		return nil
	}
	return a.probs[i*len(a.classes):][:len(a.classes)]
}

// Len is the number of answers.
func (a *Answers) Len() int { return len(a.labels) }

// hasProbs reports whether the answers came with probabilities.
func (a *Answers) hasProbs() bool { return len(a.probs) > 0 }

// prob is the probability that answer i gave to a class.
func (a *Answers) prob(i int, class int32) float64 { return a.probs[i*len(a.classes)+int(class)] }

// Confusion counts the answers.
func (a *Answers) Confusion() *Confusion {
	c := NewConfusion(len(a.classes))
	for i, l := range a.labels {
		c.Add(l, a.preds[i])
	}
	return c
}

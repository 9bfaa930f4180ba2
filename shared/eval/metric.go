package eval

import "strings"

// Metric is one number that sums up answers.
type Metric struct {
	Name           string
	HigherIsBetter bool

	// One of the three says what it is: a function of the confusion matrix (positive is the binary class),
	// the mean of a value an answer has, or anything else, which then gets no interval.
	ofCounts func(c *Confusion, positive int) float64
	ofAnswer func(a *Answers, i int) float64
	ofAll    func(a *Answers) float64

	// proportion gives, for a metric that is one, the counts of Wilson's interval.
	proportion func(c *Confusion, positive int) (right, n int, ok bool)
}

// Metrics is the table of all metrics, in the order of reports. precision, recall and f1 are of the positive class when there are
// two classes and macro averages when there are more.
var Metrics = []Metric{
	{Name: "accuracy", HigherIsBetter: true,
		ofCounts:   func(c *Confusion, _ int) float64 { return c.Accuracy() },
		proportion: func(c *Confusion, _ int) (int, int, bool) { return c.Right(), c.N(), true }},
	{Name: "precision", HigherIsBetter: true,
		ofCounts:   func(c *Confusion, p int) float64 { return headline(c, p).Precision },
		proportion: func(c *Confusion, p int) (int, int, bool) { return c.At(p, p), c.Predicted(p), c.classes == 2 }},
	{Name: "recall", HigherIsBetter: true,
		ofCounts:   func(c *Confusion, p int) float64 { return headline(c, p).Recall },
		proportion: func(c *Confusion, p int) (int, int, bool) { return c.At(p, p), c.Support(p), c.classes == 2 }},
	{Name: "f1", HigherIsBetter: true, ofCounts: func(c *Confusion, p int) float64 { return headline(c, p).F1 }},
	{Name: "macro_precision", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Macro().Precision }},
	{Name: "macro_recall", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Macro().Recall }},
	{Name: "macro_f1", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Macro().F1 }},
	{Name: "micro_f1", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Micro().F1 }},
	{Name: "weighted_precision", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Weighted().Precision }},
	{Name: "weighted_recall", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Weighted().Recall }},
	{Name: "weighted_f1", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Weighted().F1 }},
	{Name: "balanced_accuracy", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.BalancedAccuracy() }},
	{Name: "mcc", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.MCC() }},
	{Name: "log_loss", ofAnswer: (*Answers).logLoss},
	{Name: "brier", ofAnswer: (*Answers).brier},
	{Name: "ece", ofAll: (*Answers).ece},
}

// headline is what precision, recall and f1 are of.
func headline(c *Confusion, positive int) PRF {
	if c.classes == 2 {
		return c.Of(positive)
	}
	return c.Macro()
}

// Find is the metric of a name; transformers' prefix "eval_" may stand before it.
func Find(name string) (Metric, bool) {
	name = strings.TrimPrefix(name, "eval_")
	for _, m := range Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Names are the names of all metrics.
func Names() []string {
	names := make([]string, len(Metrics))
	for i, m := range Metrics {
		names[i] = m.Name
	}
	return names
}

// needsProbs reports whether the metric is left out where answers have no probabilities.
func (m *Metric) needsProbs() bool { return m.ofCounts == nil }

// Value is the metric of some answers; ok is false where it needs probabilities and there are none, or there are no answers.
func (m *Metric) Value(a *Answers) (v float64, ok bool) {
	if a.Len() == 0 || (m.needsProbs() && !a.hasProbs()) {
		return 0, false
	}
	switch {
	case m.ofCounts != nil:
		return m.ofCounts(a.Confusion(), a.positive), true
	case m.ofAnswer != nil:
		return a.meanOf(m.ofAnswer), true
	}
	return m.ofAll(a), true
}

package eval

import (
	"math"
	"strings"
)

// Metric is one number that sums up answers.
type Metric struct {
	Name           string
	HigherIsBetter bool

	// One of the four says what it is: a function of the confusion matrix (positive is the binary class),
	// the mean of a value an answer has, a function of the areas under the classes' curves,
	// or anything else, which then gets no interval.
	ofCounts func(c *Confusion, positive int) float64
	ofAnswer func(a *Answers, i int) float64
	ofAreas  func(x []areas, positive int) float64
	ofAll    func(a *Answers) float64

	// proportion gives, for a metric that is one, the counts of Wilson's interval.
	proportion func(c *Confusion, positive int) (right, n int, ok bool)
}

// Metrics is the table of all metrics, in the order of reports. precision, recall and f1, roc_auc, average_precision and pr_auc
// are of the positive class when there are two classes and macro averages (each class against the rest) when there are more.
var Metrics = []Metric{
	{Name: "accuracy", HigherIsBetter: true,
		ofCounts:   func(c *Confusion, _ int) float64 { return c.Accuracy() },
		proportion: func(c *Confusion, _ int) (int, int, bool) { return c.Right(), c.N(), true }},
	{Name: "precision", HigherIsBetter: true,
		ofCounts:   func(c *Confusion, p int) float64 { return headline(c, p).Precision },
		proportion: func(c *Confusion, p int) (int, int, bool) { return c.RightOf(p), c.Predicted(p), c.classes == 2 }},
	{Name: "recall", HigherIsBetter: true,
		ofCounts:   func(c *Confusion, p int) float64 { return headline(c, p).Recall },
		proportion: func(c *Confusion, p int) (int, int, bool) { return c.RightOf(p), c.Support(p), c.classes == 2 }},
	{Name: "f1", HigherIsBetter: true, ofCounts: func(c *Confusion, p int) float64 { return headline(c, p).F1 }},
	{Name: "macro_precision", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Macro().Precision }},
	{Name: "macro_recall", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Macro().Recall }},
	{Name: "macro_f1", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Macro().F1 }},
	{Name: "micro_precision", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Micro().Precision }},
	{Name: "micro_recall", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Micro().Recall }},
	{Name: "micro_f1", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Micro().F1 }},
	{Name: "weighted_precision", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Weighted().Precision }},
	{Name: "weighted_recall", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Weighted().Recall }},
	{Name: "weighted_f1", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Weighted().F1 }},
	{Name: "balanced_accuracy", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.BalancedAccuracy() }},
	{Name: "mcc", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.MCC() }},
	{Name: "cohen_kappa", HigherIsBetter: true, ofCounts: func(c *Confusion, _ int) float64 { return c.Kappa() }},
	{Name: "roc_auc", HigherIsBetter: true, ofAreas: ofPositive(rocArea)},
	{Name: "macro_roc_auc", HigherIsBetter: true, ofAreas: macro(rocArea)},
	{Name: "weighted_roc_auc", HigherIsBetter: true, ofAreas: weighted(rocArea)},
	{Name: "average_precision", HigherIsBetter: true, ofAreas: ofPositive(averagePrecision)},
	{Name: "macro_average_precision", HigherIsBetter: true, ofAreas: macro(averagePrecision)},
	{Name: "weighted_average_precision", HigherIsBetter: true, ofAreas: weighted(averagePrecision)},
	{Name: "pr_auc", HigherIsBetter: true, ofAreas: ofPositive(prArea)},
	{Name: "log_loss", ofAnswer: (*Answers).logLoss},
	{Name: "brier", ofAnswer: (*Answers).brier},
	{Name: "ece", ofAll: func(a *Answers) float64 { return ece(a.Reliability()) }},
	{Name: "ece_equal_mass", ofAll: func(a *Answers) float64 { return ece(a.ReliabilityByMass()) }},
	{Name: "mce", ofAll: func(a *Answers) float64 { return mce(a.Reliability()) }},
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

// Value is the metric of some answers, NaN where these do not define it; ok is false where it needs probabilities and there
// are none, or there are no answers.
func (m *Metric) Value(a *Answers) (v float64, ok bool) {
	return m.value(a, a.Confusion(), a.areas())
}

// Values are all metrics that these answers define, by their names.
func (a *Answers) Values() map[string]float64 {
	out, c, x := map[string]float64{}, a.Confusion(), a.areas()
	for _, m := range Metrics {
		if v, ok := m.value(a, c, x); ok && !math.IsNaN(v) {
			out[m.Name] = v
		}
	}
	return out
}

func (m *Metric) value(a *Answers, c *Confusion, x []areas) (v float64, ok bool) {
	if a.Len() == 0 || (m.needsProbs() && !a.hasProbs()) {
		return 0, false
	}
	switch {
	case m.ofCounts != nil:
		return m.ofCounts(c, a.positive), true
	case m.ofAnswer != nil:
		return a.meanOf(m.ofAnswer), true
	case m.ofAreas != nil:
		return m.ofAreas(x, a.positive), true
	}
	return m.ofAll(a), true
}

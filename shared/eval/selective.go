package eval

import (
	"math"
	"slices"
)

// Selective is what it costs and gains to let a person review the least sure answers.
type Selective struct {
	AURC    float64      `json:"aurc"`   // area under risk over coverage (Geifman and El-Yaniv 2017), lower is better
	EAURC   float64      `json:"e_aurc"` // less that of a perfect order of the same answers (Geifman et al. 2019)
	AUGRC   float64      `json:"augrc"`  // area under the generalised risk, errors of all rows (Traub et al. 2024, arXiv 2407.01032)
	Budgets []Budget     `json:"budgets"`
	Curve   []RiskPoint  `json:"curve"`
	Choice  *Threshold   `json:"threshold,omitempty"`
	Classes []ClassShare `json:"classes,omitempty"` // with a threshold
}

// RiskPoint is what remains when answers less sure than Threshold are reviewed.
type RiskPoint struct {
	Threshold float64 `json:"threshold"`
	Coverage  float64 `json:"coverage"` // share of rows that are accepted
	Risk      float64 `json:"risk"`     // share of wrong answers among them
}

// Budget is the best that can be had if a share of the answers is reviewed.
type Budget struct {
	ReviewRate float64  `json:"review_rate"` // what may be reviewed, at most
	Threshold  float64  `json:"threshold"`
	Accepted   int      `json:"accepted"`
	Errors     int      `json:"errors"` // among them
	Risk       float64  `json:"risk"`
	Interval   Interval `json:"interval"` // of the risk
	AllWrong   float64  `json:"wrong_of_all"`
}

// ClassShare is how much of what is said to be a class is accepted.
type ClassShare struct {
	Class    string  `json:"class"`
	Coverage float64 `json:"coverage"`
	Risk     float64 `json:"risk"`
}

// reviewBudgets are the shares that a table of budgets has.
var reviewBudgets = []float64{0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5}

// curvePoints is how many points of a curve are kept for drawing.
const curvePoints = 200

// step is a group of answers of the same confidence, with all that are surer.
type step struct {
	confidence       float64
	accepted, errors int
}

// steps are the groups, the surest first.
func (a *Answers) steps() []step {
	var out []step
	accepted, errors := 0, 0
	rows := a.byConfidence()
	for k, i := range rows {
		accepted++
		if !a.Right(i) {
			errors++
		}
		if k+1 == len(rows) || a.Confidence(rows[k+1]) != a.Confidence(i) {
			out = append(out, step{a.Confidence(i), accepted, errors})
		}
	}
	return out
}

// Selective computes the risk of all coverages; nil without probabilities.
func (a *Answers) Selective() *Selective {
	if !a.hasProbs() || a.Len() == 0 {
		return nil
	}
	n, steps := float64(a.Len()), a.steps()
	s := &Selective{}
	// Answers of the same confidence have no order: the errors among them are spread evenly.
	k, before := 0, step{}
	for _, st := range steps {
		size, errors := float64(st.accepted-before.accepted), float64(st.errors-before.errors)
		for j := 1.0; j <= size; j++ {
			k++
			wrong := float64(before.errors) + errors*j/size
			s.AURC += wrong / float64(k) / n
			s.AUGRC += wrong / n / n
		}
		before = st
	}
	right, best := float64(a.Len()-before.errors), 0.0
	for k := right + 1; k <= n; k++ { // a perfect order has all errors last
		best += (k - right) / k / n
	}
	s.EAURC = s.AURC - best
	for _, st := range thinSteps(steps) {
		s.Curve = append(s.Curve, RiskPoint{st.confidence, float64(st.accepted) / n, float64(st.errors) / float64(st.accepted)})
	}
	for _, rate := range reviewBudgets {
		least := int(math.Ceil(n*(1-rate) - 1e-9)) // rows that have to be accepted
		i := slices.IndexFunc(steps, func(st step) bool { return st.accepted >= least })
		st := steps[i]
		s.Budgets = append(s.Budgets, Budget{rate, st.confidence, st.accepted, st.errors, float64(st.errors) / float64(st.accepted),
			Wilson(st.errors, st.accepted), float64(st.errors) / n})
	}
	return s
}

// thinSteps keeps about curvePoints steps, with the first and the last.
func thinSteps(all []step) []step {
	if len(all) <= curvePoints {
		return all
	}
	out := make([]step, curvePoints)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(curvePoints-1)]
	}
	return out
}

// Shares are the coverage and the risk of each class when answers below a threshold are reviewed.
func (a *Answers) Shares(threshold float64) []ClassShare {
	said, accepted, errors := make([]int, len(a.classes)), make([]int, len(a.classes)), make([]int, len(a.classes))
	for i, p := range a.preds {
		if p == NoAnswer {
			continue
		}
		said[p]++
		if a.Confidence(i) >= threshold {
			accepted[p]++
			if !a.Right(i) {
				errors[p]++
			}
		}
	}
	out := make([]ClassShare, len(a.classes))
	for c, name := range a.classes {
		out[c] = ClassShare{name, ratio(float64(accepted[c]), float64(said[c])), ratio(float64(errors[c]), float64(accepted[c]))}
	}
	return out
}

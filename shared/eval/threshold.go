package eval

import "fmt"

// ThresholdGoal is what a confidence threshold shall guarantee on new rows like those it is chosen on.
type ThresholdGoal struct {
	MaxError  float64 // share of wrong answers among the accepted, at most; 0: no such goal
	MaxReview float64 // share of rows that a person reviews, at most; 0: no such goal
	Delta     float64 // chance that the guarantee fails; 0 is 0.05
}

// Threshold is a confidence from which on answers are accepted without a person, and what holds for it.
type Threshold struct {
	Found       bool    `json:"found"` // whether some threshold keeps the goal
	Threshold   float64 `json:"threshold"`
	N           int     `json:"n"` // rows it was chosen on
	ReviewRate  float64 `json:"review_rate"`
	ReviewBound float64 `json:"review_rate_bound"` // guaranteed
	ErrorRate   float64 `json:"error_rate"`        // of the accepted
	ErrorBound  float64 `json:"error_rate_bound"`  // guaranteed
	Confidence  float64 `json:"confidence"`        // of all bounds together
	Method      string  `json:"method"`
	OnTest      *OnTest `json:"on_test,omitempty"`
}

// OnTest is a threshold's effect on rows that it was not chosen on.
type OnTest struct {
	N              int      `json:"n"`
	ReviewRate     float64  `json:"review_rate"`
	ReviewInterval Interval `json:"review_rate_interval"`
	ErrorRate      float64  `json:"error_rate"`
	ErrorInterval  Interval `json:"error_rate_interval"`
}

// thresholdMethod says which bound it is.
const thresholdMethod = "one-sided Clopper-Pearson bounds, Bonferroni over a fixed grid of 100 thresholds (Learn then Test, arXiv 2110.01052)"

// thresholdGrid is how many thresholds are tried: 0, 0.01 … 0.99. It does not depend on the data, as the bound demands.
const thresholdGrid = 100

// Threshold chooses a threshold by its guarantee, which is free of assumptions on the distribution beyond that rows are drawn
// independently from the same one. With MaxError it is the lowest that keeps it, so that least is reviewed; with MaxReview
// alone the highest that keeps that, so that fewest errors pass.
func (a *Answers) Threshold(goal ThresholdGoal) (*Threshold, error) {
	switch {
	case !a.hasProbs():
		return nil, fmt.Errorf("a threshold needs probabilities")
	case a.Len() == 0:
		return nil, fmt.Errorf("a threshold needs answers")
	case goal.MaxError < 0 || goal.MaxError >= 1 || goal.MaxReview < 0 || goal.MaxReview >= 1 || goal.Delta < 0 || goal.Delta >= 1:
		return nil, fmt.Errorf("error rate %v, review rate %v, chance of failure %v: expected 0 to 1", goal.MaxError, goal.MaxReview, goal.Delta)
	case goal.MaxError == 0 && goal.MaxReview == 0:
		return nil, fmt.Errorf("a threshold needs a goal: the most errors, or the most reviewed")
	}
	if goal.Delta == 0 {
		goal.Delta = 1 - Level
	}
	alpha := goal.Delta / thresholdGrid / 2 // each of the two bounds at each threshold
	var best *Threshold
	for g := range thresholdGrid {
		t := a.at(float64(g)/thresholdGrid, alpha)
		t.Confidence = 1 - goal.Delta
		t.Found = (goal.MaxError == 0 || t.ErrorBound <= goal.MaxError) && (goal.MaxReview == 0 || t.ReviewBound <= goal.MaxReview)
		if best == nil || t.Found && (!best.Found || goal.MaxError == 0) {
			best = t
		}
	}
	return best, nil
}

// at is what holds for one threshold.
func (a *Answers) at(threshold, alpha float64) *Threshold {
	n, accepted, errors := a.Len(), 0, 0
	for i := range a.labels {
		if a.Confidence(i) >= threshold {
			accepted++
			if !a.Right(i) {
				errors++
			}
		}
	}
	return &Threshold{Threshold: threshold, N: n, Method: thresholdMethod,
		ReviewRate: float64(n-accepted) / float64(n), ReviewBound: UpperBound(n-accepted, n, alpha),
		ErrorRate: ratio(float64(errors), float64(accepted)), ErrorBound: UpperBound(errors, accepted, alpha)}
}

// Apply measures a threshold on other answers.
func (t *Threshold) Apply(a *Answers) *OnTest {
	n, reviewed, errors := a.Len(), 0, 0
	for i := range a.labels {
		switch {
		case a.Confidence(i) < t.Threshold:
			reviewed++
		case !a.Right(i):
			errors++
		}
	}
	return &OnTest{n, ratio(float64(reviewed), float64(n)), Wilson(reviewed, n), ratio(float64(errors), float64(n-reviewed)), Wilson(errors, n-reviewed)}
}

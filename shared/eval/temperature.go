package eval

import (
	"fmt"
	"math"
)

// Calibration is a temperature and what it changes.
type Calibration struct {
	Temperature float64 `json:"temperature"` // logits are divided by it; 1 changes nothing, more makes answers less sure
	N           int     `json:"n"`           // rows it was fitted on
	LogLoss     float64 `json:"log_loss_before"`
	ECE         float64 `json:"ece_before"`
	After       struct {
		LogLoss float64 `json:"log_loss"`
		ECE     float64 `json:"ece"`
	} `json:"after"` // both of the rows that are reported, not of those it was fitted on
}

// smallest is what a probability of 0 counts as when its logarithm is taken.
const smallest = 1e-30

// The inverse temperatures that are searched; at an end the answers are all right or no better than chance.
const coldest, hottest = 1e3, 1e-3

// AtEnd reports whether no temperature is best: the answers it was fitted on are all right, or no better than chance.
func (c *Calibration) AtEnd() bool { return c.Temperature == 1/hottest || c.Temperature == 1/coldest }

// FitTemperature finds the temperature whose probabilities have the least log loss (Guo et al. 2017, arXiv 1706.04599). What is
// the most probable class never changes.
func FitTemperature(a *Answers) (float64, error) {
	if !a.hasProbs() || a.Len() == 0 {
		return 0, fmt.Errorf("a temperature needs answers with probabilities")
	}
	// The log loss is convex in the inverse temperature b, its derivative is Σ (E_b[log p] − log p of the label).
	slope := func(b float64) float64 {
		sum := 0.0
		for i, l := range a.labels {
			logs, total, mean := a.Probs(i), 0.0, 0.0
			most := 0.0
			for _, p := range logs {
				most = max(most, p)
			}
			top := math.Log(max(most, smallest))
			for _, p := range logs {
				z := math.Log(max(p, smallest))
				w := math.Exp(b * (z - top))
				total += w
				mean += w * z
			}
			sum += mean/total - math.Log(max(logs[l], smallest))
		}
		return sum
	}
	low, high := math.Log(hottest), math.Log(coldest)
	if slope(math.Exp(low)) >= 0 {
		return 1 / hottest, nil
	}
	if slope(math.Exp(high)) <= 0 {
		return 1 / coldest, nil
	}
	for range 60 { // halves the logarithm's range each time, to the last bits
		middle := (low + high) / 2
		if slope(math.Exp(middle)) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp(-(low + high) / 2), nil
}

// AtTemperature are the answers with probabilities as if their logits had been divided by t.
func (a *Answers) AtTemperature(t float64) *Answers {
	out := *a
	k := len(a.classes)
	out.probs = make([]float64, len(a.probs))
	for i := 0; i < len(a.probs); i += k {
		sum := 0.0
		for c, p := range a.probs[i : i+k] {
			out.probs[i+c] = math.Pow(max(p, smallest), 1/t)
			sum += out.probs[i+c]
		}
		for c := range k {
			out.probs[i+c] /= sum
		}
	}
	return &out
}

// Calibrate gives the answers the temperature that is fitted on others, and says what that changes.
func (a *Answers) Calibrate(fitOn *Answers) (*Answers, *Calibration, error) {
	t, err := FitTemperature(fitOn)
	if err != nil {
		return nil, nil, err
	}
	after := a.AtTemperature(t)
	c := &Calibration{Temperature: t, N: fitOn.Len(), LogLoss: a.meanOf((*Answers).logLoss), ECE: ece(a.Reliability())}
	c.After.LogLoss, c.After.ECE = after.meanOf((*Answers).logLoss), ece(after.Reliability())
	return after, c, nil
}

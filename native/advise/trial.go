package advise

import (
	"fmt"
	"strconv"
)

// Candidate is a variant that a trial measures.
type Candidate struct {
	Name   string
	Advice *Advice
}

// Candidates are what a trial compares: the advice with its learning rate, a third and three times of it, and the other methods
// of the table that the facts allow, each at a rate of its own.
func (a *Advice) Candidates() []Candidate {
	rate, err := strconv.ParseFloat(a.Get("learning_rate"), 64)
	if err != nil {
		return []Candidate{{a.Method, a}}
	}
	var list []Candidate
	for _, by := range []float64{1, 1. / 3, 3} {
		r := digits(rate * by)
		list = append(list, Candidate{fmt.Sprintf("%s, learning_rate %s", a.Method, r), a.With(Setting{"learning_rate", r})})
	}
	if a.Method == "LORA" && a.Get("target_modules") == "all-linear" {
		list = append(list, Candidate{"LORA on q_proj and v_proj", a.With(Setting{"target_modules", "[q_proj, v_proj]"})})
	}
	return list
}

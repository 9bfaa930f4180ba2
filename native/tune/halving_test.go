package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
)

func TestRungs(t *testing.T) {
	for _, c := range []struct {
		n, eta int
		want   []Rung
	}{
		{1, 3, []Rung{{1, 1}}},
		{2, 2, []Rung{{1. / 2, 2}, {1, 1}}},
		{4, 2, []Rung{{1. / 4, 4}, {1. / 2, 2}, {1, 1}}},
		{9, 3, []Rung{{1. / 9, 9}, {1. / 3, 3}, {1, 1}}},
		{10, 3, []Rung{{1. / 27, 10}, {1. / 9, 4}, {1. / 3, 2}, {1, 1}}},
		{100, 3, []Rung{{1. / 27, 100}, {1. / 27, 34}, {1. / 27, 12}, {1. / 9, 4}, {1. / 3, 2}, {1, 1}}},
	} {
		if got, err := Rungs(c.n, c.eta); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%d trials, one in %d: %v, %v, expected %v", c.n, c.eta, got, err, c.want)
		}
	}
	for _, c := range [][2]int{{0, 3}, {MaxTrials + 1, 3}, {4, 1}} {
		if got, err := Rungs(c[0], c[1]); err == nil {
			t.Errorf("%v: %v", c, got)
		}
	}
}

// scores are made up: what each trial has after each share.
type scores map[int]map[float64]float64

func TestSearch(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(-1)
	for _, c := range []struct {
		name    string
		scores  scores
		n, eta  int
		over    int // calls of Fit after which the time is over; 0: never
		fits    string
		stopped []int
		best    int
		cut     bool
	}{
		{"the best goes on", scores{0: {.25: .1}, 1: {.25: .4, .5: .5}, 2: {.25: .2}, 3: {.25: .3, .5: .6, 1: .7}}, 4, 2, 0,
			"0@0.25 1@0.25 2@0.25 3@0.25 1@0.5 3@0.5 3@1 ", []int{2, 0, 1}, 3, false},
		{"equal scores: the earlier", scores{0: {.5: .3, 1: .4}, 1: {.5: .3}}, 2, 2, 0, "0@0.5 1@0.5 0@1 ", []int{1}, 0, false},
		{"one fails", scores{0: {.5: nan}, 1: {.5: inf}, 2: {.25: 1}}, 2, 2, 0, "0@0.5 1@0.5 ", []int{0, 1}, -1, false},
		{"more fail than a rung takes", scores{0: {.25: inf}, 1: {.25: nan}, 2: {.25: .1, .5: .2, 1: .3}, 3: {.25: inf}}, 4, 2, 0,
			"0@0.25 1@0.25 2@0.25 3@0.25 2@0.5 2@1 ", []int{0, 1, 3}, 2, false},
		{"out of time in the first rung", scores{0: {.25: .1}, 1: {.25: .2}}, 4, 2, 2, "0@0.25 1@0.25 ", []int{2, 3, 0}, 1, true},
		{"out of time later", scores{0: {.25: .5}, 1: {.25: .4, .5: .45}, 2: {.25: .1}, 3: {.25: .2}}, 4, 2, 5, "0@0.25 1@0.25 2@0.25 3@0.25 0@0.5 ", []int{3, 2, 1}, 0, true},
		{"no time at all", scores{}, 2, 2, -1, "", []int{0, 1}, -1, true},
	} {
		var fits string
		var stopped []int
		calls := 0
		s := Search{Eta: c.eta, Fit: func(_ context.Context, trial int, share float64) (float64, error) {
			calls++
			fits += fmt.Sprintf("%d@%g ", trial, share)
			if c.name == "out of time later" && calls == 5 {
				return .6, nil
			}
			return c.scores[trial][share], nil
		}, Stopped: func(trial int) error { stopped = append(stopped, trial); return nil }}
		if c.over != 0 {
			s.Over = func() bool { return calls >= max(c.over, 0) }
		}
		r, err := s.Run(t.Context(), c.n)
		if err != nil {
			t.Fatal(err)
		}
		if fits != c.fits || !slices.Equal(stopped, c.stopped) || r.Best != c.best || r.Cut != c.cut {
			t.Errorf("%s: fits %q, stopped %v, best %d, cut %v", c.name, fits, stopped, r.Best, r.Cut)
		}
	}
}

// TestFaults: what Fit and Stopped cannot do ends the search.
func TestFaults(t *testing.T) {
	bad := errors.New("bad")
	fit := func(context.Context, int, float64) (float64, error) { return 0, nil }
	for name, s := range map[string]Search{
		"fit":     {Eta: 2, Fit: func(context.Context, int, float64) (float64, error) { return 0, bad }},
		"stopped": {Eta: 2, Fit: fit, Stopped: func(int) error { return bad }},
	} {
		if r, err := s.Run(t.Context(), 2); !errors.Is(err, bad) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
	s := Search{Eta: 2, Fit: fit}
	if r, err := s.Run(t.Context(), 0); err == nil {
		t.Errorf("no trials: %v", r)
	}
}

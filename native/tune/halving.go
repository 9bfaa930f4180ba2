// Package tune searches for the settings of a training by successive halving (Jamieson and Talwalkar 2016; the synchronous
// form of Li et al.'s ASHA): all trials are trained a little, the best part of them goes on for several times as long, and so
// forth, until one has been trained to its end. Weak trials are thus stopped early, strong ones never begin anew.
//
// The package knows no model: a trial is a number, and Fit trains it up to a share of its steps. What a search does follows
// from the scores alone, so one that was killed and is begun again asks for the same trials in the same order; a Fit that
// remembers does no work twice.
package tune

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Rung is a height that trials are trained to.
type Rung struct {
	Share  float64 // of a trial's steps
	Trials int     // that are trained to it
}

// The limits of a search.
const (
	MaxTrials = 1000
	leastPart = 27 // no rung is lower than this part of a training: scores from less say nothing
)

// Rungs are those of a search of n trials of which one in eta goes on each time. The last is the whole training of one.
func Rungs(n, eta int) ([]Rung, error) {
	if n < 1 || n > MaxTrials || eta < 2 {
		return nil, fmt.Errorf("%d trials, one in %d of which goes on: expected 1 to %d, and 2 or more", n, eta, MaxTrials)
	}
	var up []Rung // from the lowest
	for ; n > 1; n = (n + eta - 1) / eta {
		up = append(up, Rung{Trials: n})
	}
	up = append(up, Rung{1, 1})
	for i, part := len(up)-2, eta; i >= 0; i, part = i-1, part*eta {
		up[i].Share = 1 / float64(min(part, leastPart))
	}
	return up, nil
}

// Score is how good a trial is so far.
type Score struct {
	Value float64 // the higher the better; -Inf for a trial that failed
	Share float64 // of its steps that were taken
}

// Search is a search under way.
type Search struct {
	Eta int // one in so many goes on
	// Fit trains a trial up to a share of its steps, and says how good it is.
	Fit func(ctx context.Context, trial int, share float64) (float64, error)
	// Over, unless nil, is asked before a trial is trained: once it says true none is begun or goes on any more.
	Over func() bool
	// Stopped, unless nil, hears of a trial that is not among the best, and of one that failed, once each.
	Stopped func(trial int) error
}

// Result is what a search found.
type Result struct {
	Best   int // the trial with the best score; -1 if all failed, or none was trained
	Scores []Score
	Cut    bool // Over ended the search before its end
}

// Run searches among trials 0 to n-1. Where scores are equal the earlier trial is the better one, so the likeliest should come
// first.
func (s *Search) Run(ctx context.Context, n int) (*Result, error) {
	rungs, err := Rungs(n, s.Eta)
	if err != nil {
		return nil, err
	}
	r := &Result{Best: -1, Scores: make([]Score, n)}
	left := make([]int, n)
	for i := range left {
		left[i], r.Scores[i].Value = i, math.Inf(-1)
	}
	for _, rung := range rungs {
		keep := min(rung.Trials, len(left))
		if err := s.stop(left[keep:]); err != nil {
			return nil, err
		}
		left = left[:keep]
		for _, i := range left {
			if r.Cut = r.Cut || s.Over != nil && s.Over(); r.Cut {
				break
			}
			v, err := s.Fit(ctx, i, rung.Share)
			if err != nil {
				return nil, err
			}
			if math.IsNaN(v) {
				v = math.Inf(-1)
			}
			r.Scores[i] = Score{v, rung.Share}
		}
		slices.SortStableFunc(left, func(a, b int) int {
			return cmp.Or(cmp.Compare(r.Scores[b].Value, r.Scores[a].Value), cmp.Compare(a, b))
		})
		fit := len(left)
		for fit > 0 && math.IsInf(r.Scores[left[fit-1]].Value, -1) {
			fit--
		}
		if err := s.stop(left[fit:]); err != nil {
			return nil, err
		}
		if left = left[:fit]; fit == 0 {
			return r, nil
		}
		if r.Best = left[0]; r.Cut {
			break
		}
	}
	return r, s.stop(left[1:])
}

func (s *Search) stop(trials []int) error {
	for _, i := range trials {
		if s.Stopped == nil {
			break
		}
		if err := s.Stopped(i); err != nil {
			return err
		}
	}
	return nil
}

package dataset

import (
	"reflect"
	"slices"
	"testing"
)

// The order must never change: a checkpoint made by an older Graft resumes with it. Written down once, by this code.
func TestOrderIsFixed(t *testing.T) {
	for _, test := range []struct {
		seed, epoch uint64
		want        []int
	}{
		{42, 0, []int{6, 2, 5, 3, 4, 7, 0, 1, 9, 8}},
		{42, 1, []int{2, 3, 9, 6, 0, 8, 7, 4, 5, 1}},
		{43, 0, []int{8, 7, 5, 2, 4, 9, 6, 3, 0, 1}},
	} {
		if got := Order(10, test.seed, test.epoch); !slices.Equal(got, test.want) {
			t.Errorf("seed %d, epoch %d: got %v, expected %v", test.seed, test.epoch, got, test.want)
		}
	}
}

// Each number must come to each place about equally often.
func TestOrderIsUniform(t *testing.T) {
	const n, draws = 8, 16000
	var count [n][n]float64
	for e := range uint64(draws) {
		for place, i := range Order(n, 7, e) {
			count[place][i]++
		}
	}
	chi := 0.0
	const expected = draws / n
	for _, row := range count {
		for _, c := range row {
			chi += (c - expected) * (c - expected) / expected
		}
	}
	const limit = 85.35 // of chi-square with (n-1)² = 49 degrees of freedom, exceeded by chance once in a thousand
	if chi > limit {
		t.Errorf("chi-square %.1f, expected at most %v", chi, limit)
	}
}

func TestSchedule(t *testing.T) {
	s := Schedule{Rows: 11, BatchRows: 2, Accumulate: 2, Seed: 5}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if s.Batches() != 6 || s.Steps() != 3 {
		t.Fatalf("%d batches, %d steps, expected 6 and 3", s.Batches(), s.Steps())
	}
	var all [][][]int
	var flat []int
	for step, batches := range s.Epoch(1, 0) {
		if step != len(all) {
			t.Fatalf("step %d after %d", step, len(all))
		}
		all = append(all, batches)
		for _, rows := range batches {
			flat = append(flat, rows...)
		}
	}
	if !slices.Equal(flat, Order(11, 5, 1)) {
		t.Errorf("rows %v, expected the epoch's order", flat)
	}
	if len(all) != 3 || len(all[0]) != 2 || len(all[2]) != 2 || len(all[2][1]) != 1 {
		t.Errorf("steps %v", all)
	}
	for step, batches := range s.Epoch(1, 2) {
		if step != 2 || !reflect.DeepEqual(batches, all[2]) {
			t.Errorf("resumed step %d sees %v, expected %v", step, batches, all[2])
		}
	}
	for _, batches := range (Schedule{Rows: 3, BatchRows: 2, Accumulate: 1, InOrder: true}).Epoch(9, 1) {
		if !reflect.DeepEqual(batches, [][]int{{2}}) {
			t.Errorf("in order: %v", batches)
		}
	}
}

func TestScheduleErrors(t *testing.T) {
	for want, s := range map[string]Schedule{
		"0 rows, expected at least 1":                            {BatchRows: 1, Accumulate: 1},
		"batch of 0 rows, expected at least 1":                   {Rows: 1, Accumulate: 1},
		"gradient_accumulation_steps is -1, expected at least 1": {Rows: 1, BatchRows: 1, Accumulate: -1},
	} {
		if err := s.Check(); err == nil || err.Error() != want {
			t.Errorf("got %v, expected %s", err, want)
		}
	}
}

package dataset

import (
	"fmt"
	"iter"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Schedule says which rows each optimiser step of a run sees. It has no state: what epoch e, step s sees is a function of
// the fields, so that a run that starts again at (e, s) sees exactly what it would have seen.
type Schedule struct {
	Rows       int    // of the training data
	BatchRows  int    // per_device_train_batch_size: rows of one batch, the last of an epoch may have fewer
	Accumulate int    // gradient_accumulation_steps: batches of one optimiser step, the last of an epoch may have fewer
	Seed       uint64 // of the order
	InOrder    bool   // rows in the file's order, as evaluation wants them
}

// Check reports fields that give no schedule.
func (s Schedule) Check() error {
	switch {
	case s.Rows < 1:
		return fmt.Errorf("%d rows, expected at least 1", s.Rows)
	case s.BatchRows < 1:
		return fmt.Errorf("batch of %d rows, expected at least 1", s.BatchRows)
	case s.Accumulate < 1:
		return fmt.Errorf("gradient_accumulation_steps is %d, expected at least 1", s.Accumulate)
	}
	return nil
}

// Batches is the number of batches of an epoch.
func (s Schedule) Batches() int { return (s.Rows + s.BatchRows - 1) / s.BatchRows }

// Steps is the number of optimiser steps of an epoch.
func (s Schedule) Steps() int { return (s.Batches() + s.Accumulate - 1) / s.Accumulate }

// Epoch yields the steps of an epoch from the given one on: the step's number in the epoch and, for each of its batches, the rows.
func (s Schedule) Epoch(epoch, from int) iter.Seq2[int, [][]int] {
	return func(yield func(int, [][]int) bool) {
		var order []int
		if s.InOrder {
			order = make([]int, s.Rows)
			for i := range order {
				order[i] = i
			}
		} else {
			order = Order(s.Rows, s.Seed, uint64(epoch))
		}
		step := 0
		for rows := range slices.Chunk(order, s.BatchRows*s.Accumulate) {
			if step >= from && !yield(step, slices.Collect(slices.Chunk(rows, s.BatchRows))) {
				return
			}
			step++
		}
	}
}

// Order is the numbers 0 to n-1 in an order that depends on seed and epoch only, and stays the same for all versions of Go:
// a Fisher-Yates shuffle with PCG-DXSM, whose stream math/rand/v2 promises to keep, and Lemire's multiplication (arXiv 1805.10941).
func Order(n int, seed, epoch uint64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	random := rand.NewPCG(seed, epoch)
	for i := n - 1; i > 0; i-- {
		j := below(random, uint64(i)+1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// below is a random number from 0 to n-1, all equally likely.
func below(random *rand.PCG, n uint64) uint64 {
	high, low := bits.Mul64(random.Uint64(), n)
	if low < n {
		for reject := -n % n; low < reject; {
			high, low = bits.Mul64(random.Uint64(), n)
		}
	}
	return high
}

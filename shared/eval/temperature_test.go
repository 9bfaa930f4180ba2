package eval

import (
	"math"
	"testing"
)

// The minimum of a flat function: scipy's search and ours agree to this, relative.
const atMinimum = 1e-6

func TestTemperatureAgainstScipy(t *testing.T) {
	for i, c := range loadBusiness(t).Temperature {
		a := answersOf(t, len(c.Probs[0]), 0, c.Labels, c.Labels, c.Probs)
		got, err := FitTemperature(a)
		if err != nil || math.Abs(got/c.Temperature-1) > atMinimum {
			t.Errorf("case %d: %v, %v, expected %v", i, got, err, c.Temperature)
		}
		after, k, err := a.Calibrate(a)
		if err != nil || k.After.LogLoss > k.LogLoss || k.N != a.Len() {
			t.Errorf("case %d: %+v, %v", i, k, err)
		}
		for j := range a.labels {
			sum, most, was := 0.0, 0, 0
			for n, p := range after.Probs(j) {
				sum += p
				if p > after.Probs(j)[most] {
					most = n
				}
				if a.Probs(j)[n] > a.Probs(j)[was] {
					was = n
				}
			}
			if math.Abs(sum-1) > exact || most != was {
				t.Fatalf("case %d, row %d: %v becomes %v", i, j, a.Probs(j), after.Probs(j))
			}
		}
	}
	right := answersOf(t, 2, 1, []int32{1, 0}, []int32{1, 0}, [][]float64{{0.4, 0.6}, {1, 0}})
	if got, err := FitTemperature(right); err != nil || got != 1/coldest {
		t.Errorf("all right: %v, %v", got, err)
	}
	chance := answersOf(t, 2, 1, []int32{1, 1}, []int32{1, 0}, [][]float64{{0.4, 0.6}, {0.9, 0.1}})
	if got, err := FitTemperature(chance); err != nil || got != 1/hottest {
		t.Errorf("worse than chance: %v, %v", got, err)
	}
	if _, err := FitTemperature(answersOf(t, 2, 1, []int32{1}, []int32{1}, nil)); err == nil {
		t.Error("fitted without probabilities")
	}
}

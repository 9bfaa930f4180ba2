package eval

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"
)

// Latency sums up how long answers took, in milliseconds.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`

	MeanInterval *Interval `json:"mean_interval,omitempty"` // by the normal distribution; nil for fewer than two
}

// LatencyOf sums up durations, one an answer. Those of a warm-up are for the caller to leave out.
func LatencyOf(took []time.Duration) Latency {
	if len(took) == 0 {
		return Latency{}
	}
	ms := make([]float64, len(took))
	sum := 0.0
	for i, d := range took {
		ms[i] = float64(d) / float64(time.Millisecond)
		sum += ms[i]
	}
	slices.Sort(ms)
	l := Latency{Mean: sum / float64(len(ms)), P50: Quantile(ms, 0.50), P90: Quantile(ms, 0.90), P95: Quantile(ms, 0.95), P99: Quantile(ms, 0.99)}
	if n := float64(len(ms)); n > 1 {
		squares := 0.0
		for _, v := range ms {
			squares += (v - l.Mean) * (v - l.Mean)
		}
		half := mathext.NormalQuantile((1+Level)/2) * math.Sqrt(squares/(n-1)/n)
		l.MeanInterval = &Interval{l.Mean - half, l.Mean + half}
	}
	return l
}

package eval

import (
	"slices"
	"time"
)

// Latency sums up how long answers took, in milliseconds.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
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
	return Latency{sum / float64(len(ms)), Quantile(ms, 0.50), Quantile(ms, 0.95), Quantile(ms, 0.99)}
}

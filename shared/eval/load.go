package eval

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// LoadOptions describe an open-loop load: requests come when they come, whether or not the earlier ones are answered, as
// users do. Latency is from the intended time of a request, so that a stall counts for all who would have waited in it.
type LoadOptions struct {
	Rate     float64       // requests a second, Poisson arrivals
	Duration time.Duration // of the arrivals
	Warmup   float64       // share of the requests, from the start, that is not counted
	Batch    int           // most waiting requests that are answered together
	Limit    time.Duration // goodput counts requests answered within it
	Seed     uint64
}

// Load is what a load has measured.
type Load struct {
	OfferedQPS  float64 `json:"offered_qps"`
	AchievedQPS float64 `json:"achieved_qps"`
	Requests    int     `json:"requests"` // counted
	Latency     Latency `json:"latency_ms"`
	Goodput     float64 `json:"goodput"` // share answered within the limit
	LimitMS     float64 `json:"limit_ms"`
	MostWaiting int     `json:"most_waiting"` // requests in the system at once
}

// mostRequests bounds a load.
const mostRequests = 1_000_000

// RunLoad offers a load to serve, which answers the requests of the numbers given, together.
func RunLoad(ctx context.Context, o LoadOptions, serve func(ctx context.Context, requests []int) error) (*Load, error) {
	if !(o.Rate > 0) || o.Duration <= 0 || o.Batch < 1 || o.Rate*o.Duration.Seconds() > mostRequests {
		return nil, fmt.Errorf("load of %v requests a second for %v in batches of %d: expected positive numbers and at most %d requests", o.Rate, o.Duration, o.Batch, mostRequests)
	}
	random := rand.New(rand.NewPCG(o.Seed, 0x6c6f6164)) // "load"
	var due []time.Duration
	for at := 0.0; ; {
		at += random.ExpFloat64() / o.Rate
		if at >= o.Duration.Seconds() {
			break
		}
		due = append(due, time.Duration(at*float64(time.Second)))
	}
	if len(due) == 0 {
		return nil, fmt.Errorf("no request of %v a second in %v", o.Rate, o.Duration)
	}
	r := &Load{OfferedQPS: o.Rate, LimitMS: float64(o.Limit) / float64(time.Millisecond)}
	first := int(o.Warmup * float64(len(due)))
	took := make([]time.Duration, len(due))
	start := time.Now()
	for next := 0; next < len(due); {
		now := time.Since(start)
		if wait := due[next] - now; wait > 0 {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(wait):
			}
			continue
		}
		waiting := next
		for waiting < len(due) && due[waiting] <= now {
			waiting++
		}
		r.MostWaiting = max(r.MostWaiting, waiting-next)
		batch := make([]int, 0, o.Batch)
		for i := next; i < min(waiting, next+o.Batch); i++ {
			batch = append(batch, i)
		}
		if err := serve(ctx, batch); err != nil {
			return nil, err
		}
		done := time.Since(start)
		for _, i := range batch {
			took[i] = done - due[i]
		}
		next += len(batch)
	}
	took = took[first:]
	within := 0
	for _, d := range took {
		if d <= o.Limit {
			within++
		}
	}
	r.Requests, r.Latency, r.Goodput = len(took), LatencyOf(took), float64(within)/float64(len(took))
	r.AchievedQPS = float64(len(took)) / max((time.Since(start)-due[first]).Seconds(), 1e-9)
	return r, nil
}

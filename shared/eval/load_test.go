package eval

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// TestRunLoad runs in a bubble whose clock is not the machine's, so the numbers are exact.
func TestRunLoad(t *testing.T) {
	serveIn := func(d time.Duration) func(context.Context, []int) error {
		return func(context.Context, []int) error { time.Sleep(d); return nil }
	}
	synctest.Test(t, func(t *testing.T) {
		o := LoadOptions{Rate: 100, Duration: 10 * time.Second, Batch: 1, Limit: 50 * time.Millisecond, Warmup: 0.1}
		r, err := RunLoad(t.Context(), o, serveIn(time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests < 800 || r.Requests > 1000 || r.Latency.P50 < 1 || r.Latency.P50 > 2 || r.Goodput != 1 || math.Abs(r.AchievedQPS-100) > 12 {
			t.Errorf("a tenth of what can be served: %+v", r)
		}
		// Half as much can be served as is asked: the queue grows, and so does the latency, though each answer takes 20 ms.
		r, err = RunLoad(t.Context(), o, serveIn(20*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.AchievedQPS-50) > 3 || r.Latency.P99 < 8000 || r.Goodput > 0.01 || r.MostWaiting < 400 {
			t.Errorf("twice what can be served: %+v", r)
		}
		o.Batch = 32
		if r, err = RunLoad(t.Context(), o, serveIn(20*time.Millisecond)); err != nil || r.Latency.P99 > 45 || r.Goodput != 1 {
			t.Errorf("in batches: %+v, %v", r, err)
		}
	})
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		o := LoadOptions{Rate: 10, Duration: time.Second, Batch: 1}
		if _, err := RunLoad(t.Context(), o, func(context.Context, []int) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := RunLoad(ctx, o, serveIn(0)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	for _, o := range []LoadOptions{{}, {Rate: 1, Duration: time.Second}, {Rate: math.NaN(), Duration: 1, Batch: 1}, {Rate: 1e9, Duration: time.Hour, Batch: 1}, {Rate: 1e-9, Duration: time.Second, Batch: 1}} {
		if _, err := RunLoad(t.Context(), o, serveIn(0)); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

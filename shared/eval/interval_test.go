package eval

import (
	"math"
	"testing"
	"time"
)

// gonum's and scipy's special functions agree to this.
const specialFunctions = 1e-12

func TestWilsonAgainstStatsmodels(t *testing.T) {
	for _, w := range load(t).Wilson {
		got := Wilson(int(w[0]), int(w[1]))
		if math.Abs(got.Low-w[2]) > specialFunctions || math.Abs(got.High-w[3]) > specialFunctions {
			t.Errorf("%v of %v: %v, expected [%v, %v]", w[0], w[1], got, w[2], w[3])
		}
	}
	for _, w := range load(t).ClopperPearson {
		got := ClopperPearson(int(w[0]), int(w[1]))
		if math.Abs(got.Low-w[2]) > specialFunctions || math.Abs(got.High-w[3]) > specialFunctions {
			t.Errorf("exact, %v of %v: %v, expected [%v, %v]", w[0], w[1], got, w[2], w[3])
		}
	}
	for _, w := range load(t).UpperBound {
		if got := UpperBound(int(w[0]), int(w[1]), w[2]); math.Abs(got-w[3]) > specialFunctions {
			t.Errorf("at most, %v of %v: %v, expected %v", w[0], w[1], got, w[3])
		}
	}
	for _, w := range load(t).Newcombe {
		got := Newcombe(int(w[0]), int(w[1]), int(w[2]), int(w[3]))
		if math.Abs(got.Low-w[4]) > specialFunctions || math.Abs(got.High-w[5]) > specialFunctions {
			t.Errorf("difference of %v: %v", w, got)
		}
	}
	if got := Wilson(0, 0); got != (Interval{0, 1}) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestQuantileAgainstNumpy(t *testing.T) {
	q := load(t).Quantiles
	percentile(q.Values) // sorts
	for i, at := range q.Q {
		if got := Quantile(q.Values, at); math.Abs(got-q.Want[i]) > exact {
			t.Errorf("%v-quantile %v, expected %v", at, got, q.Want[i])
		}
	}
	if got := Quantile(nil, 0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestBootstrapAgainstManyDraws(t *testing.T) {
	b := load(t).Bootstrap
	a := answersOf(t, 2, 1, b.Labels, b.Preds, nil)
	r, err := a.Score(Bootstrap{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// The 2.5 % quantile of 2,000 draws has a standard error of about 0.7 % of rank, here 0.002 in the value; three of them,
	// and twice that for mcc, whose interval is twice as wide.
	for name, tolerance := range map[string]float64{"f1": 0.006, "macro_f1": 0.006, "mcc": 0.012} {
		got, want := r.Intervals[name], b.Want[name]
		if math.Abs(got.Low-want[0]) > tolerance || math.Abs(got.High-want[1]) > tolerance {
			t.Errorf("%s: %v, expected about %.4f", name, got, want)
		}
	}
	again, err := a.Score(Bootstrap{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for name, i := range r.Intervals {
		if again.Intervals[name] != i {
			t.Errorf("%s: %v and then %v with the same seed", name, i, again.Intervals[name])
		}
	}
}

func TestMcNemarAgainstStatsmodels(t *testing.T) {
	for _, m := range load(t).McNemar {
		got := McNemar(int(m[0]), int(m[1]))
		if math.Abs(got.P-m[2]) > specialFunctions {
			t.Errorf("%v fixed, %v broken: p = %v, expected %v", m[0], m[1], got.P, m[2])
		}
		if got.Exact != (m[0]+m[1] < exactBelow) {
			t.Errorf("%v fixed, %v broken: exact %v", m[0], m[1], got.Exact)
		}
	}
}

func TestMidPAndHolm(t *testing.T) {
	for _, m := range load(t).MidP {
		if got := McNemar(int(m[0]), int(m[1])).MidP; math.Abs(got-m[2]) > specialFunctions {
			t.Errorf("%v fixed, %v broken: mid-p = %v, expected %v", m[0], m[1], got, m[2])
		}
	}
	if got := McNemar(12, 12); got.P != 1 || got.MidP >= 1 || got.MidP < 0.8 {
		t.Errorf("as many fixed as broken: %+v", got)
	}
	for _, h := range load(t).Holm {
		got := Holm(h[0])
		for i := range got {
			if math.Abs(got[i]-h[1][i]) > exact {
				t.Errorf("%v become %v, expected %v", h[0], got, h[1])
				break
			}
		}
	}
}

func TestCompareAndDifference(t *testing.T) {
	var labels, worse, better []int32
	for i := range int32(200) {
		labels = append(labels, i%2)
		worse = append(worse, (i+b2i(i%5 == 0))%2)
		better = append(better, (i+b2i(i%20 == 0))%2)
	}
	a := answersOf(t, 2, 1, labels, worse, nil)
	b := answersOf(t, 2, 1, labels, better, nil)
	m, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Fixed != 30 || m.Broken != 0 || m.P > 1e-6 {
		t.Errorf("got %+v", m)
	}
	f1, _ := Find("f1")
	d, err := Difference(a, b, f1, Bootstrap{})
	if err != nil {
		t.Fatal(err)
	}
	va, _ := f1.Value(a)
	vb, _ := f1.Value(b)
	if d.Delta != vb-va || d.Interval.Low < 0.05 || d.Interval.High > 0.3 || d.P > 0.01 {
		t.Errorf("got %+v", d)
	}
	if d, err := Difference(a, a, f1, Bootstrap{}); err != nil || d.Delta != 0 || d.P != 1 {
		t.Errorf("with itself: %+v, %v", d, err)
	}
	ece, _ := Find("ece")
	if _, err := Difference(a, b, ece, Bootstrap{}); err == nil {
		t.Error("a metric without its probabilities is compared")
	}
	other := answersOf(t, 2, 1, labels[1:], better[1:], nil)
	if _, err := Compare(a, other); err == nil {
		t.Error("answers to other rows are compared")
	}
	if _, err := Compare(a, answersOf(t, 2, 0, labels, better, nil)); err == nil {
		t.Error("answers with another positive class are compared")
	}
}

func b2i(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func TestLatencyOf(t *testing.T) {
	var took []time.Duration
	for i := 100; i >= 0; i-- {
		took = append(took, time.Duration(i)*time.Millisecond)
	}
	got := LatencyOf(took)
	if i := got.MeanInterval; i == nil || math.Abs(i.High-50-5.7136) > 1e-3 { // 1.96 standard errors of 0 … 100
		t.Errorf("interval of the mean %v", i)
	}
	if got.MeanInterval = nil; got != (Latency{Mean: 50, P50: 50, P90: 90, P95: 95, P99: 99}) {
		t.Errorf("got %+v", got)
	}
	if got := LatencyOf(nil); got != (Latency{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

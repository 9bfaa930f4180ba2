package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMeanOf: the interval holds the true mean about as often as it says, and is never a point.
func TestMeanOf(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	held, trials := 0, 200
	for trial := range trials {
		values := make([]float64, 60)
		for i := range values {
			values[i] = random.Float64() // mean 0.5
		}
		m, i := MeanOf(values, Bootstrap{Draws: 400, Seed: uint64(trial)})
		if i.Low <= 0.5 && 0.5 <= i.High {
			held++
		}
		if m < i.Low || m > i.High {
			t.Fatalf("mean %v outside of %v", m, i)
		}
	}
	// 95 % of 200 is 190; less than 178 happens once in a thousand times if the interval is right.
	if held < 178 {
		t.Errorf("held the mean %d of %d times", held, trials)
	}
	for _, v := range []float64{0, 1, 0.5} {
		if m, i := MeanOf([]float64{v, v, v}, Bootstrap{}); m != v || i.Low > v || i.High < v || i.High-i.Low < 0.1 {
			t.Errorf("of %v three times: %v, %v", v, m, i)
		}
	}
}

func TestPairedChange(t *testing.T) {
	before, after := make([]float64, 40), make([]float64, 40)
	for i := range before {
		before[i] = float64(i % 2)
		after[i] = before[i]
	}
	same, err := PairedChange(before, after, Bootstrap{})
	if err != nil || same.Delta != 0 || same.P != 1 || same.Interval != (Interval{}) {
		t.Errorf("the same: %+v, %v", same, err)
	}
	for i := range 10 {
		after[2*i] = 1
	}
	better, err := PairedChange(before, after, Bootstrap{})
	if err != nil || math.Abs(better.Delta-0.25) > 1e-12 || better.Interval.Low <= 0 || better.P > 0.05 {
		t.Errorf("better: %+v, %v", better, err)
	}
	if _, err := PairedChange(before, after[:3], Bootstrap{}); err == nil {
		t.Error("values of different cases are compared")
	}
}

func TestSentences(t *testing.T) {
	if r := ROUGE("睡前不看屏幕", []string{"睡前不看屏幕"}); r != [3]float64{1, 1, 1} {
		t.Errorf("the same: %v", r)
	}
	if b := BLEU("the cat sat on the mat", []string{"the cat sat on the mat"}); math.Abs(b-1) > 1e-12 {
		t.Errorf("the same: %v", b)
	}
	if b, r := BLEU("a b c d", []string{"x y z w"}), ROUGE("a b", []string{"c"}); b != 0 || r[0] != 0 {
		t.Errorf("nothing in common: %v, %v", b, r)
	}
}

package eval

import (
	"slices"
	"strings"
	"testing"
)

func TestCompareSystems(t *testing.T) {
	var labels, a, b, c []int32
	for i := range int32(300) {
		labels = append(labels, i%2)
		a = append(a, (i+b2i(i%3 == 0))%2)
		b = append(b, (i+b2i(i%30 == 1))%2)
		c = append(c, (i+b2i(i%30 == 1 || i == 2))%2)
	}
	of := func(preds []int32) *Answers { return answersOf(t, 2, 1, labels, preds, nil) }
	got, err := CompareSystems([]System{{"base", of(a)}, {"lora", of(b)}, {"full", of(c)}}, Bootstrap{Draws: 500})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Pairs) != 3 || got.N != 300 || got.Metric != "f1" {
		t.Fatalf("got %+v", got)
	}
	p := got.Pairs[0]
	if p.From != "base" || p.To != "lora" || p.McNemar.Fixed != 100 || p.McNemar.Broken != 10 || !p.Significant || p.F1.Interval.Low <= 0 || p.PHolm < p.McNemar.P {
		t.Errorf("base to lora: %+v", p)
	}
	if len(p.Fixed) != 100 || p.Fixed[1] != 3 || !slices.Equal(p.Broken, []int{1, 31, 61, 91, 121, 151, 181, 211, 241, 271}) {
		t.Errorf("fixed %v, broken %v", p.Fixed, p.Broken)
	}
	if last := got.Pairs[2]; last.Significant || last.PHolm != 1 || len(last.Broken) != 1 {
		t.Errorf("lora to full: %+v", last)
	}
	for _, bad := range [][]System{nil, {{"x", of(a)}}, {{"x", of(a)}, {"x", of(b)}}, {{"x", of(a)}, {"y", answersOf(t, 2, 1, labels[1:], a[1:], nil)}}} {
		if _, err := CompareSystems(bad, Bootstrap{Draws: 10}); err == nil {
			t.Errorf("%d systems are compared", len(bad))
		}
	}
}

func TestWithClasses(t *testing.T) {
	a := answersOf(t, 2, 0, []int32{0, 1}, []int32{1, NoAnswer}, [][]float64{{0.25, 0.75}, {0.5, 0.5}})
	b, err := a.WithClasses([]string{"b", "a"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.labels, []int32{1, 0}) || !slices.Equal(b.preds, []int32{0, NoAnswer}) || !slices.Equal(b.Probs(0), []float64{0.75, 0.25}) || b.positive != 1 {
		t.Errorf("got %+v", b)
	}
	if _, err := a.WithClasses([]string{"a", "c"}); err == nil || !strings.Contains(err.Error(), `class "b"`) {
		t.Errorf("got %v", err)
	}
}

package eval

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// fixtures are made by testdata/make.py with scikit-learn, scipy, statsmodels and torchmetrics.
type fixtures struct {
	Cases []struct {
		Name              string
		Classes, Positive int
		Labels, Preds     []int32
		Probs             [][]float64
		Want              map[string]*float64 // nil: not defined
		Confusion         [][]int
		PerClass          [][4]float64 `json:"per_class"`
	}
	Wilson         [][4]float64
	ClopperPearson [][4]float64 `json:"clopper_pearson"`
	UpperBound     [][4]float64 `json:"upper_bound"`
	Newcombe       [][6]float64
	McNemar        [][3]float64
	MidP           [][3]float64 `json:"mid_p"`
	Holm           [][2][]float64
	Quantiles      struct{ Values, Q, Want []float64 }
	Bootstrap      struct {
		Labels, Preds []int32
		Want          map[string][2]float64
	}
}

func load(t *testing.T) (f fixtures) {
	t.Helper()
	data, err := os.ReadFile("testdata/metrics.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// Both sides compute in float64 from the same counts and probabilities; only the order of sums differs.
const exact = 1e-12

var names = []string{"a", "b", "c", "d", "e"}

func answersOf(t *testing.T, classes, positive int, labels, preds []int32, probs [][]float64) *Answers {
	t.Helper()
	a, err := NewAnswers(names[:classes], names[positive])
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range labels {
		var p []float64
		if probs != nil {
			p = probs[i]
		}
		if err := a.Add(l, preds[i], p); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestMetricsAgainstScikitLearn(t *testing.T) {
	for _, c := range load(t).Cases {
		t.Run(c.Name, func(t *testing.T) {
			a := answersOf(t, c.Classes, c.Positive, c.Labels, c.Preds, c.Probs)
			r, err := a.Score(Bootstrap{Draws: 50})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range Metrics {
				want, ok := c.Want[m.Name]
				got, have := r.Values[m.Name]
				i, interval := r.Intervals[m.Name]
				switch {
				case ok != have:
					t.Errorf("%s: in the fixture %v, in the result %v", m.Name, ok, have)
				case !ok:
				case want == nil:
					if !math.IsNaN(got) || interval {
						t.Errorf("%s is %v %v, expected to be undefined", m.Name, got, i)
					}
				case !(math.Abs(got-*want) <= exact):
					t.Errorf("%s is %v, expected %v", m.Name, got, *want)
				case m.ofAll == nil && m.ofCounts == nil && !interval && c.Classes == 2:
					t.Errorf("%s has no interval", m.Name)
				case interval && !(i.Low <= i.High):
					t.Errorf("%s: interval %v", m.Name, i)
				}
			}
			if !reflect.DeepEqual(r.Confusion, c.Confusion) {
				t.Errorf("confusion %v, expected %v", r.Confusion, c.Confusion)
			}
			for i, want := range c.PerClass {
				x := r.Classes[i]
				got := [4]float64{x.Precision, x.Recall, x.F1, float64(x.Support)}
				for j := range got {
					if math.Abs(got[j]-want[j]) > exact {
						t.Errorf("class %d is %v, expected %v", i, got, want)
						break
					}
				}
			}
		})
	}
}

func TestMetricTable(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Metrics {
		kinds := 0
		for _, is := range []bool{m.ofCounts != nil, m.ofAnswer != nil, m.ofAreas != nil, m.ofAll != nil} {
			if is {
				kinds++
			}
		}
		if kinds != 1 || seen[m.Name] {
			t.Errorf("%s: %d kinds, seen before %v", m.Name, kinds, seen[m.Name])
		}
		seen[m.Name] = true
		if found, ok := Find("eval_" + m.Name); !ok || found.Name != m.Name {
			t.Errorf("%s is not found", m.Name)
		}
	}
	if _, ok := Find("accurracy"); ok {
		t.Error("found what is not there")
	}
	if !slices.Contains(Names(), "mcc") {
		t.Errorf("names %v", Names())
	}
}

func TestAnswersErrors(t *testing.T) {
	if _, err := NewAnswers(nil, ""); err == nil {
		t.Error("no class is accepted")
	}
	if _, err := NewAnswers([]string{"a", "b"}, "c"); err == nil || !strings.Contains(err.Error(), `"c" is not known`) {
		t.Errorf("unknown positive class: %v", err)
	}
	for _, test := range []struct {
		label, pred int32
		probs       []float64
		want        string
	}{
		{2, 0, nil, "answer 1: label 2, expected 0 to 1"},
		{0, -2, nil, "answer 1: prediction -2, expected 0 to 1"},
		{0, 0, []float64{1}, "answer 1: 1 probabilities, expected 2"},
		{0, 0, nil, "answer 1: probabilities with some answers and not with others"},
		{0, 0, []float64{math.NaN(), 1}, "answer 1: probability NaN, expected 0 to 1"},
		{0, 0, []float64{0.5, 0.4}, "answer 1: probabilities sum to 0.9, expected 1"},
	} {
		a, _ := NewAnswers([]string{"a", "b"}, "")
		if err := a.Add(0, 1, []float64{0.4, 0.6}); err != nil {
			t.Fatal(err)
		}
		if err := a.Add(test.label, test.pred, test.probs); err == nil || err.Error() != test.want {
			t.Errorf("got %v, expected %s", err, test.want)
		}
		if a.Len() != 1 {
			t.Errorf("%s: the answer is kept", test.want)
		}
	}
	a, _ := NewAnswers([]string{"a", "b"}, "")
	if _, err := a.Score(Bootstrap{}); err == nil {
		t.Error("no answers are scored")
	}
}

func TestReliability(t *testing.T) {
	a := answersOf(t, 2, 1, []int32{0, 1, 1}, []int32{1, 1, 1}, [][]float64{{0, 1}, {0.25, 0.75}, {0.2, 0.8}})
	bins := a.Reliability()
	if len(bins) != calibrationBins || bins[14] != (Bin{14.0 / 15, 1, 1, 0, 1, 0}) || bins[11].N != 2 || bins[11].Accuracy != 1 {
		t.Errorf("bins %+v", bins)
	}
	if b := answersOf(t, 2, 1, []int32{0}, []int32{0}, nil).Reliability(); b != nil {
		t.Errorf("without probabilities: %v", b)
	}
}

package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
)

// business.json is made by testdata/make_business.py with scipy and statsmodels.
type business struct {
	Selective []struct {
		Confidence []float64
		Right      []bool
		AURC       float64
		EAURC      float64 `json:"e_aurc"`
		AUGRC      float64
		Tied       bool
	}
	Temperature []struct {
		Labels      []int32
		Probs       [][]float64
		Temperature float64
	}
	Experiments []struct {
		N1, C1, N2, C2 int
		Ratio          [2]float64
		P, SRM         float64
		SRM2To1        float64 `json:"srm_2_to_1"`
	}
}

func loadBusiness(t *testing.T) (b business) {
	t.Helper()
	data, err := os.ReadFile("testdata/business.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// sure makes answers of two classes, of given confidence, right or wrong.
func sure(t *testing.T, confidence []float64, right []bool) *Answers {
	t.Helper()
	var labels, preds []int32
	var probs [][]float64
	for i, c := range confidence {
		preds, probs = append(preds, 1), append(probs, []float64{1 - c, c})
		labels = append(labels, b2i(right[i]))
	}
	return answersOf(t, 2, 1, labels, preds, probs)
}

// The fixture's areas of ties are means over 20,000 random orders.
const randomOrders = 2e-4

func TestSelectiveAgainstDefinition(t *testing.T) {
	for i, c := range loadBusiness(t).Selective {
		s := sure(t, c.Confidence, c.Right).Selective()
		tolerance := exact
		if c.Tied {
			tolerance = randomOrders
		}
		if math.Abs(s.AURC-c.AURC) > tolerance || math.Abs(s.EAURC-c.EAURC) > tolerance || math.Abs(s.AUGRC-c.AUGRC) > tolerance {
			t.Errorf("case %d: %v %v %v, expected %v %v %v", i, s.AURC, s.EAURC, s.AUGRC, c.AURC, c.EAURC, c.AUGRC)
		}
		if last := s.Curve[len(s.Curve)-1]; last.Coverage != 1 {
			t.Errorf("case %d: the curve ends at %v", i, last)
		}
		for _, b := range s.Budgets {
			if n := len(c.Confidence); float64(n-b.Accepted) > b.ReviewRate*float64(n)+1e-9 {
				t.Errorf("case %d: %d of %d reviewed with a budget of %v", i, n-b.Accepted, n, b.ReviewRate)
			}
		}
	}
	if answersOf(t, 2, 1, []int32{0}, []int32{0}, nil).Selective() != nil {
		t.Error("selective without probabilities")
	}
}

func TestThreshold(t *testing.T) {
	var confidence []float64
	var right []bool
	for i := range 2000 { // the less sure fifth is wrong half of the time, the rest 1 in 100
		c := 0.5 + float64(i%1000)/2000
		confidence = append(confidence, c)
		right = append(right, i%1000 < 200 && i%2 == 0 || i%1000 >= 200 && i%100 != 99)
	}
	a := sure(t, confidence, right)
	got, err := a.Threshold(ThresholdGoal{MaxError: 0.03})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Found || got.Threshold < 0.58 || got.Threshold > 0.62 || got.ErrorBound > 0.03 || got.ErrorBound <= got.ErrorRate || got.ReviewBound <= got.ReviewRate {
		t.Errorf("at most 3 %% errors: %+v", got)
	}
	if got, _ := a.Threshold(ThresholdGoal{MaxError: 0.001}); got.Found {
		t.Errorf("1 in 1000 cannot be kept: %+v", got)
	}
	got, _ = a.Threshold(ThresholdGoal{MaxReview: 0.05})
	if !got.Found || got.ReviewBound > 0.05 || got.Threshold < 0.5 || got.Threshold > 0.52 {
		t.Errorf("at most 5 %% reviewed: %+v", got)
	}
	if got, _ := a.Threshold(ThresholdGoal{MaxError: 0.03, MaxReview: 0.05}); got.Found {
		t.Errorf("both cannot be kept: %+v", got)
	}
	on := got.Apply(a)
	if on.ReviewRate != got.ReviewRate || on.ErrorRate != got.ErrorRate {
		t.Errorf("on the same rows %+v, chosen as %+v", on, got)
	}
	for _, goal := range []ThresholdGoal{{}, {MaxError: 1.5}, {MaxReview: -1}, {MaxError: 0.1, Delta: 1}} {
		if _, err := a.Threshold(goal); err == nil {
			t.Errorf("goal %+v is accepted", goal)
		}
	}
	if shares := a.Shares(0.6); shares[1].Coverage < 0.79 || shares[1].Coverage > 0.81 || shares[0].Coverage != 0 {
		t.Errorf("shares %+v", shares)
	}
}

// log writes an experiment's log.
func logOf(n1, c1, n2, c2 int) string {
	var b strings.Builder
	b.WriteString("user,variant,converted,reviewed\n")
	for arm, x := range [2][2]int{{n1, c1}, {n2, c2}} {
		for i := range x[0] {
			fmt.Fprintf(&b, "u%d_%d,%s,%d,%d\n", arm, i, []string{"control", "graft"}[arm], b2i(i < x[1]), b2i(i%25 == 0))
		}
	}
	return b.String()
}

func TestFeedbackAgainstStatsmodels(t *testing.T) {
	for _, e := range loadBusiness(t).Experiments {
		r, err := ReadRecords(strings.NewReader(logOf(e.N1, e.C1, e.N2, e.C2)), "log.csv")
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.Feedback(FeedbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if u := f.Uplift; math.Abs(u.P-e.P) > specialFunctions || math.Abs(u.RelativeInterval.Low-e.Ratio[0]) > specialFunctions || math.Abs(u.RelativeInterval.High-e.Ratio[1]) > specialFunctions {
			t.Errorf("%+v: uplift %+v %v", e, u, *u.RelativeInterval)
		}
		if math.Abs(f.SRM.P-e.SRM) > specialFunctions || f.SRM.Mismatch != (e.SRM < 0.001) {
			t.Errorf("%+v: sample ratio %+v", e, f.SRM)
		}
		if _, measured := f.Measures()["conversion_uplift"]; measured == f.SRM.Mismatch {
			t.Errorf("an uplift is told: %v, with a mismatch: %v", measured, f.SRM.Mismatch)
		}
		f, err = r.Feedback(FeedbackOptions{Split: []float64{2, 1}})
		if err != nil || math.Abs(f.SRM.P-e.SRM2To1) > specialFunctions {
			t.Errorf("%+v: of 2 to 1 %+v, %v", e, f.SRM, err)
		}
		if f.Review == nil || math.Abs(f.Review.Value-0.04) > 0.005 {
			t.Errorf("reviewed %+v", f.Review)
		}
	}
	// the table of evaluation.md: users for +10 % relative
	for rate, want := range map[float64]int{0.02: 80681, 0.05: 31233, 0.10: 14751, 0.20: 6509, 0.30: 3762} {
		if got := usersPerArm(rate, 0.1); got < want-3 || got > want+3 {
			t.Errorf("users for a rate of %v: %d, expected %d", rate, got, want)
		}
	}
}

func TestFeedbackLogs(t *testing.T) {
	for _, test := range []struct {
		name, data string
		o          FeedbackOptions
		want       string // of the error, or "arms" of the result
	}{
		{"one user, several rows", "user,arm,conversion\n1,a,0\n1,a,1\n2,b,0\n3,a,1\n3,b,1\n", FeedbackOptions{}, "a 1/1 b 0/1, 1 in both"},
		{"no users", "variant,converted\nx,yes\nx,no\ny,true\n", FeedbackOptions{Control: "y"}, "y 1/1 x 1/2, 0 in both"},
		{"which control", "variant,converted\nx,1\ny,1\n", FeedbackOptions{}, `which of "x" and "y" is the control`},
		{"no such control", "variant,converted\nx,1\ny,1\n", FeedbackOptions{Control: "z"}, `no arm "z"`},
		{"three arms", "variant,converted\nx,1\ny,1\nz,0\n", FeedbackOptions{}, "3 arms, expected two"},
		{"no number", "variant,converted\na,maybe\nb,1\n", FeedbackOptions{}, `log.csv:2: converted is "maybe", expected 0 or 1`},
		{"no arm", "variant,converted\n,1\nb,1\n", FeedbackOptions{}, "log.csv:2: variant is empty"},
		{"no columns", "a,b\n1,2\n", FeedbackOptions{}, `expected the columns "variant" and "converted"`},
		{"split", "variant,converted\na,1\nb,1\n", FeedbackOptions{Split: []float64{1}}, "expected two positive shares"},
	} {
		r, err := ReadRecords(strings.NewReader(test.data), "log.csv")
		if err != nil {
			t.Fatal(err)
		}
		f, err := r.Feedback(test.o)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%s %d/%d %s %d/%d, %d in both", f.Arms[0].Name, f.Arms[0].Converted, f.Arms[0].Users, f.Arms[1].Name, f.Arms[1].Converted, f.Arms[1].Users, f.UsersIn2)
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, expected %s", test.name, got, test.want)
		}
	}
}

func FuzzFeedback(f *testing.F) {
	f.Add("user,variant,converted\n1,a,1\n2,b,0\n")
	f.Add("reviewed\n1\n0\n")
	f.Fuzz(func(t *testing.T, data string) {
		r, err := ReadRecords(strings.NewReader(data), "log.csv")
		if err != nil {
			return
		}
		if f, err := r.Feedback(FeedbackOptions{}); err == nil {
			if _, err := json.Marshal(f); err != nil {
				t.Error(err)
			}
		}
	})
}

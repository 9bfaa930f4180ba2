package generate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// transformers rounds each processor's result to float32 and so do we; the softmax after it is in float64 on both sides.
const rounding = 2e-6

func TestDistributionAgainstTransformers(t *testing.T) {
	data, err := os.ReadFile("testdata/sampler.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Prompt []int32
		Logits map[string][]*float32
		Cases  []struct {
			Logits  string
			Options struct {
				Temperature       float64
				TopK              int     `json:"top_k"`
				TopP              float64 `json:"top_p"`
				MinP              float64 `json:"min_p"`
				RepetitionPenalty float64 `json:"repetition_penalty"`
			}
			Probs []float64
		}
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Cases {
		t.Run(fmt.Sprintf("%s %+v", c.Logits, c.Options), func(t *testing.T) {
			var logits []float32
			for _, l := range f.Logits[c.Logits] {
				if l == nil {
					logits = append(logits, float32(math.Inf(-1)))
				} else {
					logits = append(logits, *l)
				}
			}
			before := slices.Clone(logits)
			o := Sampling{Temperature: c.Options.Temperature, TopK: c.Options.TopK, TopP: c.Options.TopP, MinP: c.Options.MinP,
				RepetitionPenalty: c.Options.RepetitionPenalty}
			if o.Temperature == 0 {
				o.Temperature = 1 // not given
			}
			if err := o.Check(); err != nil {
				t.Fatal(err)
			}
			candidates, err := NewSampler(o, f.Prompt).Distribution(logits)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]float64, len(logits))
			for _, c := range candidates {
				got[c.ID] = c.P
			}
			for i, want := range c.Probs {
				if math.Abs(got[i]-want) > rounding || (got[i] == 0) != (want == 0) {
					t.Errorf("token %d: %v, expected %v", i, got[i], want)
				}
			}
			if !slices.Equal(logits, before) {
				t.Error("the logits were changed")
			}
		})
	}
}

func TestGreedy(t *testing.T) {
	for _, test := range []struct {
		o      Sampling
		prompt []int32
		logits []float32
		want   int32
	}{
		{Sampling{}, nil, []float32{1, 3, 3, 2}, 1},
		{Sampling{}, nil, []float32{-5, -4}, 1},
		{Sampling{RepetitionPenalty: 2}, []int32{1, 1}, []float32{2, 3, 1}, 0},   // 3/2
		{Sampling{RepetitionPenalty: 2}, []int32{0}, []float32{-1, -1.5, -3}, 1}, // -1·2
		{Sampling{RepetitionPenalty: 2}, []int32{9, -1}, []float32{1, 2}, 1},     // ids of no token
	} {
		got, err := NewSampler(test.o, test.prompt).Next(test.logits)
		if err != nil || got != test.want {
			t.Errorf("%+v of %v: %d, %v, expected %d", test.o, test.logits, got, err, test.want)
		}
	}
}

// What is chosen counts as said: with a high penalty no token comes twice.
func TestPenaltyCountsChoices(t *testing.T) {
	s := NewSampler(Sampling{RepetitionPenalty: 100}, []int32{3})
	var got []int32
	for range 3 {
		id, err := s.Next([]float32{4, 3, 2, 5})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, id)
	}
	if !slices.Equal(got, []int32{0, 1, 2}) {
		t.Errorf("got %v", got)
	}
}

func TestChoicesFollowTheDistribution(t *testing.T) {
	logits := []float32{0, float32(math.Log(2)), float32(math.Log(5)), float32(math.Inf(-1))}
	want := []float64{1. / 8, 2. / 8, 5. / 8, 0}
	const draws = 20000
	count := make([]float64, len(logits))
	s := NewSampler(Sampling{Temperature: 1, Seed: 11}, nil)
	for range draws {
		id, err := s.Next(logits)
		if err != nil {
			t.Fatal(err)
		}
		count[id]++
	}
	for i, w := range want {
		deviation := math.Sqrt(w * (1 - w) / draws)
		if math.Abs(count[i]/draws-w) > 4*deviation {
			t.Errorf("token %d came %v times of %d, expected %v", i, count[i], draws, w*draws)
		}
	}
}

func TestSeed(t *testing.T) {
	choices := func(seed uint64) (ids []int32) {
		s := NewSampler(Sampling{Temperature: 2, TopP: 0.9, Seed: seed}, nil)
		for range 20 {
			id, err := s.Next([]float32{1, 2, 3, 2, 1, 0})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	if !slices.Equal(choices(5), choices(5)) || slices.Equal(choices(5), choices(6)) {
		t.Errorf("seed 5: %v and %v, seed 6: %v", choices(5), choices(5), choices(6))
	}
}

// The selection must find what sorting finds, among many equals too.
func TestKth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for n := 2; n < 60; n++ {
		s := &Sampler{logits: make([]float32, n)}
		for i := range s.logits {
			s.logits[i] = float32(random.IntN(n/2 + 1))
		}
		sorted := slices.Clone(s.logits)
		slices.Sort(sorted)
		for k := 1; k < n; k++ {
			if got := s.kth(k); got != sorted[n-k] {
				t.Fatalf("number %d of %v is %v, expected %v", k, s.logits, got, sorted[n-k])
			}
		}
	}
}

// The short cut of nucleus must not drop what belongs to it: held to the definition on flat and peaked distributions.
func TestNucleusKeepsTheFewest(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	for _, spread := range []float64{0, 0.1, 1, 5} {
		logits := make([]float32, 500)
		for i := range logits {
			logits[i] = float32(spread * random.NormFloat64())
		}
		all, err := NewSampler(Sampling{Temperature: 1}, nil).Distribution(logits)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []float64{0.01, 0.5, 0.9, 0.99} {
			kept, err := NewSampler(Sampling{Temperature: 1, TopP: p}, nil).Distribution(logits)
			if err != nil {
				t.Fatal(err)
			}
			mass, last := 0.0, 1.0
			for _, c := range kept {
				mass += all[c.ID].P
				last = min(last, all[c.ID].P)
			}
			if mass < p-1e-9 || mass-last >= p+1e-9 {
				t.Errorf("spread %v, top_p %v: %d tokens of %v together, the last of %v", spread, p, len(kept), mass, last)
			}
		}
	}
}

func TestSamplerErrors(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		logits []float32
		want   error
	}{
		{[]float32{1, nan}, errNaN}, {[]float32{inf, 1}, errNaN}, {[]float32{-inf, -inf}, errForbidden}, {nil, errForbidden},
	} {
		for _, o := range []Sampling{{}, {Temperature: 1, TopK: 1}} {
			if _, err := NewSampler(o, nil).Next(test.logits); !errors.Is(err, test.want) {
				t.Errorf("%v: got %v, expected %v", test.logits, err, test.want)
			}
		}
	}
	for _, o := range []Sampling{{Temperature: -1}, {Temperature: math.NaN()}, {TopK: -1}, {TopP: 1.1}, {TopP: math.NaN()}, {MinP: -0.1}, {RepetitionPenalty: -2}, {RepetitionPenalty: math.Inf(1)}} {
		if err := o.Check(); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 3))
	logits := make([]float32, 128256)
	for i := range logits {
		logits[i] = float32(3 * random.NormFloat64())
	}
	for name, o := range map[string]Sampling{"greedy": {}, "temperature": {Temperature: 0.8}, "top_k": {Temperature: 0.8, TopK: 50},
		"top_p": {Temperature: 0.8, TopP: 0.95}, "all": {Temperature: 0.8, TopK: 50, TopP: 0.95, MinP: 0.05, RepetitionPenalty: 1.1}} {
		b.Run(name, func(b *testing.B) {
			s := NewSampler(o, []int32{1, 2, 3})
			for b.Loop() {
				if _, err := s.Next(logits); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

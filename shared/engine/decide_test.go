package engine_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"graft/shared/api"
	"graft/shared/engine"
	"graft/shared/tensor"
)

// decideTolerance is of log-probabilities that two orders of the same float32 sums lead to.
const decideTolerance = 1e-4

// spelled is the log-probability of tokens after a prompt, fed one by one to a session of their own.
func spelled(t *testing.T, b *engine.Base, prompt, tokens []int32) float64 {
	t.Helper()
	s, err := b.Session(nil, len(prompt)+len(tokens), tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sum := 0.0
	for i := range tokens {
		var logits []float32
		if i == 0 {
			logits, err = s.Feed(t.Context(), prompt)
		} else {
			logits, err = s.Feed(t.Context(), tokens[i-1:i])
		}
		if err != nil {
			t.Fatal(err)
		}
		norm := 0.0
		for _, l := range logits {
			norm += math.Exp(float64(l))
		}
		sum += float64(logits[tokens[i]]) - math.Log(norm)
	}
	return sum
}

// TestDecide holds decisions to scoring each choice by itself, token by token.
func TestDecide(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	g := b.Generator(nil, tensor.F32)
	defer g.Close()
	const prompt = "公司净利润。"
	for _, test := range []struct {
		choices   []string
		normalize string
	}{
		{[]string{"增长", "下滑"}, ""},
		{[]string{"增长", "下滑了许多", "持平"}, "tokens"},
		{[]string{"增长", "下滑了许多", "持平"}, "bytes"},
	} {
		got, err := g.Decide(t.Context(), api.DecideRequest{Prompt: prompt, Choices: test.choices, Normalize: test.normalize})
		if err != nil {
			t.Fatal(err)
		}
		ids := b.Tokenizer.Encode(prompt, true).IDs
		want, sum, mass := make([]float64, len(test.choices)), 0.0, 0.0
		for i, c := range test.choices {
			whole := b.Tokenizer.Encode(prompt+c, true).IDs
			if !slices.Equal(whole[:len(ids)], ids) {
				t.Fatalf("%q is divided otherwise behind the prompt", c)
			}
			tokens := whole[len(ids):]
			l := spelled(t, b, ids, tokens)
			if math.Abs(l-got.Choices[i].LogProb) > decideTolerance || got.Choices[i].Tokens != len(tokens) {
				t.Errorf("%s: log-probability %v of %d tokens, expected %v of %d", c, got.Choices[i].LogProb, got.Choices[i].Tokens, l, len(tokens))
			}
			mass += math.Exp(l)
			switch test.normalize {
			case "tokens":
				l /= float64(len(tokens))
			case "bytes":
				l /= float64(len(c))
			}
			want[i] = math.Exp(l)
			sum += want[i]
		}
		best := 0
		for i := range want {
			if math.Abs(want[i]/sum-got.Choices[i].Probability) > decideTolerance {
				t.Errorf("%s by %q: probability %v, expected %v", test.choices[i], test.normalize, got.Choices[i].Probability, want[i]/sum)
			}
			if want[i] > want[best] {
				best = i
			}
		}
		if got.Choice != test.choices[best] || math.Abs(got.Mass-mass) > decideTolerance || got.Probability != got.Choices[best].Probability {
			t.Errorf("chose %q with mass %v, expected %q with %v", got.Choice, got.Mass, test.choices[best], mass)
		}
	}
}

// TestDecideExcludes: a choice that begins another is said where the other is not, and a scale has its expectation.
func TestDecideExcludes(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	g := b.Generator(nil, tensor.F32)
	defer g.Close()
	const prompt = "公司净利润。"
	ids := b.Tokenizer.Encode(prompt, true).IDs
	var texts []string // whose tokens begin each other
	tokens := b.Tokenizer.Encode(prompt+"下滑了许多", true).IDs[len(ids):]
	if len(tokens) < 3 {
		t.Fatalf("%d tokens, expected 3 to cut", len(tokens))
	}
	for n := 1; n <= 3; n++ {
		text := b.Tokenizer.Decode(tokens[:n], true)
		if again := b.Tokenizer.Encode(prompt+text, true).IDs; len(again) != len(ids)+n {
			t.Fatalf("%q is not %d tokens", text, n)
		}
		texts = append(texts, text)
	}
	got, err := g.Decide(t.Context(), api.DecideRequest{Prompt: prompt, Choices: texts, Values: []float64{1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	p := []float64{math.Exp(spelled(t, b, ids, tokens[:1])), math.Exp(spelled(t, b, ids, tokens[:2])), math.Exp(spelled(t, b, ids, tokens[:3]))}
	want := []float64{(p[0] - p[1]) / p[0], (p[1] - p[2]) / p[0], p[2] / p[0]}
	expectation := 0.0
	for i := range want {
		expectation += want[i] * float64(i+1)
		if math.Abs(want[i]-got.Choices[i].Probability) > decideTolerance {
			t.Errorf("%s: probability %v, expected %v", texts[i], got.Choices[i].Probability, want[i])
		}
	}
	if got.Expectation == nil || math.Abs(*got.Expectation-expectation) > decideTolerance || got.Passes != 3 {
		t.Errorf("expectation %v in %d passes, expected %v in 3", got.Expectation, got.Passes, expectation)
	}
	again, err := g.Decide(t.Context(), api.DecideRequest{Prompt: prompt, Choices: []string{texts[0], "增"}})
	if err != nil || again.Passes > 2 {
		t.Errorf("%d passes, %v", again.Passes, err)
	}
	for want, r := range map[string]api.DecideRequest{
		"1 choices":          {Prompt: prompt, Choices: []string{"a"}},
		"2 values":           {Prompt: prompt, Choices: []string{"a", "b", "c"}, Values: []float64{1, 2}},
		"are the same":       {Prompt: prompt, Choices: []string{"a", "a"}},
		"choice 2 is empty":  {Prompt: prompt, Choices: []string{"a", ""}},
		"normalize is":       {Prompt: prompt, Choices: []string{"a", "b"}, Normalize: "words"},
		"prompt is empty":    {Choices: []string{"a", "b"}},
		"prompt and choice ": {Prompt: strings.Repeat("公司", 2000), Choices: []string{"a", "b"}},
	} {
		if _, err := g.Decide(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, expected %q", err, want)
		}
	}
}

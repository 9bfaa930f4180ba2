package trial

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"graft/shared/eval"
	"graft/shared/prompt"
)

func equals(c *checking, a *Assertion) (verdict, error) {
	switch a.Value.(type) {
	case *prompt.Object, []any:
		v, err := prompt.ParseJSON([]byte(c.answer.Text))
		return say(err == nil && prompt.Equal(v, a.Value), "expected %.80s, got %.80q", prompt.FormatJSON(a.Value, 0), c.answer.Text), nil
	}
	return say(c.answer.Text == said(a.Value), "expected %.80q, got %.80q", said(a.Value), c.answer.Text), nil
}

// How many of a value's texts must be there.
func all(found, of int) bool  { return found == of }
func one(found, of int) bool  { return found > 0 }
func each(found, of int) bool { return found == of }

func contains(enough func(found, of int) bool, fold bool) func(*checking, *Assertion) (verdict, error) {
	return func(c *checking, a *Assertion) (verdict, error) {
		answer, want := c.answer.Text, texts(a.Value)
		if fold {
			answer = strings.ToLower(answer)
		}
		var missing []string
		for _, w := range want {
			look := w
			if fold {
				look = strings.ToLower(w)
			}
			if !strings.Contains(answer, look) {
				missing = append(missing, w)
			}
		}
		return say(enough(len(want)-len(missing), len(want)), "%.120q is not in the answer", missing), nil
	}
}

func startsWith(c *checking, a *Assertion) (verdict, error) {
	return say(strings.HasPrefix(c.answer.Text, said(a.Value)), "expected the beginning %.80q, got %.80q", said(a.Value), c.answer.Text), nil
}

func matches(c *checking, a *Assertion) (verdict, error) {
	e, err := regexp.Compile(prompt.GoPattern(said(a.Value)))
	if err != nil {
		return verdict{}, err
	}
	return say(e.MatchString(c.answer.Text), "nothing matches %s", e), nil
}

// maxCompared is the longest text whose distance to another is computed, in characters: the work grows with its square.
const maxCompared = 20_000

func levenshtein(c *checking, a *Assertion) (verdict, error) {
	want := said(a.Value)
	longest := max(utf8.RuneCountInString(want), utf8.RuneCountInString(c.answer.Text), 1)
	if longest > maxCompared {
		return verdict{}, fmt.Errorf("a text of %d characters, expected %d at most", longest, maxCompared)
	}
	most, n := 5.0, float64(prompt.Distance(want, c.answer.Text)) // promptfoo's default
	if a.Threshold != nil {
		most = *a.Threshold
	}
	return verdict{n <= most, 1 - n/float64(longest), fmt.Sprintf("distance is %g, expected at most %g", n, most)}, nil
}

// least is an assertion's threshold, or the one promptfoo takes.
func (a *Assertion) least(usual float64) float64 {
	if a.Threshold != nil {
		return *a.Threshold
	}
	return usual
}

func rouge(c *checking, a *Assertion) (verdict, error) {
	return graded(eval.ROUGE(c.answer.Text, texts(a.Value))[0], a.least(0.75), "ROUGE-1"), nil
}

func bleu(c *checking, a *Assertion) (verdict, error) {
	return graded(eval.BLEU(c.answer.Text, texts(a.Value)), a.least(0.5), "BLEU"), nil
}

// errNoEmbedder is of a test that compares meanings without a model that can.
var errNoEmbedder = errors.New("no model for sentence vectors is named")

func similar(c *checking, a *Assertion) (verdict, error) {
	if c.similar == nil {
		return verdict{}, errNoEmbedder
	}
	if c.answer.Text == "" {
		return verdict{reason: "the answer is empty"}, nil
	}
	v, err := c.similar.Embed(c.ctx, append([]string{c.answer.Text}, texts(a.Value)...))
	if err != nil {
		return verdict{}, err
	}
	best := -1.0
	for _, w := range v[1:] {
		best = max(best, cosine(v[0], w))
	}
	return graded(best, a.least(0.75), "similarity"), nil
}

func cosine(a, b []float32) float64 {
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// wordCount counts words, a Chinese character as one.
func wordCount(c *checking, a *Assertion) (verdict, error) {
	n, inside := 0, false
	for _, r := range c.answer.Text {
		switch {
		case unicode.Is(unicode.Han, r):
			n, inside = n+1, false
		case unicode.IsSpace(r):
			inside = false
		case !inside && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			n, inside = n+1, true
		}
	}
	if want, ok := a.Value.(float64); ok {
		return say(float64(n) == want, "%d words, expected %g", n, want), nil
	}
	o, _ := a.Value.(*prompt.Object)
	low, _ := number(o, "min")
	high, ok := number(o, "max")
	if !ok {
		high = math.Inf(1)
	}
	return say(float64(n) >= low && float64(n) <= high, "%d words, expected %g to %g", n, low, high), nil
}

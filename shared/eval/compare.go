package eval

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/combin"
)

// McNemarTest compares the errors of two systems on the same rows.
type McNemarTest struct {
	Fixed  int     `json:"fixed"`  // rows that the first has wrong and the second right
	Broken int     `json:"broken"` // the other way round
	P      float64 `json:"p"`      // two-sided
	MidP   float64 `json:"mid_p"`  // exact, less half the chance of what was seen: less cautious (Fagerland et al. 2013)
	Exact  bool    `json:"exact"`  // P is by the binomial distribution, otherwise χ² with continuity correction
}

// exactBelow is the number of differing rows from which χ² is close enough to the exact test.
const exactBelow = 25

// McNemar tests whether two systems err equally often.
func McNemar(fixed, broken int) McNemarTest {
	t := McNemarTest{Fixed: fixed, Broken: broken, P: 1, MidP: 1, Exact: fixed+broken < exactBelow}
	n, low := float64(fixed+broken), float64(min(fixed, broken))
	if n == 0 {
		return t
	}
	seen := math.Exp(combin.LogGeneralizedBinomial(n, low) - n*math.Ln2) // P(X = low), X ~ Binomial(n, ½)
	if fixed == broken {
		t.MidP = 1 - seen
		return t
	}
	both := 2 * mathext.RegIncBeta(n-low, low+1, 0.5) // twice P(X ≤ low)
	t.MidP = both - seen
	switch {
	case t.Exact:
		t.P = min(1, both)
	default:
		d := math.Abs(float64(fixed-broken)) - 1
		t.P = math.Erfc(math.Sqrt(d * d / n / 2)) // upper tail of χ² with one degree of freedom
	}
	return t
}

// same reports what makes two sets of answers not comparable.
func same(a, b *Answers) error {
	switch {
	case a.Len() == 0:
		return fmt.Errorf("no answers to compare")
	case !slices.Equal(a.classes, b.classes):
		return fmt.Errorf("classes %q and %q differ", a.classes, b.classes)
	case !slices.Equal(a.labels, b.labels):
		return fmt.Errorf("answers are not about the same rows: %d and %d labels differ", a.Len(), b.Len())
	case a.positive != b.positive:
		return fmt.Errorf("positive classes %q and %q differ", a.classes[a.positive], b.classes[b.positive])
	}
	return nil
}

// Compare is McNemar's test of two systems' answers to the same rows: does b err less or more often than a?
func Compare(a, b *Answers) (McNemarTest, error) {
	if err := same(a, b); err != nil {
		return McNemarTest{}, err
	}
	fixed, broken := 0, 0
	for i, l := range a.labels {
		switch was, is := a.preds[i] == l, b.preds[i] == l; {
		case is && !was:
			fixed++
		case was && !is:
			broken++
		}
	}
	return McNemar(fixed, broken), nil
}

// Change is the difference of a metric between two systems.
type Change struct {
	Delta    float64  `json:"delta"` // second minus first
	Interval Interval `json:"interval"`
	P        float64  `json:"p"` // two-sided: how often a difference of the other sign is drawn, twice
}

// Difference is the paired bootstrap of a metric's difference, b minus a: both are computed on each same sample of rows.
func Difference(a, b *Answers, m Metric, boot Bootstrap) (Change, error) {
	if err := same(a, b); err != nil {
		return Change{}, err
	}
	va, okA := m.Value(a)
	vb, okB := m.Value(b)
	if !okA || !okB || m.ofAll != nil {
		return Change{}, fmt.Errorf("%s cannot be compared by bootstrap of these answers", m.Name)
	}
	sa, sb := newSampler(a, []Metric{m}), newSampler(b, []Metric{m})
	var xa, xb [1]float64
	var drawn []float64
	below, above := 1, 1 // the observed sample counts as a draw, so that no p is 0
	boot.samples(a, func(rows []int32) {
		sa.values(rows, xa[:])
		sb.values(rows, xb[:])
		d := xb[0] - xa[0]
		drawn = append(drawn, d)
		if d <= 0 {
			below++
		}
		if d >= 0 {
			above++
		}
	})
	p := min(1, 2*float64(min(below, above))/float64(len(drawn)+1))
	return Change{vb - va, percentile(drawn), p}, nil
}

// Holm adjusts p-values of several tests so that the chance of one false finding among all stays that of a single test
// (Holm 1979). The order is kept.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(p[x], p[y]) })
	out, least := make([]float64, len(p)), 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		out[i] = least
	}
	return out
}

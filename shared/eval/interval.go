package eval

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Level is the confidence of every interval.
const Level = 0.95

// Interval is where a value lies with the confidence of Level.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (i Interval) String() string { return fmt.Sprintf("[%.4f, %.4f]", i.Low, i.High) }

// Wilson is the score interval of a proportion of right answers among n (Wilson 1927); without any answers it is [0, 1].
func Wilson(right, n int) Interval {
	if n == 0 {
		return Interval{0, 1}
	}
	z := mathext.NormalQuantile((1 + Level) / 2)
	count, p := float64(n), float64(right)/float64(n)
	centre := p + z*z/(2*count)
	half := z * math.Sqrt(p*(1-p)/count+z*z/(4*count*count))
	scale := 1 + z*z/count
	i := Interval{max((centre-half)/scale, 0), min((centre+half)/scale, 1)}
	if right == 0 {
		i.Low = 0
	}
	if right == n {
		i.High = 1
	}
	return i
}

// UpperBound is the largest share of events that n trials with so many of them leave possible with confidence 1−alpha: the exact
// one-sided binomial bound (Clopper and Pearson 1934), which holds whatever the trials are, as long as they are independent.
func UpperBound(events, n int, alpha float64) float64 {
	if n == 0 || events >= n {
		return 1
	}
	return mathext.InvRegIncBeta(float64(events)+1, float64(n-events), 1-alpha)
}

// ClopperPearson is the exact interval of a proportion: never too narrow, for few trials too wide.
func ClopperPearson(right, n int) Interval {
	alpha := (1 - Level) / 2
	return Interval{1 - UpperBound(n-right, n, alpha), UpperBound(right, n, alpha)}
}

// Newcombe is the interval of the difference of two independent proportions, second minus first, from their Wilson
// intervals (Newcombe 1998, method 10).
func Newcombe(right1, n1, right2, n2 int) Interval {
	p1, p2 := ratio(float64(right1), float64(n1)), ratio(float64(right2), float64(n2))
	w1, w2 := Wilson(right1, n1), Wilson(right2, n2)
	d := p2 - p1
	return Interval{d - math.Hypot(p2-w2.Low, w1.High-p1), d + math.Hypot(w2.High-p2, p1-w1.Low)}
}

// Quantile is the q-quantile of sorted values, interpolated linearly as numpy does by default.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// percentile is the interval that holds the middle Level of values, which it sorts.
func percentile(values []float64) Interval {
	slices.Sort(values)
	return Interval{Quantile(values, (1-Level)/2), Quantile(values, (1+Level)/2)}
}

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

package eval

import (
	"cmp"
	"math"
	"slices"
)

// ranking orders the rows by the probability of one class, the highest first. The curves of ROC and of precision and
// recall are walks along it, of the rows as they are or as often as a sample has drawn them.
type ranking struct {
	class  int32
	rows   []int32
	closes []bool // the next row has another probability: a threshold lies behind this one
}

// rank makes the ranking of a class.
func (a *Answers) rank(class int32) ranking {
	r := ranking{class, make([]int32, a.Len()), make([]bool, a.Len())}
	for i := range r.rows {
		r.rows[i] = int32(i)
	}
	slices.SortFunc(r.rows, func(x, y int32) int {
		return cmp.Or(cmp.Compare(a.prob(int(y), class), a.prob(int(x), class)), cmp.Compare(x, y))
	})
	for i := range r.rows {
		r.closes[i] = i+1 == len(r.rows) || a.prob(int(r.rows[i]), class) != a.prob(int(r.rows[i+1]), class)
	}
	return r
}

// rankings are those of all classes, nil without probabilities.
func (a *Answers) rankings() []ranking {
	if !a.hasProbs() {
		return nil
	}
	out := make([]ranking, len(a.classes))
	for class := range out {
		out[class] = a.rank(int32(class))
	}
	return out
}

// walk calls each at every threshold with the rows of the class (tp) and of others (fp) that are at or above it. times is how
// often a row counts, nil for once.
func (r ranking) walk(labels []int32, times []int32, each func(row int32, tp, fp float64)) {
	tp, fp := 0.0, 0.0
	for i, row := range r.rows {
		w := 1.0
		if times != nil {
			w = float64(times[row])
		}
		if labels[row] == r.class {
			tp += w
		} else {
			fp += w
		}
		if r.closes[i] {
			each(row, tp, fp)
		}
	}
}

// areas are what lies under the curves of one class against the rest.
type areas struct {
	of       float64 // rows of the class
	roc      float64 // the chance that a row of the class ranks before another, ties by half; NaN where all rows or none are of it
	average  float64 // average precision: Σ (Rᵢ − Rᵢ₋₁)·Pᵢ over the thresholds, not interpolated; 0 where no row is of the class
	trapezes float64 // under precision over recall, by trapezoids from (0, 1) on; NaN where no row is of the class
}

// areas walks along the ranking once.
func (r ranking) areas(labels, times []int32) areas {
	var x areas
	tp0, fp0, p0 := 0.0, 0.0, 1.0
	r.walk(labels, times, func(_ int32, tp, fp float64) {
		p := ratio(tp, tp+fp)
		x.roc += (fp - fp0) * (tp + tp0) / 2
		x.average += (tp - tp0) * p
		x.trapezes += (tp - tp0) * (p + p0) / 2
		tp0, fp0, p0 = tp, fp, p
	})
	x.of = tp0
	return areas{tp0, x.roc / tp0 / fp0, ratio(x.average, tp0), x.trapezes / tp0}
}

// areasOf are those of all classes.
func areasOf(r []ranking, labels, times []int32, out []areas) []areas {
	out = out[:0]
	for _, x := range r {
		out = append(out, x.areas(labels, times))
	}
	return out
}

// areas are those of all classes, nil without probabilities.
func (a *Answers) areas() []areas { return areasOf(a.rankings(), a.labels, nil, nil) }

// ofPositive is an area of the positive class where there are two, else the mean over all classes.
func ofPositive(of func(areas) float64) func([]areas, int) float64 {
	return func(x []areas, positive int) float64 {
		if len(x) == 2 {
			return of(x[positive])
		}
		return macro(of)(x, positive)
	}
}

// macro is the mean of an area over all classes.
func macro(of func(areas) float64) func([]areas, int) float64 {
	return func(x []areas, _ int) float64 {
		sum := 0.0
		for _, a := range x {
			sum += of(a)
		}
		return sum / float64(len(x))
	}
}

// weighted is the mean of an area over the classes, weighted by their rows; a class without rows does not count.
func weighted(of func(areas) float64) func([]areas, int) float64 {
	return func(x []areas, _ int) float64 {
		sum, total := 0.0, 0.0
		for _, a := range x {
			if a.of > 0 {
				sum += a.of * of(a)
				total += a.of
			}
		}
		return sum / total
	}
}

func rocArea(a areas) float64          { return a.roc }
func averagePrecision(a areas) float64 { return a.average }
func prArea(a areas) float64           { return a.trapezes }

// CurvePoint is a threshold of a class: rows whose probability is at least Score are said to be of it.
type CurvePoint struct {
	Score             float64 `json:"score"`
	TruePositiveRate  float64 `json:"tpr"` // recall
	FalsePositiveRate float64 `json:"fpr"`
	Precision         float64 `json:"precision"`
}

// Curve are the thresholds of a class from the highest down, at most about most of them, spread evenly; nil without
// probabilities or where all rows or none are of the class. ROC is TruePositiveRate over FalsePositiveRate.
func (a *Answers) Curve(class int, most int) []CurvePoint {
	if !a.hasProbs() {
		return nil
	}
	r := a.rank(int32(class))
	c := a.Confusion()
	of, others := float64(c.Support(class)), float64(c.N()-c.Support(class))
	if of == 0 || others == 0 {
		return nil
	}
	var all []CurvePoint
	r.walk(a.labels, nil, func(row int32, tp, fp float64) {
		all = append(all, CurvePoint{a.prob(int(row), r.class), tp / of, fp / others, ratio(tp, tp+fp)})
	})
	if len(all) <= most {
		return all
	}
	thin := make([]CurvePoint, most)
	for i := range thin {
		thin[i] = all[int(math.Round(float64(i)*float64(len(all)-1)/float64(most-1)))]
	}
	return thin
}

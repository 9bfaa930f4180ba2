package eval

import "math"

// Confusion counts answers by true class (row) and predicted class (column).
type Confusion struct {
	classes int
	counts  []int // nil where only the sums are wanted
	sums    []sums
	n       int
}

// sums are a class' counts.
type sums struct{ right, support, predicted int }

// NewConfusion has no answers yet.
func NewConfusion(classes int) *Confusion {
	return &Confusion{classes, make([]int, classes*classes), make([]sums, classes), 0}
}

// newSums is a Confusion that cannot tell which classes are taken for which; all metrics can do without.
func newSums(classes int) *Confusion { return &Confusion{classes, nil, make([]sums, classes), 0} }

// Add counts one answer. NoAnswer counts for the label only.
func (c *Confusion) Add(label, pred int32) {
	c.n++
	c.sums[label].support++
	if pred == NoAnswer {
		return
	}
	c.sums[pred].predicted++
	if label == pred {
		c.sums[label].right++
	}
	if c.counts != nil {
		c.counts[int(label)*c.classes+int(pred)]++
	}
}

// reset forgets all answers.
func (c *Confusion) reset() {
	c.n = 0
	clear(c.sums)
	clear(c.counts)
}

// At is the number of answers of a true and a predicted class.
func (c *Confusion) At(label, pred int) int { return c.counts[label*c.classes+pred] }

// Rows are the counts, a row a true class.
func (c *Confusion) Rows() [][]int {
	rows := make([][]int, c.classes)
	for i := range rows {
		rows[i] = append([]int(nil), c.counts[i*c.classes:(i+1)*c.classes]...)
	}
	return rows
}

// N is the number of answers.
func (c *Confusion) N() int { return c.n }

// Right is the number of right answers.
func (c *Confusion) Right() (n int) {
	for _, s := range c.sums {
		n += s.right
	}
	return n
}

// answered is the number of rows that got an answer.
func (c *Confusion) answered() (n int) {
	for _, s := range c.sums {
		n += s.predicted
	}
	return n
}

// RightOf is the number of right answers of a class.
func (c *Confusion) RightOf(class int) int { return c.sums[class].right }

// Support is the number of answers whose true class it is.
func (c *Confusion) Support(class int) int { return c.sums[class].support }

// Predicted is the number of answers that said the class.
func (c *Confusion) Predicted(class int) int { return c.sums[class].predicted }

// present reports whether a class occurs at all, as label or as prediction. scikit-learn's averages leave the others out.
func (c *Confusion) present(class int) bool { return c.Support(class)+c.Predicted(class) > 0 }

// Accuracy is the share of right answers.
func (c *Confusion) Accuracy() float64 { return ratio(float64(c.Right()), float64(c.N())) }

// PRF are precision, recall and F1.
type PRF struct{ Precision, Recall, F1 float64 }

// Of is the PRF of one class.
func (c *Confusion) Of(class int) PRF {
	s := c.sums[class]
	return prf(float64(s.right), float64(s.predicted), float64(s.support))
}

// Macro is the plain mean over the classes that occur.
func (c *Confusion) Macro() PRF {
	return c.mean(func(class int) float64 {
		if c.present(class) {
			return 1
		}
		return 0
	})
}

// Weighted is the mean over the classes weighted by their support.
func (c *Confusion) Weighted() PRF {
	return c.mean(func(class int) float64 { return float64(c.Support(class)) })
}

// Micro counts all classes together: where every row has an answer all three are the accuracy.
func (c *Confusion) Micro() PRF {
	return prf(float64(c.Right()), float64(c.answered()), float64(c.N()))
}

// BalancedAccuracy is the mean recall of the classes that occur as labels.
func (c *Confusion) BalancedAccuracy() float64 {
	sum, n := 0.0, 0.0
	for class := range c.classes {
		if c.Support(class) > 0 {
			sum += c.Of(class).Recall
			n++
		}
	}
	return ratio(sum, n)
}

// MCC is Matthews' correlation coefficient for any number of classes (Gorodkin 2004); 0 where it is not defined. No answer
// counts as one more class.
func (c *Confusion) MCC() float64 {
	n, right := float64(c.N()), float64(c.Right())
	both, labels, preds := right*n, n*n, n*n
	for class := range c.classes {
		s, p := float64(c.Support(class)), float64(c.Predicted(class))
		both -= s * p
		labels -= s * s
		preds -= p * p
	}
	none := n - float64(c.answered())
	preds -= none * none
	return ratio(both, math.Sqrt(labels*preds))
}

// Kappa is Cohen's: the agreement beyond that of chance (Cohen 1960); NaN where chance alone must agree, since all labels
// and all answers are of one class.
func (c *Confusion) Kappa() float64 {
	n, chance := float64(c.N()), 0.0
	for class := range c.classes {
		chance += float64(c.Support(class)) * float64(c.Predicted(class)) / n
	}
	return 1 - (n-float64(c.Right()))/(n-chance) // 0/0 is NaN
}

func (c *Confusion) mean(weight func(class int) float64) PRF {
	var sum PRF
	total := 0.0
	for class := range c.classes {
		x, w := c.Of(class), weight(class)
		sum.Precision += w * x.Precision
		sum.Recall += w * x.Recall
		sum.F1 += w * x.F1
		total += w
	}
	return PRF{ratio(sum.Precision, total), ratio(sum.Recall, total), ratio(sum.F1, total)}
}

func prf(right, predicted, support float64) PRF {
	return PRF{ratio(right, predicted), ratio(right, support), ratio(2*right, predicted+support)}
}

// ratio is a/b, and 0 where b is 0 (scikit-learn's zero_division).
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

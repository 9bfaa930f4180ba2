package eval

import "math"

// Confusion counts answers by true class (row) and predicted class (column).
type Confusion struct {
	classes int
	counts  []int
}

// NewConfusion has no answers yet.
func NewConfusion(classes int) *Confusion {
	return &Confusion{classes, make([]int, classes*classes)}
}

// Add counts one answer.
func (c *Confusion) Add(label, pred int32) { c.counts[int(label)*c.classes+int(pred)]++ }

// reset forgets all answers.
func (c *Confusion) reset() { clear(c.counts) }

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
func (c *Confusion) N() (n int) {
	for _, x := range c.counts {
		n += x
	}
	return n
}

// Right is the number of right answers.
func (c *Confusion) Right() (n int) {
	for i := range c.classes {
		n += c.At(i, i)
	}
	return n
}

// Support is the number of answers whose true class it is.
func (c *Confusion) Support(class int) (n int) {
	for p := range c.classes {
		n += c.At(class, p)
	}
	return n
}

// Predicted is the number of answers that said the class.
func (c *Confusion) Predicted(class int) (n int) {
	for l := range c.classes {
		n += c.At(l, class)
	}
	return n
}

// present reports whether a class occurs at all, as label or as prediction. scikit-learn's averages leave the others out.
func (c *Confusion) present(class int) bool { return c.Support(class)+c.Predicted(class) > 0 }

// Accuracy is the share of right answers.
func (c *Confusion) Accuracy() float64 { return ratio(float64(c.Right()), float64(c.N())) }

// PRF are precision, recall and F1.
type PRF struct{ Precision, Recall, F1 float64 }

// Of is the PRF of one class.
func (c *Confusion) Of(class int) PRF {
	return prf(float64(c.At(class, class)), float64(c.Predicted(class)), float64(c.Support(class)))
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

// Micro counts all classes together: with one label a row all three are the accuracy.
func (c *Confusion) Micro() PRF {
	n := float64(c.N())
	return prf(float64(c.Right()), n, n)
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

// MCC is Matthews' correlation coefficient for any number of classes (Gorodkin 2004); 0 where it is not defined.
func (c *Confusion) MCC() float64 {
	n, right := float64(c.N()), float64(c.Right())
	both, labels, preds := right*n, n*n, n*n
	for class := range c.classes {
		s, p := float64(c.Support(class)), float64(c.Predicted(class))
		both -= s * p
		labels -= s * s
		preds -= p * p
	}
	return ratio(both, math.Sqrt(labels*preds))
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

package eval

import (
	"cmp"
	"math"
	"slices"
)

// logLoss is what one answer costs: −ln of the probability of the true class, kept from infinity as scikit-learn does.
func (a *Answers) logLoss(i int) float64 {
	const epsilon = 0x1p-52 // of float64
	return -math.Log(min(max(a.prob(i, a.labels[i]), epsilon), 1-epsilon))
}

// brier is the squared distance of one answer's probabilities from the truth; for two classes half of it, which is
// the squared error of the positive class' probability.
func (a *Answers) brier(i int) float64 {
	sum := 0.0
	for class := range int32(len(a.classes)) {
		d := a.prob(i, class)
		if class == a.labels[i] {
			d--
		}
		sum += d * d
	}
	if len(a.classes) == 2 {
		sum /= 2
	}
	return sum
}

// meanOf is the mean of a value over all answers.
func (a *Answers) meanOf(value func(a *Answers, i int) float64) float64 {
	sum := 0.0
	for i := range a.labels {
		sum += value(a, i)
	}
	return ratio(sum, float64(a.Len()))
}

// calibrationBins is how many bins the expected calibration error has (Guo et al. 2017, arXiv 1706.04599).
const calibrationBins = 15

// Bin is the answers whose confidence lies in one part of the range from 0 to 1.
type Bin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	N          int     `json:"n"`
	Right      int     `json:"right"`
	Confidence float64 `json:"confidence"` // mean
	Accuracy   float64 `json:"accuracy"`
}

// add counts an answer; the means are sums until mean is called.
func (b *Bin) add(confidence float64, right bool) {
	b.N++
	b.Confidence += confidence
	if right {
		b.Right++
	}
}

func (b *Bin) mean() {
	b.Confidence = ratio(b.Confidence, float64(b.N))
	b.Accuracy = ratio(float64(b.Right), float64(b.N))
}

// Confidence is the probability of what was said about row i; where nothing was said, the largest.
func (a *Answers) Confidence(i int) float64 {
	if a.preds[i] == NoAnswer {
		return slices.Max(a.Probs(i))
	}
	return a.prob(i, a.preds[i])
}

// Right reports whether answer i is right.
func (a *Answers) Right(i int) bool { return a.preds[i] == a.labels[i] }

// Reliability sorts the answers into bins of equal width by their confidence; nil without probabilities.
func (a *Answers) Reliability() []Bin {
	if !a.hasProbs() {
		return nil
	}
	bins := make([]Bin, calibrationBins)
	for i := range bins {
		bins[i].Low, bins[i].High = float64(i)/calibrationBins, float64(i+1)/calibrationBins
	}
	for i := range a.labels {
		confidence := a.Confidence(i)
		bins[min(max(int(math.Ceil(confidence*calibrationBins))-1, 0), calibrationBins-1)].add(confidence, a.Right(i)) // (low, high]
	}
	for i := range bins {
		bins[i].mean()
	}
	return bins
}

// ReliabilityByMass sorts the answers into bins of equally many by their confidence (Nguyen and O'Connor 2015); answers of the
// same confidence may fall into two bins.
func (a *Answers) ReliabilityByMass() []Bin {
	if !a.hasProbs() {
		return nil
	}
	rows := a.byConfidence()
	slices.Reverse(rows)
	bins := make([]Bin, min(calibrationBins, len(rows)))
	for b := range bins {
		part := rows[b*len(rows)/len(bins) : (b+1)*len(rows)/len(bins)]
		for _, i := range part {
			bins[b].add(a.Confidence(i), a.Right(i))
		}
		bins[b].Low, bins[b].High = a.Confidence(part[0]), a.Confidence(part[len(part)-1])
		bins[b].mean()
	}
	return bins
}

// byConfidence are the rows, the surest answer first.
func (a *Answers) byConfidence() []int {
	rows := make([]int, a.Len())
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(x, y int) int { return cmp.Compare(a.Confidence(y), a.Confidence(x)) })
	return rows
}

// ece is the expected calibration error: the mean distance of a bin's accuracy from its confidence, weighted by answers.
func ece(bins []Bin) float64 {
	sum, n := 0.0, 0
	for _, b := range bins {
		sum += float64(b.N) * math.Abs(b.Accuracy-b.Confidence)
		n += b.N
	}
	return ratio(sum, float64(n))
}

// mce is the largest distance of a bin's accuracy from its confidence.
func mce(bins []Bin) float64 {
	most := 0.0
	for _, b := range bins {
		most = max(most, math.Abs(b.Accuracy-b.Confidence)) // 0 for an empty bin
	}
	return most
}

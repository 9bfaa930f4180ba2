package eval

import "math"

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

// calibrationBins is how many bins of equal width the expected calibration error has (Guo et al. 2017, arXiv 1706.04599).
const calibrationBins = 15

// Bin is the answers whose confidence lies in one part of the range from 0 to 1.
type Bin struct {
	N          int     `json:"n"`
	Confidence float64 `json:"confidence"` // mean
	Accuracy   float64 `json:"accuracy"`
}

// Reliability sorts the answers into bins of equal width by the probability of what they said; nil without probabilities.
func (a *Answers) Reliability() []Bin {
	if !a.hasProbs() {
		return nil
	}
	bins := make([]Bin, calibrationBins)
	for i, p := range a.preds {
		confidence := a.prob(i, p)
		b := &bins[min(max(int(math.Ceil(confidence*calibrationBins))-1, 0), calibrationBins-1)] // (low, high]
		b.N++
		b.Confidence += confidence
		if p == a.labels[i] {
			b.Accuracy++
		}
	}
	for i := range bins {
		bins[i].Confidence = ratio(bins[i].Confidence, float64(bins[i].N))
		bins[i].Accuracy = ratio(bins[i].Accuracy, float64(bins[i].N))
	}
	return bins
}

// ece is the expected calibration error: the mean distance of a bin's accuracy from its confidence, weighted by answers.
func (a *Answers) ece() float64 {
	sum := 0.0
	for _, b := range a.Reliability() {
		sum += float64(b.N) * math.Abs(b.Accuracy-b.Confidence)
	}
	return ratio(sum, float64(a.Len()))
}

package eval

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap says how answers are drawn again. The zero value is the default.
type Bootstrap struct {
	Draws int    // 0 means DefaultDraws
	Seed  uint64 // of the draws; the same seed gives the same interval
}

// DefaultDraws is enough for the two ends of a 95 % interval to be right to about a tenth of its width.
const DefaultDraws = 2000

// mostDrawn bounds the work of drawing: for more than 200,000 rows (times the classes, with probabilities) there are fewer
// draws, at least fewestDraws.
const (
	mostDrawn   = 400_000_000
	fewestDraws = 200
)

// draws is how many samples of some answers are drawn.
func (b Bootstrap) draws(a *Answers) int {
	if b.Draws > 0 {
		return b.Draws
	}
	return min(DefaultDraws, max(fewestDraws, mostDrawn/max(a.Len(), len(a.probs), 1)))
}

// samples calls each with Draws samples of the rows, which it may not keep. Rows are drawn with replacement within their
// true class, so that each sample has as many of each class as the test set has.
func (b Bootstrap) samples(a *Answers, each func(rows []int32)) {
	strata := make([][]int32, len(a.classes))
	for i, l := range a.labels {
		strata[l] = append(strata[l], int32(i))
	}
	random := rand.New(rand.NewPCG(b.Seed, 0x626f6f74)) // "boot"
	rows := make([]int32, a.Len())
	for range b.draws(a) {
		n := 0
		for _, s := range strata {
			for range s {
				rows[n] = s[random.Uint32N(uint32(len(s)))]
				n++
			}
		}
		each(rows)
	}
}

// sampler computes metrics of samples of answers.
type sampler struct {
	*Answers
	counts  *Confusion
	answers [][]float64 // by metric, the value of each answer, for those that are means of them
	ranks   []ranking   // nil if no metric is of them
	areas   []areas     // of the sample
	times   []int32     // how often the sample has each row, if ranks are there
	metrics []Metric
}

// newSampler prepares for the metrics that can be computed of a sample; the others' values are 0.
func newSampler(a *Answers, metrics []Metric) *sampler {
	s := &sampler{Answers: a, counts: newSums(len(a.classes)), answers: make([][]float64, len(metrics)), metrics: metrics}
	for m := range metrics {
		if metrics[m].ofAreas != nil && a.hasProbs() && s.ranks == nil {
			s.ranks, s.times = a.rankings(), make([]int32, a.Len())
		}
		if of := metrics[m].ofAnswer; of != nil && a.hasProbs() {
			s.answers[m] = make([]float64, a.Len())
			for i := range s.answers[m] {
				s.answers[m][i] = of(a, i)
			}
		}
	}
	return s
}

// values writes the metrics of the sample to out.
func (s *sampler) values(rows []int32, out []float64) {
	s.counts.reset()
	for _, r := range rows {
		s.counts.Add(s.labels[r], s.preds[r])
	}
	if s.ranks != nil {
		clear(s.times)
		for _, r := range rows {
			s.times[r]++
		}
		s.areas = areasOf(s.ranks, s.labels, s.times, s.areas)
	}
	for m := range s.metrics {
		switch {
		case s.metrics[m].ofCounts != nil:
			out[m] = s.metrics[m].ofCounts(s.counts, s.positive)
		case s.answers[m] != nil:
			sum := 0.0
			for _, r := range rows {
				sum += s.answers[m][r]
			}
			out[m] = sum / float64(len(rows))
		case s.metrics[m].ofAreas != nil && s.ranks != nil:
			out[m] = s.metrics[m].ofAreas(s.areas, s.positive)
		default:
			out[m] = 0
		}
	}
}

// intervals are the percentile intervals of metrics, in their order; nil for one that some sample does not define.
func (b Bootstrap) intervals(a *Answers, metrics []Metric) []*Interval {
	s := newSampler(a, metrics)
	drawn := make([][]float64, len(metrics))
	out := make([]float64, len(metrics))
	b.samples(a, func(rows []int32) {
		s.values(rows, out)
		for m, v := range out {
			drawn[m] = append(drawn[m], v)
		}
	})
	intervals := make([]*Interval, len(metrics))
	for m := range metrics {
		if !slices.ContainsFunc(drawn[m], math.IsNaN) {
			i := percentile(drawn[m])
			intervals[m] = &i
		}
	}
	return intervals
}

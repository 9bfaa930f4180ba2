package eval

import (
	"fmt"
	"math/rand/v2"
)

// MeanOf is the mean of values, one of each case, with the percentile interval of means of cases drawn again. Of one value, or of values
// that are all the same, the interval is as wide as Wilson's of that share, since drawing again would make it a point.
func MeanOf(values []float64, boot Bootstrap) (float64, Interval) {
	if len(values) == 0 {
		return 0, Interval{0, 1}
	}
	mean, low, high := mean(values), values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if low == high && low >= 0 && high <= 1 {
		n := float64(len(values))
		return mean, Interval{mean * Wilson(len(values), len(values)).Low, mean + (1-mean)*Wilson(0, int(n)).High}
	}
	drawn := boot.means(len(values), func(i int) float64 { return values[i] })
	return mean, percentile(drawn)
}

// PairedChange is the change of the mean from one system to another, of the same cases in the same order, by paired bootstrap.
func PairedChange(before, after []float64, boot Bootstrap) (Change, error) {
	if len(before) != len(after) || len(before) == 0 {
		return Change{}, fmt.Errorf("%d and %d values, expected as many of both and at least one", len(before), len(after))
	}
	drawn := boot.means(len(before), func(i int) float64 { return after[i] - before[i] })
	below, above := 1, 1 // what was seen counts as a draw
	for _, d := range drawn {
		if d <= 0 {
			below++
		}
		if d >= 0 {
			above++
		}
	}
	p := min(1, 2*float64(min(below, above))/float64(len(drawn)+1))
	return Change{mean(after) - mean(before), percentile(drawn), p}, nil
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// means are those of n values drawn again with replacement.
func (b Bootstrap) means(n int, value func(i int) float64) []float64 {
	draws := b.Draws
	if draws == 0 {
		draws = min(DefaultDraws, max(fewestDraws, mostDrawn/n))
	}
	random := rand.New(rand.NewPCG(b.Seed, 0x6d65616e)) // "mean"
	out := make([]float64, draws)
	for d := range out {
		sum := 0.0
		for range n {
			sum += value(int(random.Uint32N(uint32(n))))
		}
		out[d] = sum / float64(n)
	}
	return out
}

// ROUGE are the F-measures of ROUGE-1, ROUGE-2 and ROUGE-L of a text, from 0 to 1, each of the best reference (Lin 2004). A Chinese
// character is a token.
func ROUGE(text string, references []string) [3]float64 { return rouge(text, references) }

// BLEU is that of one text, from 0 to 1, smoothed as sacreBLEU does; of Chinese references by its characters.
func BLEU(text string, references []string) float64 {
	how := tokens13a
	for _, r := range references {
		if isChinese(r) {
			how = tokensZh
		}
	}
	c := countBLEU(text, references, how)
	return c.score() / 100
}

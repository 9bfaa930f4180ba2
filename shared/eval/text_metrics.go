package eval

import (
	"math"
	"strings"
)

const (
	bleuOrders = 4
	chrfOrders = 6
	chrfBeta   = 2 // recall counts twice as much
)

// bleuCounts are what BLEU needs of a text; those of a corpus are their sums.
type bleuCounts struct {
	length, reference int // tokens
	right, all        [bleuOrders]int
}

func (c *bleuCounts) add(o *bleuCounts) {
	c.length += o.length
	c.reference += o.reference
	for n := range bleuOrders {
		c.right[n] += o.right[n]
		c.all[n] += o.all[n]
	}
}

// countBLEU compares a text with its references: each n-gram counts as often as the reference that has most of it, the
// length is that of the reference which is nearest, the shorter of two.
func countBLEU(text string, references []string, how string) bleuCounts {
	tokens := bleuTokens(text, how)
	c := bleuCounts{length: len(tokens), reference: -1}
	var refs [][]string
	for _, r := range references {
		t := bleuTokens(r, how)
		refs = append(refs, t)
		near, best := abs(len(t)-len(tokens)), abs(c.reference-len(tokens))
		if c.reference < 0 || near < best || near == best && len(t) < c.reference {
			c.reference = len(t)
		}
	}
	for n := range bleuOrders {
		most := map[string]int{}
		for _, r := range refs {
			for k, v := range grams(r, n+1) {
				most[k] = max(most[k], v)
			}
		}
		have := grams(tokens, n+1)
		c.right[n], c.all[n] = common(have, most), total(have)
	}
	return c
}

func abs(x int) int { return max(x, -x) }

// score is BLEU of 0 to 100, with the brevity penalty; an order without matches counts half of one, then a quarter …
// (Papineni et al. 2002; sacreBLEU's smoothing "exp").
func (c *bleuCounts) score() float64 {
	if c.length == 0 || c.right == [bleuOrders]int{} {
		return 0
	}
	sum, smooth := 0.0, 1.0
	for n := range bleuOrders {
		if c.all[n] == 0 {
			return 0 // texts shorter than the order
		}
		p := float64(c.right[n])
		if p == 0 {
			smooth *= 2
			p = 1 / smooth
		}
		sum += math.Log(100 * p / float64(c.all[n]))
	}
	penalty := 1.0
	if c.length < c.reference {
		penalty = math.Exp(1 - float64(c.reference)/float64(c.length))
	}
	return penalty * math.Exp(sum/bleuOrders)
}

// chrfCounts are what chrF needs of a text: characters' n-grams in it, in the reference, and in both.
type chrfCounts struct{ text, reference, both [chrfOrders]int }

func (c *chrfCounts) add(o *chrfCounts) {
	for n := range chrfOrders {
		c.text[n] += o.text[n]
		c.reference[n] += o.reference[n]
		c.both[n] += o.both[n]
	}
}

// countCHRF compares the characters, without blanks, with those of the reference that is nearest.
func countCHRF(text string, references []string) chrfCounts {
	have := characters(text)
	var best chrfCounts
	score := -1.0
	for _, r := range references {
		want := characters(r)
		var c chrfCounts
		for n := range chrfOrders {
			h, w := grams(have, n+1), grams(want, n+1)
			c.reference[n], c.both[n] = total(w), common(h, w)
			if len(w) > 0 {
				c.text[n] = total(h)
			}
		}
		if s := c.score(); s > score {
			best, score = c, s
		}
	}
	return best
}

func characters(s string) []string {
	return strings.Split(strings.Join(strings.Fields(s), ""), "")
}

// score is chrF2 of 0 to 100 over the orders that both have (Popović 2015).
func (c *chrfCounts) score() float64 {
	precision, recall, orders := 0.0, 0.0, 0.0
	for n := range chrfOrders {
		if c.text[n] > 0 && c.reference[n] > 0 {
			precision += float64(c.both[n]) / float64(c.text[n])
			recall += float64(c.both[n]) / float64(c.reference[n])
			orders++
		}
	}
	precision, recall = ratio(precision, orders), ratio(recall, orders)
	const factor = chrfBeta * chrfBeta
	return 100 * ratio((1+factor)*precision*recall, factor*precision+recall)
}

// rouge are the F-measures of ROUGE-1, ROUGE-2 and ROUGE-L (Lin 2004), each of the best reference.
func rouge(text string, references []string) (best [3]float64) {
	have := rougeTokens(text)
	for _, r := range references {
		want := rougeTokens(r)
		for n := range 2 {
			h, w := grams(have, n+1), grams(want, n+1)
			best[n] = max(best[n], fMeasure(common(h, w), total(h), total(w)))
		}
		best[2] = max(best[2], fMeasure(longestCommon(have, want), len(have), len(want)))
	}
	return best
}

func fMeasure(both, a, b int) float64 {
	precision, recall := float64(both)/float64(max(a, 1)), float64(both)/float64(max(b, 1))
	return ratio(2*precision*recall, precision+recall)
}

// longestCommon is the length of the longest common subsequence.
func longestCommon(a, b []string) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		before := 0 // the row above, one column to the left
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = before + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			before = above
		}
	}
	return row[len(b)]
}

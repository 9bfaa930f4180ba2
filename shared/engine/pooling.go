package engine

import (
	"math"
	"slices"
)

// poolings make one vector of the hidden states of a text's tokens, rows of width values each; out has one row. Names
// are those of sentence-transformers' pooling_mode.
var poolings = []struct {
	name string
	key  string // of configurations written before version 5
	pool func(out []float64, rows []float32)
}{
	{"mean", "pooling_mode_mean_tokens", poolMean},
	{"cls", "pooling_mode_cls_token", func(out []float64, rows []float32) { widen(out, rows[:len(out)]) }},
	{"max", "pooling_mode_max_tokens", poolMax},
	{"lasttoken", "pooling_mode_lasttoken", func(out []float64, rows []float32) { widen(out, rows[len(rows)-len(out):]) }},
	{"weightedmean", "pooling_mode_weightedmean_tokens", poolWeighted},
	{"mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", poolSqrt},
}

// Poolings names the ways to make one vector of a text's tokens.
func Poolings() (names []string) {
	for _, p := range poolings {
		names = append(names, p.name)
	}
	return names
}

// pooling is the row of a name; "last" is short for lasttoken.
func pooling(name string) int {
	if name == "last" {
		name = "lasttoken"
	}
	for i, p := range poolings {
		if p.name == name {
			return i
		}
	}
	return -1
}

func widen(out []float64, row []float32) {
	for j, v := range row {
		out[j] = float64(v)
	}
}

// poolSum is the sum of the rows, each times its weight.
func poolSum(out []float64, rows []float32, weight func(t int) float64) {
	clear(out)
	for t, d := 0, len(out); t*d < len(rows); t++ {
		w := weight(t)
		for j, v := range rows[t*d:][:d] {
			out[j] += w * float64(v)
		}
	}
}

func poolMean(out []float64, rows []float32) {
	n := float64(len(rows) / len(out))
	poolSum(out, rows, func(int) float64 { return 1 / n })
}

func poolSqrt(out []float64, rows []float32) {
	n := math.Sqrt(float64(len(rows) / len(out)))
	poolSum(out, rows, func(int) float64 { return 1 / n })
}

// poolWeighted counts a row the more the later it comes: 1, 2, 3, … (Muennighoff 2022).
func poolWeighted(out []float64, rows []float32) {
	n := float64(len(rows) / len(out))
	poolSum(out, rows, func(t int) float64 { return float64(t+1) / (n * (n + 1) / 2) })
}

func poolMax(out []float64, rows []float32) {
	d := len(out)
	widen(out, rows[:d])
	for t := d; t < len(rows); t += d {
		for j, v := range rows[t:][:d] {
			out[j] = max(out[j], float64(v))
		}
	}
}

// normalize gives v the length 1; zeros stay.
func normalize(v []float64) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if length := math.Sqrt(sum); length > 0 {
		for j := range v {
			v[j] /= length
		}
	}
}

// Cosine is the cosine of the angle between two vectors of one length, 0 where one is all zeros.
func Cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for j, x := range a {
		y := float64(b[j])
		ab, aa, bb = ab+float64(x)*y, aa+float64(x)*float64(x), bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// Nearest are the indices of the k vectors nearest to query by cosine, the nearest first; ties in their order.
func Nearest(query []float32, vectors [][]float32, k int) (indices []int, cosines []float64) {
	all := make([]float64, len(vectors))
	indices = make([]int, len(vectors))
	for i, v := range vectors {
		indices[i], all[i] = i, Cosine(query, v)
	}
	slices.SortStableFunc(indices, func(i, j int) int {
		switch {
		case all[i] > all[j]:
			return -1
		case all[i] < all[j]:
			return 1
		}
		return 0
	})
	indices = indices[:min(max(k, 0), len(indices))]
	for _, i := range indices {
		cosines = append(cosines, all[i])
	}
	return indices, cosines
}

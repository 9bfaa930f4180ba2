package dataset

import "slices"

// NearSimilarity is the Jaccard similarity of two texts' shingles from which they count as near duplicates.
const NearSimilarity = 0.8

// MinHash (Broder 1997) in bands: texts of which one band of minima agrees are compared exactly. With 16 bands of 4, texts of
// similarity 0.8 meet with a probability of 0.9998, those of 0.3 with one of 0.12.
const (
	bands    = 16
	bandSize = 4
	// most members of a band that a text is compared with: many texts with one phrase in common would else take
	// quadratic time.
	mostCompared = 100
)

// similarIndex finds texts that are nearly those added before.
type similarIndex struct {
	shingles [][]uint64
	bands    [bands]map[uint64][]int
}

func newSimilarIndex() *similarIndex {
	x := &similarIndex{}
	for i := range x.bands {
		x.bands[i] = map[uint64][]int{}
	}
	return x
}

// keys are the hashes of a text's bands.
func keys(s []uint64) (k [bands]uint64) {
	for b := range bands {
		for i := range bandSize {
			seed := mix64(uint64(b*bandSize + i + 1))
			least := ^uint64(0)
			for _, h := range s {
				least = min(least, mix64(h^seed))
			}
			k[b] = mix64(k[b] ^ least)
		}
	}
	return k
}

// add adds a folded text; its number is how many were added before.
func (x *similarIndex) add(folded string) {
	s := shingles(folded)
	for b, k := range keys(s) {
		if len(x.bands[b][k]) < mostCompared {
			x.bands[b][k] = append(x.bands[b][k], len(x.shingles))
		}
	}
	x.shingles = append(x.shingles, s)
}

// find is the text most like a folded one, if it is like it enough; of equally like ones the first.
func (x *similarIndex) find(folded string, least float64) (best int, similarity float64, ok bool) {
	s := shingles(folded)
	seen := map[int]bool{}
	for b, k := range keys(s) {
		for _, i := range x.bands[b][k] {
			if seen[i] {
				continue
			}
			seen[i] = true
			if j := jaccard(s, x.shingles[i]); j >= least && (!ok || j > similarity || j == similarity && i < best) {
				best, similarity, ok = i, j, true
			}
		}
	}
	return best, similarity, ok
}

// jaccard is the share of what two ascending lists have in common.
func jaccard(a, b []uint64) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

// sorted sorts a list and leaves each value once.
func sorted(list []uint64) []uint64 {
	slices.Sort(list)
	return slices.Compact(list)
}

package dataset

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// Split sets a share of the rows aside, in the order of the file, the same for the same seed. Of a labelled table each label
// gives its share (stratified). Rows of the same text stay together, so that nothing set aside was seen.
func (t *Table) Split(share float64, seed uint64) (rest, aside *Table) {
	groups := map[string][]int{} // rows of the same text
	strata := map[string][]string{}
	var labels []string
	for i, r := range t.Rows {
		key := fold(r.Content())
		if groups[key] == nil {
			if strata[r.Label] == nil {
				labels = append(labels, r.Label)
			}
			strata[r.Label] = append(strata[r.Label], key)
		}
		groups[key] = append(groups[key], i)
	}
	taken := make([]bool, len(t.Rows))
	for _, l := range labels {
		rows := 0
		for _, key := range strata[l] {
			rows += len(groups[key])
		}
		h := fnv.New64a()
		h.Write([]byte(l))
		r := rand.New(rand.NewPCG(seed, h.Sum64()))
		r.Shuffle(len(strata[l]), func(i, j int) { strata[l][i], strata[l][j] = strata[l][j], strata[l][i] })
		left := int(math.Round(share * float64(rows)))
		for _, key := range strata[l] {
			if n := len(groups[key]); n <= left {
				left -= n
				for _, i := range groups[key] {
					taken[i] = true
				}
			}
		}
	}
	rest, aside = &Table{Name: t.Name, Form: t.Form}, &Table{Name: t.Name, Form: t.Form}
	for i, r := range t.Rows {
		if taken[i] {
			aside.Rows = append(aside.Rows, r)
		} else {
			rest.Rows = append(rest.Rows, r)
		}
	}
	return rest, aside
}

// Clean says what Cleaned leaves out.
type Clean struct {
	Near      bool     // near duplicates, too, not only the same texts
	Conflicts bool     // all rows of a text that occurs with different labels
	Against   []*Table // rows whose text is in one of these: test data
}

// Cleaned is the table without all but the first of each text, and the rows that were left out.
func (t *Table) Cleaned(c Clean) (clean *Table, removed []Row) {
	known, near := map[string]bool{}, newSimilarIndex()
	add := func(key string) {
		if known[key] = true; c.Near {
			near.add(key)
		}
	}
	for _, other := range c.Against {
		for _, r := range other.Rows {
			add(fold(r.Content()))
		}
	}
	conflicting := map[string]bool{}
	if c.Conflicts {
		for _, x := range t.conflicts() {
			conflicting[x.key] = true
		}
	}
	clean = &Table{Name: t.Name, Form: t.Form}
	for _, r := range t.Rows {
		key := fold(r.Content())
		drop := known[key] || conflicting[key]
		if !drop && c.Near {
			_, _, drop = near.find(key, NearSimilarity)
		}
		if drop {
			removed = append(removed, r)
			continue
		}
		add(key)
		clean.Rows = append(clean.Rows, r)
	}
	return clean, slices.Clip(removed)
}

package recipe

import "strings"

// nearest is the key that a misspelt one most likely means, "" if none is near.
func nearest(name string) string {
	best, least := "", 1+len(name)/3
	if len(name) > 100 {
		return ""
	}
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	for _, g := range Groups {
		for _, k := range g.Keys {
			for _, known := range []string{k.Name, k.Also} {
				if n := distance(name, known); known != "" && n <= least && (best == "" || n < least) {
					best, least = k.Name, n
				}
			}
		}
	}
	return best
}

// distance is the number of letters to insert, remove or replace to make a into b (Levenshtein 1965).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}

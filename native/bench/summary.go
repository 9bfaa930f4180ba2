package bench

import "slices"

// Summary is a figure over rounds.
type Summary struct {
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Values []float64 `json:"values"` // in the order of rounds
}

// summarize returns nil for no values.
func summarize(values []float64) *Summary {
	if len(values) == 0 {
		return nil
	}
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	return &Summary{(s[(n-1)/2] + s[n/2]) / 2, s[0], s[n-1], values}
}

// Line is one metric of one contestant.
type Line struct {
	Contest string   `json:"contest"`
	Metric  string   `json:"metric"`
	Unit    string   `json:"unit"`
	Program string   `json:"program"`
	Figure  *Summary `json:"figure,omitempty"`
	// Ratio is graft's figure divided by this one's, round by round; nil for graft and where there is none.
	Ratio *Summary `json:"graft_ratio,omitempty"`
	Error string   `json:"error,omitempty"`
}

// Lines sums runs of the contest up, metric by metric. A metric that a program does not give is left out.
func (c *Contest) Lines(r *Runs) (lines []Line) {
	for _, m := range c.Metrics {
		var ours map[int]float64
		for i, p := range c.Contestants {
			got, values, ratios := map[int]float64{}, []float64(nil), []float64(nil)
			for round, o := range r.Outcomes[i] {
				if v, ok := m.value(o); ok {
					got[round], values = v, append(values, v)
				}
				if mine, ok := ours[round]; ok && got[round] != 0 {
					ratios = append(ratios, mine/got[round])
				}
			}
			if i == 0 {
				ours = got
			}
			l := Line{Contest: c.Title, Metric: m.Name, Unit: m.Unit, Program: p.Name, Figure: summarize(values), Ratio: summarize(ratios)}
			if r.Errors[i] != nil {
				l.Error, l.Figure, l.Ratio = r.Errors[i].Error(), nil, nil
			}
			if l.Figure != nil || l.Error != "" {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// Others is the largest share of the machine that other processes had during a run, negative if it is not known.
func (r *Runs) Others() float64 {
	most := -1.0
	for _, runs := range r.Outcomes {
		for _, o := range runs {
			most = max(most, o.Others)
		}
	}
	return most
}

package trial

import (
	"slices"
	"time"

	"graft/shared/eval"
)

// Score sums up what one contender did.
type Score struct {
	Name      Name             `json:"name"`
	Cases     int              `json:"cases"`
	Answers   int              `json:"answers"`
	Errors    int              `json:"errors"` // answers that did not come
	Passed    int              `json:"passed"` // answers
	PassRate  Value            `json:"pass_rate"`
	Score     Value            `json:"score"`
	PassAny   float64          `json:"pass_any"`  // cases of which some repeat passes
	PassAll   float64          `json:"pass_all"`  // cases of which every repeat passes
	Agreement float64          `json:"agreement"` // share of a case's answers that are the most frequent one, on average
	Metrics   map[string]Value `json:"metrics,omitempty"`
	Latency   eval.Latency     `json:"latency_ms"`
	Tokens    float64          `json:"tokens"` // of an answer, on average
}

// Value is a mean over the cases and its interval.
type Value struct {
	Value    float64       `json:"value"`
	Interval eval.Interval `json:"interval"`
}

func valueOf(values []float64) Value {
	m, i := eval.MeanOf(values, eval.Bootstrap{})
	return Value{m, i}
}

// Scores sums every contender up.
func (r *Run) Scores() []Score {
	out := make([]Score, len(r.Contenders))
	for i := range out {
		out[i] = r.score(i)
	}
	return out
}

func (r *Run) score(contender int) Score {
	s := Score{Name: r.Contenders[contender].Name, Metrics: map[string]Value{}}
	var pass, score []float64
	var took []time.Duration
	metrics := map[string][]float64{}
	for _, rows := range r.byCase(contender) {
		if len(rows) == 0 {
			continue
		}
		s.Cases++
		passed, sum, answers := 0, 0.0, map[string]int{}
		named := map[string][]float64{}
		for _, row := range rows {
			s.Answers++
			if row.Pass {
				passed++
			}
			if row.Error != "" {
				s.Errors++
			} else {
				took = append(took, time.Duration(row.MS*float64(time.Millisecond)))
				s.Tokens += float64(row.CompletionTokens)
			}
			sum += row.Score
			answers[row.Output]++
			for _, k := range row.Checks {
				if k.Metric != "" {
					named[k.Metric] = append(named[k.Metric], k.Score)
				}
			}
		}
		n := float64(len(rows))
		s.Passed += passed
		pass, score = append(pass, float64(passed)/n), append(score, sum/n)
		if passed > 0 {
			s.PassAny++
		}
		if passed == len(rows) {
			s.PassAll++
		}
		most := 0
		for _, c := range answers {
			most = max(most, c)
		}
		s.Agreement += float64(most) / n
		for name, v := range named {
			sum := 0.0
			for _, x := range v {
				sum += x
			}
			metrics[name] = append(metrics[name], sum/float64(len(v)))
		}
	}
	if s.Cases == 0 {
		return s
	}
	n := float64(s.Cases)
	s.PassAny, s.PassAll, s.Agreement = s.PassAny/n, s.PassAll/n, s.Agreement/n
	s.PassRate, s.Score = valueOf(pass), valueOf(score)
	if r.Repeat == 1 {
		s.PassRate.Interval = eval.Wilson(s.Passed, s.Cases)
	}
	for name, v := range metrics {
		s.Metrics[name] = valueOf(v)
	}
	s.Latency = eval.LatencyOf(took)
	s.Tokens /= max(float64(s.Answers-s.Errors), 1)
	return s
}

// MetricNames are the metrics that some contender has, in order.
func MetricNames(scores []Score) []string {
	var names []string
	for _, s := range scores {
		for name := range s.Metrics {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// byCase are a contender's rows, a list for each case.
func (r *Run) byCase(contender int) [][]Row {
	out := make([][]Row, len(r.Cases))
	for _, row := range r.Rows {
		if row.Contender == contender && row.Case < len(out) {
			out[row.Case] = append(out[row.Case], row)
		}
	}
	return out
}

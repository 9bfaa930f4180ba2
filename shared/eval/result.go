package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Result is an evaluation. Its JSON has one key a metric (see Metrics) and those of the fields.
type Result struct {
	Values    map[string]float64 // by metric; those that need probabilities are absent without
	N         int
	Intervals map[string]Interval // by metric, 95 %
	Confusion [][]int             // row: true class, column: predicted class
	Classes   []ClassScore
	Average   string // what precision, recall and f1 are: "binary" or "macro"
	Positive  string // the class they are of, if binary

	Latency         Latency // the rest is measured by the caller
	ThroughputQPS   float64
	PeakMemoryBytes int64
}

// ClassScore is how well one class is recognised.
type ClassScore struct {
	Class             string   `json:"class"`
	Precision         float64  `json:"precision"`
	Recall            float64  `json:"recall"`
	F1                float64  `json:"f1"`
	Support           int      `json:"support"`   // rows whose label it is
	Predicted         int      `json:"predicted"` // rows of which it was said
	PrecisionInterval Interval `json:"precision_interval"`
	RecallInterval    Interval `json:"recall_interval"`
}

// Score computes everything of some answers but latency, throughput and memory.
func (a *Answers) Score(boot Bootstrap) (*Result, error) {
	if a.Len() == 0 {
		return nil, fmt.Errorf("no answers to score")
	}
	c := a.Confusion()
	r := &Result{N: a.Len(), Confusion: c.Rows(), Values: map[string]float64{}, Intervals: map[string]Interval{},
		Average: "macro"}
	if len(a.classes) == 2 {
		r.Average, r.Positive = "binary", a.classes[a.positive]
	}
	var drawn []Metric // metrics whose interval is drawn
	for _, m := range Metrics {
		v, ok := m.Value(a)
		if !ok {
			continue
		}
		r.Values[m.Name] = v
		if m.proportion != nil {
			if right, n, ok := m.proportion(c, a.positive); ok {
				r.Intervals[m.Name] = Wilson(right, n)
				continue
			}
		}
		if m.ofAll == nil {
			drawn = append(drawn, m)
		}
	}
	for i, interval := range boot.intervals(a, drawn) {
		r.Intervals[drawn[i].Name] = interval
	}
	for i, name := range a.classes {
		x := c.Of(i)
		r.Classes = append(r.Classes, ClassScore{name, x.Precision, x.Recall, x.F1, c.Support(i), c.Predicted(i),
			Wilson(c.At(i, i), c.Predicted(i)), Wilson(c.At(i, i), c.Support(i))})
	}
	return r, nil
}

// fields are the keys of a Result that are not metrics.
type fields struct {
	N               int                 `json:"n"`
	Average         string              `json:"average"`
	Positive        string              `json:"positive,omitempty"`
	Intervals       map[string]Interval `json:"intervals"`
	Confusion       [][]int             `json:"confusion"`
	Classes         []ClassScore        `json:"classes"`
	Latency         Latency             `json:"latency_ms"`
	ThroughputQPS   float64             `json:"throughput_qps"`
	PeakMemoryBytes int64               `json:"peak_memory_bytes"`
}

// MarshalJSON writes the metrics in the order of their table, then the fields.
func (r Result) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, m := range Metrics {
		if v, ok := r.Values[m.Name]; ok {
			value, err := json.Marshal(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
			fmt.Fprintf(&b, "%q:%s,", m.Name, value)
		}
	}
	rest, err := json.Marshal(fields{r.N, r.Average, r.Positive, r.Intervals, r.Confusion, r.Classes, r.Latency, r.ThroughputQPS, r.PeakMemoryBytes})
	if err != nil {
		return nil, err
	}
	b.Write(rest[1:])
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes; other keys are ignored.
func (r *Result) UnmarshalJSON(data []byte) error {
	var keys map[string]json.RawMessage
	var f fields
	if err := json.Unmarshal(data, &keys); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return err
	}
	*r = Result{map[string]float64{}, f.N, f.Intervals, f.Confusion, f.Classes, f.Average, f.Positive, f.Latency, f.ThroughputQPS, f.PeakMemoryBytes}
	for _, m := range Metrics {
		if raw, ok := keys[m.Name]; ok {
			var v float64
			if err := json.Unmarshal(raw, &v); err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
			r.Values[m.Name] = v
		}
	}
	return nil
}

// Summary are the metrics as rows of a table: name, value, interval.
func (r *Result) Summary() [][]string {
	var rows [][]string
	for _, m := range Metrics {
		v, ok := r.Values[m.Name]
		if !ok {
			continue
		}
		row := []string{m.Name, fmt.Sprintf("%.4f", v), ""}
		if i, ok := r.Intervals[m.Name]; ok {
			row[2] = i.String()
		}
		rows = append(rows, row)
	}
	return rows
}

package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Result is an evaluation. Its JSON has one key a metric (see Metrics), null where the answers do not define it, and those of
// its fields.
type Result struct {
	Values    map[string]float64  `json:"-"` // by metric; those that need probabilities are absent without
	N         int                 `json:"n"`
	Missing   int                 `json:"missing"`            // rows without an answer, which count as wrong
	Average   string              `json:"average"`            // what precision, recall and f1 are: "binary" or "macro"
	Positive  string              `json:"positive,omitempty"` // the class they are of, if binary
	Intervals map[string]Interval `json:"intervals"`          // by metric, 95 %
	Labels    []string            `json:"labels"`             // names of the classes in the order of Confusion
	Confusion [][]int             `json:"confusion"`          // row: true class, column: predicted class
	Classes   []ClassScore        `json:"classes"`

	Reliability []Bin        `json:"reliability,omitempty"` // nil without probabilities, as Selective
	Selective   *Selective   `json:"selective,omitempty"`
	Calibration *Calibration `json:"calibration,omitempty"` // nil if no temperature was fitted
	Draws       int          `json:"bootstrap_draws"`
	Warnings    []string     `json:"warnings,omitempty"`

	Latency         *Latency  `json:"latency_ms,omitempty"` // the rest is measured by the caller
	ThroughputQPS   float64   `json:"throughput_qps,omitempty"`
	Loads           []*Load   `json:"load,omitempty"`
	PeakMemoryBytes int64     `json:"peak_memory_bytes,omitempty"`
	Feedback        *Feedback `json:"feedback,omitempty"`
	Targets         []Check   `json:"targets,omitempty"`
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
	ROCAUC            *float64 `json:"roc_auc,omitempty"` // against the rest; absent where not defined
	AveragePrecision  *float64 `json:"average_precision,omitempty"`
}

// Score computes everything of some answers but latency, throughput and memory.
func (a *Answers) Score(boot Bootstrap) (*Result, error) {
	if a.Len() == 0 {
		return nil, fmt.Errorf("no answers to score")
	}
	c := a.Confusion()
	r := &Result{N: a.Len(), Missing: a.Len() - c.answered(), Labels: a.classes, Confusion: c.Rows(), Values: map[string]float64{},
		Intervals: map[string]Interval{}, Average: "macro", Reliability: a.Reliability(), Selective: a.Selective(), Draws: boot.draws(a)}
	if len(a.classes) == 2 {
		r.Average, r.Positive = "binary", a.classes[a.positive]
	}
	var drawn []Metric // metrics whose interval is drawn
	under := a.areas()
	for _, m := range Metrics {
		v, ok := m.value(a, c, under)
		if !ok {
			continue
		}
		r.Values[m.Name] = v
		if math.IsNaN(v) {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s is not defined: %s", m.Name, a.oneSided()))
			continue
		}
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
		if interval != nil {
			r.Intervals[drawn[i].Name] = *interval
		}
	}
	for i, name := range a.classes {
		x := c.Of(i)
		s := ClassScore{Class: name, Precision: x.Precision, Recall: x.Recall, F1: x.F1, Support: c.Support(i), Predicted: c.Predicted(i),
			PrecisionInterval: Wilson(c.RightOf(i), c.Predicted(i)), RecallInterval: Wilson(c.RightOf(i), c.Support(i))}
		if under != nil && c.Support(i) > 0 && c.Support(i) < a.Len() {
			s.ROCAUC, s.AveragePrecision = &under[i].roc, &under[i].average
		}
		r.Classes = append(r.Classes, s)
	}
	return r, nil
}

// oneSided says what these answers lack that some metric needs.
func (a *Answers) oneSided() string {
	c := a.Confusion()
	for i, name := range a.classes {
		switch c.Support(i) {
		case a.Len():
			return fmt.Sprintf("all labels are %q", name)
		case 0:
			return fmt.Sprintf("no label is %q", name)
		}
	}
	return "labels and predictions leave it open"
}

// MarshalJSON writes the metrics in the order of their table, then the fields.
func (r Result) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for _, m := range Metrics {
		v, ok := r.Values[m.Name]
		if !ok {
			continue
		}
		value := []byte("null")
		if !math.IsNaN(v) {
			var err error
			if value, err = json.Marshal(v); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
		fmt.Fprintf(&b, "%q:%s,", m.Name, value)
	}
	type plain Result
	var rest bytes.Buffer
	e := json.NewEncoder(&rest)
	e.SetEscapeHTML(false)
	if err := e.Encode(plain(r)); err != nil {
		return nil, err
	}
	b.Write(rest.Bytes()[1:])
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes; other keys are ignored.
func (r *Result) UnmarshalJSON(data []byte) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return err
	}
	type plain Result
	var p plain
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	*r = Result(p)
	r.Values = map[string]float64{}
	for _, m := range Metrics {
		if raw, ok := keys[m.Name]; ok {
			v := math.NaN()
			if string(raw) != "null" {
				if err := json.Unmarshal(raw, &v); err != nil {
					return fmt.Errorf("%s: %w", m.Name, err)
				}
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
		row := []string{m.Name, "–", ""}
		if !math.IsNaN(v) {
			row[1] = fmt.Sprintf("%.4f", v)
		}
		if i, ok := r.Intervals[m.Name]; ok {
			row[2] = i.String()
		}
		rows = append(rows, row)
	}
	return rows
}

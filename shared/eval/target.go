package eval

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Target is what a value shall be.
type Target struct {
	Name  string  `json:"target"`
	Op    string  `json:"op"` // one of <, <=, >, >=
	Limit float64 `json:"limit"`
}

// Targets is the default table, of the reference article: the share of right answers and the class metrics, latency on average,
// throughput, memory, what the business gains and what it has to review.
var Targets = []Target{
	{"accuracy", ">", 0.90}, {"precision", ">", 0.85}, {"recall", ">", 0.85}, {"f1", ">", 0.85},
	{"latency_ms", "<", 500}, {"throughput_qps", ">", 100}, {"peak_memory_gb", "<", 10},
	{"conversion_uplift", ">=", 0.10}, {"review_rate", "<", 0.05},
}

// measures are the names a target may have beside those of Metrics.
var measures = []string{"latency_ms", "latency_p50_ms", "latency_p90_ms", "latency_p95_ms", "latency_p99_ms", "throughput_qps", "peak_memory_gb",
	"conversion_uplift", "review_rate", "perplexity", "exact_match", "bleu", "chrf", "rouge1", "rouge2", "rougeL", "json_valid", "pass_rate"}

// maxTargetBytes is far more than any table of targets has.
const maxTargetBytes = 64 << 10

// ParseTargets reads a table of targets, YAML or JSON: an object from a name to a condition such as "> 90%" or "< 500".
func ParseTargets(data []byte) ([]Target, error) {
	if len(data) > maxTargetBytes {
		return nil, fmt.Errorf("targets: %d bytes, expected at most %d", len(data), maxTargetBytes)
	}
	var root yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&root); err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("targets: expected an object from names to conditions")
	}
	object := root.Content[0]
	if len(object.Content) == 2 && object.Content[0].Value == "targets" && object.Content[1].Kind == yaml.MappingNode {
		object = object.Content[1]
	}
	var out []Target
	for i := 0; i+1 < len(object.Content); i += 2 {
		name, condition := object.Content[i], object.Content[i+1]
		at := fmt.Sprintf("targets:%d:%d: ", name.Line, name.Column)
		if _, ok := Find(name.Value); !ok && !slices.Contains(measures, name.Value) {
			return nil, fmt.Errorf("%s%q is not known, expected one of %s", at, name.Value, strings.Join(append(Names(), measures...), ", "))
		}
		if condition.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("%s%s: expected a condition such as \"> 90%%\"", at, name.Value)
		}
		t, err := parseCondition(condition.Value)
		if err != nil {
			return nil, fmt.Errorf("%s%s: %w", at, name.Value, err)
		}
		t.Name = strings.TrimPrefix(name.Value, "eval_")
		if slices.ContainsFunc(out, func(o Target) bool { return o.Name == t.Name && o.Op[0] == t.Op[0] }) {
			return nil, fmt.Errorf("%s%s: a second condition of the same direction", at, name.Value)
		}
		out = append(out, t)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("targets: none")
	}
	return out, nil
}

// parseCondition reads "> 0.9", ">= 90 %", "< 500".
func parseCondition(s string) (Target, error) {
	s = strings.TrimSpace(s)
	n := len(s) - len(strings.TrimLeft(s, "<>="))
	op, number := s[:n], strings.TrimSpace(s[n:])
	switch op {
	case "<", "<=", ">", ">=":
	default:
		return Target{}, fmt.Errorf("condition %q, expected <, <=, > or >= and a number", s)
	}
	number, percent := strings.CutSuffix(number, "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return Target{}, fmt.Errorf("condition %q, expected a number after %s", s, op)
	}
	if percent {
		v /= 100
	}
	return Target{Op: op, Limit: v}, nil
}

// Verdict is what is known of a target.
type Verdict string

// The verdicts. The interval of a value decides: if the limit lies in it, more data are needed.
const (
	Pass          Verdict = "pass"
	Fail          Verdict = "fail"
	NotEnoughData Verdict = "not enough data"
	NotMeasured   Verdict = "not measured"
)

// Measure is a value with what is known of its uncertainty.
type Measure struct {
	Value    float64   `json:"value"`
	Interval *Interval `json:"interval,omitempty"` // nil: not known, or none
}

// Check is a target with its verdict.
type Check struct {
	Target
	Measure *Measure `json:"measured,omitempty"`
	Verdict Verdict  `json:"verdict"`
}

// keeps reports whether a value keeps the target.
func (t Target) keeps(v float64) bool {
	switch t.Op {
	case "<":
		return v < t.Limit
	case "<=":
		return v <= t.Limit
	case ">":
		return v > t.Limit
	}
	return v >= t.Limit
}

// CheckTargets judges measures by targets.
func CheckTargets(targets []Target, measured map[string]Measure) []Check {
	out := make([]Check, len(targets))
	for i, t := range targets {
		out[i] = Check{t, nil, NotMeasured}
		m, ok := measured[t.Name]
		if !ok || math.IsNaN(m.Value) {
			continue
		}
		low, high := m.Value, m.Value
		if m.Interval != nil {
			low, high = m.Interval.Low, m.Interval.High
		}
		out[i].Measure = &m
		switch l, h := t.keeps(low), t.keeps(high); {
		case l && h:
			out[i].Verdict = Pass
		case !l && !h:
			out[i].Verdict = Fail
		default:
			out[i].Verdict = NotEnoughData
		}
	}
	return out
}

// Measures are the values of a result that targets may be about.
func (r *Result) Measures() map[string]Measure {
	out := map[string]Measure{}
	for name, v := range r.Values {
		m := Measure{Value: v}
		if i, ok := r.Intervals[name]; ok {
			m.Interval = &i
		}
		out[name] = m
	}
	if l := r.Latency; l != nil {
		maps.Copy(out, map[string]Measure{"latency_ms": {l.Mean, l.MeanInterval}, "latency_p50_ms": {l.P50, nil}, "latency_p90_ms": {l.P90, nil},
			"latency_p95_ms": {l.P95, nil}, "latency_p99_ms": {l.P99, nil}})
	}
	if r.ThroughputQPS > 0 {
		out["throughput_qps"] = Measure{Value: r.ThroughputQPS}
	}
	if r.PeakMemoryBytes > 0 {
		out["peak_memory_gb"] = Measure{Value: float64(r.PeakMemoryBytes) / 1e9}
	}
	if r.Feedback != nil {
		maps.Copy(out, r.Feedback.Measures())
	}
	if s := r.Selective; s != nil && s.Choice != nil && s.Choice.Found {
		m := Measure{Value: s.Choice.ReviewRate}
		if t := s.Choice.OnTest; t != nil {
			m = Measure{t.ReviewRate, &t.ReviewInterval}
		}
		if _, measured := out["review_rate"]; !measured { // what people did comes before what would be asked of them
			out["review_rate"] = m
		}
	}
	return out
}

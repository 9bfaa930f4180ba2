package eval

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestResultJSON(t *testing.T) {
	a := answersOf(t, 2, 1, []int32{0, 1, 1, 0}, []int32{0, 1, 0, 0}, [][]float64{{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}, {0.7, 0.3}})
	r, err := a.Score(Bootstrap{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	r.Latency = &Latency{Mean: 1, P50: 2, P95: 3, P99: 4}
	r.ThroughputQPS, r.PeakMemoryBytes = 7, 1<<30
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	// the contract of graft eval --json
	for _, key := range strings.Fields("accuracy precision recall f1 macro_f1 confusion n latency_ms throughput_qps peak_memory_bytes intervals") {
		if _, ok := keys[key]; !ok {
			t.Errorf("key %s is missing in %s", key, data)
		}
	}
	if l, ok := keys["latency_ms"].(map[string]any); !ok || l["mean"] != 1.0 || l["p50"] != 2.0 || l["p95"] != 3.0 || l["p99"] != 4.0 {
		t.Errorf("latency %v", keys["latency_ms"])
	}
	if keys["accuracy"] != 0.75 || keys["recall"] != 0.5 || keys["average"] != "binary" || keys["positive"] != "b" {
		t.Errorf("got %s", data)
	}
	var back Result
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, *r) {
		t.Errorf("read back\n%+v\nexpected\n%+v", back, *r)
	}
	if err := json.Unmarshal([]byte(`{"accuracy":"high"}`), &back); err == nil {
		t.Error("a text is read as a metric")
	}
}

func TestSummary(t *testing.T) {
	r, err := answersOf(t, 3, 2, []int32{0, 1, 2}, []int32{0, 1, 1}, nil).Score(Bootstrap{Draws: 100})
	if err != nil {
		t.Fatal(err)
	}
	rows := r.Summary()
	if len(rows) != 16 || !reflect.DeepEqual(rows[0], []string{"accuracy", "0.6667", "[0.2077, 0.9385]"}) {
		t.Errorf("got %d rows, first %q", len(rows), rows[0])
	}
	if r.Average != "macro" || r.Positive != "" {
		t.Errorf("three classes: %q %q", r.Average, r.Positive)
	}
}

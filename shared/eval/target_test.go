package eval

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseTargets(t *testing.T) {
	for _, test := range []struct {
		data string
		want []Target
		err  string
	}{
		{"targets:\n  accuracy: '> 90 %'\n  latency_ms: < 500\n", []Target{{"accuracy", ">", 0.9}, {"latency_ms", "<", 500}}, ""},
		{`{"eval_f1": ">=0.85", "review_rate": "<5%"}`, []Target{{"f1", ">=", 0.85}, {"review_rate", "<", 0.05}}, ""},
		{"ece: '> 0.01'\n# both ends\n", []Target{{"ece", ">", 0.01}}, ""},
		{"acuracy: '> 0.9'", nil, `targets:1:1: "acuracy" is not known`},
		{"accuracy: 0.9", nil, `condition "0.9", expected <, <=, > or >=`},
		{"accuracy: '> many'", nil, `expected a number after >`},
		{"accuracy: '> NaN'", nil, `expected a number after >`},
		{"accuracy: ['> 1']", nil, "expected a condition"},
		{"accuracy: '> 0.9'\neval_accuracy: '>= 0.8'", nil, "a second condition"},
		{"- accuracy", nil, "expected an object"},
		{"", nil, "targets: EOF"},
		{"{}", nil, "targets: none"},
		{strings.Repeat("#\n", 40000), nil, "expected at most"},
	} {
		got, err := ParseTargets([]byte(test.data))
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%.40q: got %v, %v", test.data, got, err)
		}
	}
}

func TestCheckTargets(t *testing.T) {
	measured := map[string]Measure{"accuracy": {0.92, &Interval{0.91, 0.93}}, "f1": {0.87, &Interval{0.84, 0.9}}, "recall": {0.7, &Interval{0.6, 0.8}},
		"latency_ms": {500, nil}, "review_rate": {0.04, &Interval{0.03, 0.05}}}
	want := map[string]Verdict{"accuracy": Pass, "precision": NotMeasured, "recall": Fail, "f1": NotEnoughData, "latency_ms": Fail, "throughput_qps": NotMeasured,
		"peak_memory_gb": NotMeasured, "conversion_uplift": NotMeasured, "review_rate": NotEnoughData}
	for _, c := range CheckTargets(Targets, measured) {
		if c.Verdict != want[c.Name] {
			t.Errorf("%s: %s, expected %s", c.Name, c.Verdict, want[c.Name])
		}
		delete(want, c.Name)
	}
	if len(want) > 0 {
		t.Errorf("not judged: %v", want)
	}
	for _, target := range Targets {
		if target.keeps(target.Limit) != (len(target.Op) == 2) {
			t.Errorf("%s %s at the limit", target.Name, target.Op)
		}
	}
}

func FuzzParseTargets(f *testing.F) {
	f.Add([]byte("accuracy: '> 90 %'\n"))
	f.Add([]byte(`{"targets":{"f1":"<1"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		targets, err := ParseTargets(data)
		if err == nil && len(targets) == 0 {
			t.Error("no targets and no error")
		}
	})
}

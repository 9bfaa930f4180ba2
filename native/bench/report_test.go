package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/native/term"
)

// sample is a report of one contest with made-up figures.
func sample() *Report {
	c := &Contest{Name: "speed", Title: "Model", Metrics: []Metric{{Name: "decode", Unit: "tokens/s", Key: "rate"}, PeakMemory()},
		Contestants: []Contestant{{Name: "graft", Command: []string{"measure", "speed"}}, {Name: "peer", Command: []string{"python", "it's.py"}, Env: []string{"THREADS=2"}}}}
	outcome := func(rate, mib float64) *Outcome {
		return &Outcome{Others: 0.25, Result: map[string]any{"rate": rate, "peer": "p", "version": "2.0", processKey: map[string]any{"peak_memory_bytes": mib * (1 << 20)}}}
	}
	r := NewReport(3, 2)
	r.Machine = Machine{CPU: "Z80", Cores: 1, ISA: []string{"AVX2"}, System: "cp/m"}
	r.Suites = []string{"cpu"}
	r.Add(c, &Runs{Outcomes: [][]*Outcome{{outcome(600, 100), outcome(630, 101), outcome(590, 102)}, {outcome(200, 400), outcome(210, 400), outcome(190, 400)}}, Errors: make([]error, 2)})
	return r
}

const wantTable = `work   figure            program  median  min–max  graft ÷ it
─────────────────────────────────────────────────────────────
Model  decode, tokens/s  graft       600  590–630
                         peer        200  190–210        3.00
       peak memory, MiB  graft       101  100–102
                         peer        400  400–400        0.25

machine: Z80, 1 cores, AVX2, cp/m
3 interleaved rounds, each program a new process with 2 threads; graft ÷ it: median of the rounds' ratios
measured: p: 2.0
WARNING: other processes took up to 25 % of the machine during a run: repeat this on an idle one
`

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sample().Table(term.Plain(&b), &b); err != nil || b.String() != wantTable {
		t.Errorf("%v\n%s\nexpected\n%s", err, b.String(), wantTable)
	}
}

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	if err := sample().Save(dir); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "bench-cpu.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| work | figure | program | median | min–max | graft ÷ it |\n| --- | --- | --- | ---: | ---: | ---: |\n",
		"| Model | decode, tokens/s | graft | 600 | 590–630 |  |\n|  |  | peer | 200 | 190–210 | 3.00 |\n",
		"- machine: Z80",
		"# Model\nmeasure speed\nTHREADS=2 python 'it'\\''s.py'\n",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "bench-cpu.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Lines) != 4 || r.Lines[1].Ratio.Median != 3 || len(r.Contests[0].Results[1]) != 3 {
		t.Errorf("read back %+v", r)
	}
}

func TestSummary(t *testing.T) {
	for _, c := range []struct {
		values           []float64
		median, min, max float64
	}{
		{[]float64{5}, 5, 5, 5},
		{[]float64{9, 1}, 5, 1, 9},
		{[]float64{3, 1, 2}, 2, 1, 3},
		{[]float64{4, 1, 3, 2}, 2.5, 1, 4},
	} {
		if s := summarize(c.values); s.Median != c.median || s.Min != c.min || s.Max != c.max {
			t.Errorf("%v: %+v", c.values, s)
		}
	}
	if summarize(nil) != nil {
		t.Error("a summary of nothing")
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{1234.5: "1234", 123.4: "123", 12.34: "12.3", 1.234: "1.23", 0.01234: "0.0123", 0: "0"} {
		if got := number(v); got != want {
			t.Errorf("%g: %q, expected %q", v, got, want)
		}
	}
}

func TestChecks(t *testing.T) {
	list := func(s string) any {
		var v any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		check Check
		a, b  any
		want  bool
	}{
		{Equal("x"), 1.0, 1.0, true},
		{Equal("x"), 1.0, 2.0, false},
		{Equal("x"), nil, nil, false}, // neither says it
		{Equal("x"), list("[1,2]"), list("[1,2]"), true},
		{Near("x", 0.5), 1.0, 1.5, true},
		{Near("x", 0.5), 1.0, 1.6, false},
		{Near("x", 0.5), 1.0, nil, false},
		{Ranked("x"), list("[1,2,3]"), list("[2,1,4]"), true},
		{Ranked("x"), list("[1,2,3]"), list("[2,4,5]"), false},
		{Ranked("x"), list("[]"), list("[]"), false},
	} {
		err := compare([]Check{c.check}, map[string]any{"x": c.a}, map[string]any{"x": c.b})
		if (err == nil) != c.want {
			t.Errorf("%v and %v: %v", c.a, c.b, err)
		}
	}
}

func TestMachine(t *testing.T) {
	var m Machine
	m.describe("processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx2 fma avx512_vnni\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\nflags\t\t: fpu avx2\n")
	if m.CPU != "AMD EPYC" || strings.Join(m.ISA, " ") != "FMA AVX2 AVX512-VNNI" {
		t.Errorf("%+v", m)
	}
	if s := ThisMachine().String(); !strings.Contains(s, "cores") {
		t.Errorf("this machine is %q", s)
	}
}

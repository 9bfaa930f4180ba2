package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"graft/shared/eval"
)

// document is of two systems and three classes, with texts that mean something to each format.
func document(t *testing.T) *Document {
	t.Helper()
	classes := []string{"<负面>", "中|性", "正面"}
	d := &Document{Title: "a & b", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Version: "test", Platform: "linux/amd64",
		Identity: [][2]string{{"data", "test.csv"}, {"adapter", ""}}}
	var systems []eval.System
	for s, name := range []string{"full", "LoRA"} {
		a, err := eval.NewAnswers(classes, "")
		if err != nil {
			t.Fatal(err)
		}
		for i := range int32(60) {
			pred := i % 3
			if i%10 == 0 && s == 0 || i == 7 {
				pred = (pred + 1) % 3
			}
			probs := []float64{0.1, 0.1, 0.1}
			probs[pred] = 0.8
			if err := a.Add(i%3, pred, probs); err != nil {
				t.Fatal(err)
			}
			if s == 0 {
				d.Items = append(d.Items, Item{Text: "<script>alert(1)</script> \x01 \"x\", " + name, Label: classes[i%3]})
			}
		}
		r, err := a.Score(eval.Bootstrap{Draws: 50})
		if err != nil {
			t.Fatal(err)
		}
		l := eval.LatencyOf([]time.Duration{time.Millisecond, 2 * time.Millisecond})
		r.Latency, r.ThroughputQPS, r.PeakMemoryBytes = &l, 100, 5e8
		r.Targets = eval.CheckTargets(eval.Targets, r.Measures())
		d.Systems = append(d.Systems, System{Name: name, Result: r, Answers: a, Curves: CurvesOf(a, ""), Training: &Training{Seconds: 3}})
		systems = append(systems, eval.System{Name: name, Answers: a})
	}
	var err error
	if d.Comparison, err = eval.CompareSystems(systems, eval.Bootstrap{Draws: 50}); err != nil {
		t.Fatal(err)
	}
	d.Chart = func() ([]byte, error) { return []byte("<svg>chart</svg>"), nil }
	return d
}

func TestSave(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "report")
	d := document(t)
	if err := Save(dir, d); err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var back Document
	if err := json.Unmarshal(read("report.json"), &back); err != nil {
		t.Fatal(err)
	}
	if back.Format != 1 || len(back.Systems) != 2 || back.Systems[1].Result.Values["accuracy"] != d.Systems[1].Result.Values["accuracy"] || len(back.Comparison.Pairs) != 1 {
		t.Errorf("JSON: %+v", back)
	}
	html := string(read("report.html"))
	for _, want := range []string{"<svg>chart</svg>", "a &amp; b", "&lt;负面&gt;", `<span class="zh">混淆矩阵</span>`, "&lt;script&gt;alert(1)", "<polyline", "full → LoRA"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, bad := range []string{"<script>alert", "http://", "https://", "ZgotmplZ"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	var suites junitSuites
	if err := xml.Unmarshal(read("junit.xml"), &suites); err != nil {
		t.Fatal(err)
	}
	if s := suites.Suites; len(s) != 2 || s[0].Tests != len(eval.Targets) || s[0].Failures != 1 || s[0].Skipped == 0 || len(s[0].Cases) != len(eval.Targets) { // 10 % wrong: throughput fails at 100
		t.Errorf("JUnit: %+v", s)
	}
	rows, err := csv.NewReader(bytes.NewReader(read("predictions.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+2*60 || strings.Join(rows[0], ",") != "system,row,text,label,pred,prob_<负面>,prob_中|性,prob_正面" {
		t.Errorf("CSV: %d rows, header %q", len(rows), rows[0])
	}
	md := string(read("report.md"))
	for _, line := range strings.Split(md, "\n") {
		if strings.HasPrefix(line, "| 中") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") < 4 {
			t.Errorf("Markdown: %s", line)
		}
	}
	if !strings.Contains(md, "## Confusion matrix") || strings.Contains(md, "<script>") {
		t.Errorf("Markdown:\n%s", md)
	}
	d.Chinese = true
	var b strings.Builder
	if err := WriteMarkdown(&b, d); err != nil || !strings.Contains(b.String(), "混淆矩阵") {
		t.Errorf("Markdown in Chinese: %v", err)
	}
}

// TestPredictionsAreReadAgain: the CSV of one system is what graft eval --predictions reads, with the same result.
func TestPredictionsAreReadAgain(t *testing.T) {
	d := document(t)
	d.Systems = d.Systems[:1]
	var b bytes.Buffer
	if err := WritePredictions(&b, d); err != nil {
		t.Fatal(err)
	}
	p, err := eval.ReadPredictions(&b, "predictions.csv", eval.PredictionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Score(eval.Bootstrap{Draws: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"accuracy", "macro_f1", "roc_auc", "log_loss", "ece"} {
		// classes come in another order, and sums with them
		if got, want := r.Values[name], d.Systems[0].Result.Values[name]; got-want > 1e-12 || want-got > 1e-12 {
			t.Errorf("%s is %v, was %v", name, got, want)
		}
	}
}

func TestLegal(t *testing.T) {
	if got := legal("a\x01b\ufffe中\tc\x00"); got != "a\ufffdb\ufffd中\tc\ufffd" {
		t.Errorf("got %q", got)
	}
	if err := xml.NewDecoder(strings.NewReader("<a>" + legal("\x02") + "</a>")).Decode(new(struct{})); err != nil && err != io.EOF {
		t.Error(err)
	}
}

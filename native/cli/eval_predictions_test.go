package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEvalPredictions: the file of another system is scored, what is odd is said on standard error, and nothing else is on
// standard output.
func TestEvalPredictions(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "p.csv"), "\ufefftext,label,pred,prob_0,prob_1\n\"a,b\",正面,正面,0.2,0.8\nb,负面,负面,0.9,0.1\nc,正面,负面,0.6,0.4\n")
	exit, out, warnings := run(t, "", "eval", "--predictions", path, "--json")
	if exit != exitOK || len(lines(out)) != 1 {
		t.Fatalf("exit code %d: %s%s", exit, out, warnings)
	}
	r := object(t, out)
	for key, want := range map[string]any{"accuracy": 2.0 / 3, "recall": 0.5, "precision": 1.0, "roc_auc": 1.0, "n": 3.0, "positive": "正面", "average": "binary"} {
		if r[key] != want {
			t.Errorf("%s is %v, expected %v", key, r[key], want)
		}
	}
	if !strings.Contains(warnings, `["负面" "正面"] in this order`) {
		t.Errorf("warnings %q", warnings)
	}
	exit, out, _ = run(t, "label,pred\n1,1\n1,1\n", "eval", "--predictions", "-", "--json")
	if r := object(t, out); exit != exitOK || r["cohen_kappa"] != nil || r["accuracy"] != 1.0 {
		t.Errorf("of standard input: exit code %d, %s", exit, out)
	}
	if out := must(t, "eval", "--predictions", path, "--labels", "负面,正面", "--lang", "zh"); !strings.Contains(out, "真实 \\ 预测") || !strings.Contains(out, "0.6667") {
		t.Errorf("for a person:\n%s", out)
	}
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"--predictions", path, "--data", path}, exitUsage, "--data does not go with it"},
		{[]string{"--predictions", path, "--missing", "guess"}, exitUsage, `--missing is "guess"`},
		{[]string{"--predictions", path + "x"}, exitFailure, "no such file"},
		{[]string{"--predictions", write(t, filepath.Join(t.TempDir(), "e.csv"), "label,pred\n1,\n")}, exitFailure, "e.csv:2: pred is empty"},
	} {
		if exit, out, stderr := run(t, "", append([]string{"eval"}, c.args...)...); exit != c.exit || out != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, %q, %q", c.args, exit, out, stderr)
		}
	}
}

// TestEvalJudgement: targets, temperature, threshold, feedback and report of one file.
func TestEvalJudgement(t *testing.T) {
	dir := t.TempDir()
	var b, log strings.Builder
	b.WriteString("text,label,prob_0,prob_1\n")
	for i := range 400 {
		p := 0.55 + 0.4*float64(i%100)/100
		fmt.Fprintf(&b, "t%d,%d,%g,%g\n", i, (i+boolInt(i%100 < 30 && i%3 == 0))%2, []float64{p, 1 - p}[i%2], []float64{1 - p, p}[i%2])
	}
	path := write(t, filepath.Join(dir, "p.csv"), b.String())
	log.WriteString("variant,converted\n")
	for i := range 4000 {
		fmt.Fprintf(&log, "%s,%d\n", []string{"control", "new"}[i%2], boolInt(i%10 < 1+i%2*3))
	}
	feedback := write(t, filepath.Join(dir, "log.csv"), log.String())
	targets := write(t, filepath.Join(dir, "targets.yaml"), "accuracy: '> 80 %'\nreview_rate: < 0.6\nconversion_uplift: '>= 10 %'\n")
	report := filepath.Join(dir, "report")
	out := must(t, "eval", "--predictions", path, "--calibrate", path, "--max-error", "10%", "--targets", targets, "--feedback", feedback, "--report", report, "--json", "--strict")
	r := object(t, out)
	for _, c := range r["targets"].([]any) {
		if c := c.(map[string]any); c["verdict"] != "pass" {
			t.Errorf("%v", c)
		}
	}
	if k := r["calibration"].(map[string]any); k["after"].(map[string]any)["log_loss"].(float64) > k["log_loss_before"].(float64) {
		t.Errorf("calibration %v", k)
	}
	if s := r["selective"].(map[string]any)["threshold"].(map[string]any); s["found"] != true || s["error_rate_bound"].(float64) > 0.1 || s["on_test"] == nil {
		t.Errorf("threshold %v", s)
	}
	for _, name := range []string{"report.json", "report.md", "report.html", "junit.xml", "predictions.csv"} {
		if info, err := os.Stat(filepath.Join(report, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if out := must(t, "eval", "--predictions", path, "--max-review-rate", "0.5", "--feedback", feedback, "--targets", "article", "--lang", "zh"); !strings.Contains(out, "人工审核") || !strings.Contains(out, "数据不足") && !strings.Contains(out, "通过") {
		t.Errorf("for a person:\n%s", out)
	}
	if f := object(t, must(t, "eval", "--feedback", feedback, "--json")); f["sample_ratio"].(map[string]any)["mismatch"] != false {
		t.Errorf("feedback %v", f)
	}
	texts := write(t, filepath.Join(dir, "g.csv"), "prediction,reference\n营收增长,营收大幅增长\nb,b\n")
	if g := object(t, must(t, "eval", "--predictions", texts, "--json")); g["exact_match"] != 0.5 || g["bleu_tokenize"] != "zh" {
		t.Errorf("texts %v", g)
	}
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"--predictions", path, "--max-error", "2"}, exitUsage, "expected a share"},
		{[]string{"--predictions", path, "--targets", feedback}, exitFailure, "log.csv: targets"},
		{[]string{"--predictions", path, "--strict", "--targets", write(t, filepath.Join(dir, "high.yaml"), "accuracy: '> 0.999'")}, exitFailure, "accuracy fail"},
		{[]string{"--feedback", path}, exitFailure, `expected the columns "variant"`},
	} {
		if exit, _, stderr := run(t, "", append([]string{"eval"}, c.args...)...); exit != c.exit || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, %q", c.args, exit, stderr)
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

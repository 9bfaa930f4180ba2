package cli

import (
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

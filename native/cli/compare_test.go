package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answersFile writes predictions of 200 rows, every nth wrong.
func answersFile(t *testing.T, path string, nth int) string {
	var b strings.Builder
	b.WriteString("text,label,pred\n")
	for i := range 200 {
		fmt.Fprintf(&b, "t%d,%d,%d\n", i, i%2, (i+boolInt(i%nth == 0))%2)
	}
	return write(t, path, b.String())
}

func TestCompareFiles(t *testing.T) {
	dir := t.TempDir()
	ours, theirs := answersFile(t, filepath.Join(dir, "ours.csv"), 20), answersFile(t, filepath.Join(dir, "theirs.csv"), 3)
	report := filepath.Join(dir, "report")
	r := object(t, must(t, "compare", theirs, "our system="+ours, "--json", "--report", report))
	pairs := r["comparison"].(map[string]any)["pairs"].([]any)
	p := pairs[0].(map[string]any)
	if m := p["mcnemar"].(map[string]any); p["from"] != "theirs" || p["to"] != "our system" || m["fixed"] != 63.0 || m["broken"] != 6.0 || p["significant"] != true {
		t.Errorf("got %v", p)
	}
	for _, name := range []string{"report.html", "compare.svg", "compare.png", "junit.xml"} {
		if info, err := os.Stat(filepath.Join(report, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if html, err := os.ReadFile(filepath.Join(report, "report.html")); err != nil || !strings.Contains(string(html), "our system") || !strings.Contains(string(html), "<svg") {
		t.Errorf("the page: %v", err)
	}
	if out := must(t, "compare", theirs, ours, "--lang", "zh"); !strings.Contains(out, "theirs → ours") || !strings.Contains(out, "显著") {
		t.Errorf("for a person:\n%s", out)
	}
	other := write(t, filepath.Join(dir, "other.csv"), "label,pred\n1,1\n")
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{ours}, exitUsage, "1 systems, expected at least two"},
		{[]string{ours, other}, exitFailure, "not about the same rows"},
		{[]string{ours, dir}, exitUsage, "--data names no file"},
		{[]string{ours, theirs, "--adapter", dir}, exitUsage, "adapters to compare are arguments"},
		{[]string{ours, filepath.Join(dir, "none")}, exitFailure, "no such file"},
	} {
		if exit, _, stderr := run(t, "", append([]string{"compare"}, c.args...)...); exit != c.exit || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, %q", c.args, exit, stderr)
		}
	}
}

// TestCompareTrains: the methods of a file are trained, compared, and not trained again.
func TestCompareTrains(t *testing.T) {
	dir := t.TempDir()
	base := tinyBase(t, dir, 1)
	data := write(t, filepath.Join(dir, "data.csv"), sentences(40))
	write(t, filepath.Join(dir, "recipe.yaml"), fmt.Sprintf("model_name_or_path: %s\ntrain_file: %s\ntest_file: %s\nlabels: [负面, 正面]\nmax_steps: 3\neval_strategy: no\nsave_strategy: no\n", base, data, data))
	out := filepath.Join(dir, "out")
	config := write(t, filepath.Join(dir, "compare.yaml"), "recipe: recipe.yaml\noutput_dir: "+out+"\nmethods:\n  - name: LoRA\n    lora_r: 4\n  - {name: all weights, peft_type: FULL}\n")
	exit, stdout, stderr := run(t, "", "compare", "--config", config, "--json")
	if exit != exitOK {
		t.Fatalf("exit code %d: %s", exit, stderr)
	}
	r := object(t, stdout)
	systems := r["systems"].([]any)
	for i, name := range []string{"LoRA", "all weights"} {
		s := systems[i].(map[string]any)
		cost, result := s["training"].(map[string]any), s["result"].(map[string]any)
		if s["name"] != name || cost["trainable_parameters"].(float64) < 1 || cost["adapter_bytes"].(float64) < 1 || result["latency_ms"] == nil || result["n"] != 40.0 {
			t.Errorf("%s: %v", name, s)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "report", "report.html")); err != nil {
		t.Error(err)
	}
	_, _, stderr = run(t, "", "compare", "--config", config)
	if strings.Count(stderr, "is trained already") != 2 {
		t.Errorf("trained again: %s", stderr)
	}
	lora := filepath.Join(out, "lora")
	valid := write(t, filepath.Join(dir, "valid.csv"), sentences(24))
	e := object(t, must(t, "eval", "--adapter", lora, "--data", data, "--calibrate", valid, "--max-review-rate", "90%", "--load", "200", "--load-seconds", "0.3", "--json"))
	if l := e["load"].([]any)[0].(map[string]any); l["requests"].(float64) < 10 {
		t.Errorf("load %v", l)
	}
	side, err := sidecar(lora)
	if err != nil || side.Temperature != e["calibration"].(map[string]any)["temperature"] {
		t.Errorf("graft.json: %+v, %v, fitted %v", side, err, e["calibration"])
	}
	again := object(t, must(t, "eval", "--adapter", lora, "--data", data, "--json"))
	if got, want := again["log_loss"].(float64), e["log_loss"].(float64); got-want > 1e-9 || want-got > 1e-9 {
		t.Errorf("with the kept temperature the log loss is %v, expected %v", got, want)
	}
}

func TestCompareConfigFaults(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "recipe.yaml"), "model_name_or_path: m\ntrain_file: t.csv\noutput_dir: o\n")
	for _, c := range []struct{ text, want string }{
		{"", "EOF"},
		{"recipe: recipe.yaml\n", "expected recipe, output_dir and 1 to 50 methods"},
		{"recipe: recipe.yaml\noutput_dir: o\nmethods: [LORA]\n", ":3: expected the keys of a method"},
		{"recipe: recipe.yaml\noutput_dir: o\nmethods:\n  - lora_r: 4\n", `method "": expected a name of its own`},
		{"recipe: recipe.yaml\noutput_dir: o\nmethods:\n  - name: a\n  - name: A!\n", `method "A!": expected a name of its own`},
		{"recipe: recipe.yaml\noutput_dir: o\nmethods:\n  - {name: a, lorar: 4}\n", "method a:1: \"lorar\" is not a key"},
		{"recipe: recipe.yaml\noutput_dir: o\nmethods:\n  - {name: a, peft_type: MAGIC}\n", "method a: "},
		{"recipe: none.yaml\noutput_dir: o\nmethods:\n  - {name: a}\n", "none.yaml"},
		{"recipes: recipe.yaml\n", "field recipes not found"},
		{strings.Repeat("#", maxConfigBytes+1), "larger than"},
	} {
		path := write(t, filepath.Join(dir, "compare.yaml"), c.text)
		if exit, _, stderr := run(t, "", "compare", "--config", path); exit == exitOK || !strings.Contains(stderr, c.want) {
			t.Errorf("%.60q: exit code %d, %s", c.text, exit, stderr)
		}
	}
}

func FuzzCompareConfig(f *testing.F) {
	f.Add([]byte("recipe: none.yaml\noutput_dir: o\nmethods:\n  - {name: a, lora_r: 4}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, methods, err := parseCompareConfig(data, "compare.yaml"); err == nil && len(methods) == 0 {
			t.Error("no methods and no error")
		}
	})
}

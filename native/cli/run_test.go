package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pipelineFile writes a pipeline of four short trials over a setting with validation data of its own.
func pipelineFile(t *testing.T, s setting, name, more string) string {
	t.Helper()
	var valid strings.Builder
	valid.WriteString("text,label\n")
	for i := range 16 {
		fmt.Fprintf(&valid, "验证第%d条%s,%s\n", i, []string{goods[i/2%4], bads[i/2%4]}[i%2], []string{"正面", "负面"}[i%2])
	}
	write(t, filepath.Join(s.dir, "valid.csv"), valid.String())
	write(t, filepath.Join(s.dir, "tests.csv"), strings.ReplaceAll(valid.String(), "验证第", "测试用的"))
	write(t, filepath.Join(s.dir, "base.yaml"), "model_name_or_path: base\ntrain_file: train.csv\nvalidation_file: valid.csv\ntest_file: tests.csv\nlabels: [负面, 正面]\nlearning_rate: 1e-4\nlora_alpha: 32\nper_device_train_batch_size: 8\nnum_train_epochs: 2\n")
	return write(t, filepath.Join(s.dir, name+".yaml"), "recipe: base.yaml\noutput_dir: "+s.out(name)+"\nchoose: recipe\n"+more)
}

const fourTrials = `
targets: {accuracy: "> 0.999", latency_ms: "< 100000"}
budget: {trials: 4}
search: {methods: [LORA, PREFIX_TUNING, FULL], bracket: 4, eta: 2}
package: {always: true}
`

// stages are the events of a pipeline by their names.
func stages(t *testing.T, stdout string) map[string]map[string]any {
	t.Helper()
	out := map[string]map[string]any{}
	for _, line := range lines(stdout) {
		e := object(t, line)
		out[e["event"].(string)] = e
	}
	return out
}

// trialsOf are the runs of a record without what differs between machines and processes.
func trialsOf(t *testing.T, book string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, line := range lines(must(t, "runs", "--runs", book, "--json")) {
		r := object(t, line)
		out[r["name"].(string)] = fmt.Sprintf("%v %v/%v %v %v", r["status"], r["steps"], r["steps_of"], r["score"], r["hashes"].(map[string]any)["result"])
	}
	return out
}

// TestRun: a pipeline checks, chooses, searches, measures and packages; run again it does no work twice.
func TestRun(t *testing.T) {
	s := newSetting(t)
	path := pipelineFile(t, s, "pipe", fourTrials+"  # and the model in one piece\n")
	exit, stdout, stderr := run(t, "", "run", path, "--json")
	if exit != exitOK && exit != exitFailure { // whether four short trials reach the target is not the question
		t.Fatalf("exit code %d\n%s", exit, stderr)
	}
	e := stages(t, stdout)
	done := e["done"]
	if e["data"] == nil || done == nil {
		t.Fatalf("stages %v\n%s", e, stderr)
	}
	trials := done["trials"].([]any)
	best, finished, stopped := 0, 0, 0
	for _, x := range trials {
		x := x.(map[string]any)
		best += boolInt(x["best"] == true)
		finished += boolInt(x["status"] == "finished")
		stopped += boolInt(x["status"] == "stopped")
		if x["status"] == "stopped" && x["steps"].(float64) >= x["steps_of"].(float64) {
			t.Errorf("stopped at its end: %v", x)
		}
	}
	if len(trials) != 4 || best != 1 || finished < 1 || stopped < 1 || finished+stopped != 4 || done["why_it_ended"] == "" || done["packaged"] != true {
		t.Errorf("done %v", done)
	}
	if (exit == exitOK) != (done["verdict"] != "fail") {
		t.Errorf("exit code %d, verdict %v", exit, done["verdict"])
	}
	for _, name := range []string{"adapter/README.md", "adapter/recipe.yaml", "report/report.html", "report/predictions.csv"} {
		if _, err := os.Stat(filepath.Join(s.out("pipe"), name)); err != nil {
			t.Error(err)
		}
	}
	if html, err := os.ReadFile(s.out("pipe/report/report.html")); err != nil || !strings.Contains(string(html), "PREFIX_TUNING") {
		t.Errorf("the report has no trials: %v", err)
	}
	before := trialsOf(t, s.out("runs.db"))
	_, stdout, stderr = run(t, "", "tune", path, "--json") // the other name
	again := stages(t, stdout)["done"]
	if again == nil {
		t.Fatal(stderr)
	}
	if after := trialsOf(t, s.out("runs.db")); fmt.Sprint(after) != fmt.Sprint(before) || again["run"] != done["run"] || fmt.Sprint(again["trials"]) != fmt.Sprint(done["trials"]) && len(after) != 4 {
		t.Errorf("a second time:\n%v\nafter\n%v", after, before)
	}
	// A trial that was stopped early is repeated exactly, too.
	for _, line := range lines(must(t, "runs", "--runs", s.out("runs.db"), "--json")) {
		if r := object(t, line); r["status"] == "stopped" {
			if x := object(t, must(t, "runs", "rerun", fmt.Sprint(r["id"]), "--runs", s.out("runs.db"), "--json")); x["same_weights"] != true {
				t.Errorf("run again: %v", x)
			}
			break
		}
	}
}

// TestRunPasses: what meets the targets at once is not searched further.
func TestRunPasses(t *testing.T) {
	s := newSetting(t)
	path := pipelineFile(t, s, "easy", "targets: {latency_ms: \"< 100000\", log_loss: \"< 100\"}\nbudget: {trials: 4}\npackage: {merge: float32}\nset: {num_train_epochs: 1}\n")
	exit, stdout, stderr := run(t, "", "run", path, "--json")
	if exit != exitOK {
		t.Fatalf("exit code %d\n%s", exit, stderr)
	}
	done := stages(t, stdout)["done"]
	if len(done["trials"].([]any)) != 1 || done["why_it_ended"] != "targets" || done["verdict"] != "pass" || done["packaged"] != true {
		t.Errorf("done %v", done)
	}
	merged := s.out("easy/merged")
	r := object(t, must(t, "eval", "--model", merged, "--data", filepath.Join(s.dir, "tests.csv"), "--json"))
	if a := object(t, must(t, "eval", "--adapter", s.out("easy/adapter"), "--data", filepath.Join(s.dir, "tests.csv"), "--json")); a["accuracy"] != r["accuracy"] {
		t.Errorf("merged %v, adapter %v", r["accuracy"], a["accuracy"])
	}
}

// TestRunStopsAtLeaks: the gate names the fault, and data: warn lets it through.
func TestRunStopsAtLeaks(t *testing.T) {
	s := newSetting(t)
	path := pipelineFile(t, s, "leaky", "")
	valid, err := os.ReadFile(filepath.Join(s.dir, "valid.csv"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.dir, "tests.csv"), string(valid))
	exit, _, stderr := run(t, "", "run", path)
	if exit != exitFailure || !strings.Contains(stderr, "shared; mend the data") || !strings.Contains(stderr, "16 of 16 rows") {
		t.Errorf("exit code %d, %s", exit, stderr)
	}
	if _, err := os.Stat(s.out("leaky")); err == nil {
		t.Error("a pipeline that stopped at its data has made its folder")
	}
}

// TestRunKilled: a search that is killed, wherever it is, and begun again does nothing twice and ends as one that was not.
func TestRunKilled(t *testing.T) {
	s := newSetting(t)
	whole := pipelineFile(t, s, "whole", "runs: "+s.out("whole.db")+fourTrials)
	run(t, "", "run", whole, "--json")
	want := trialsOf(t, s.out("whole.db"))
	killed := pipelineFile(t, s, "killed", "runs: "+s.out("killed.db")+fourTrials)
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "run", killed, "--json")
		cmd.Env = append(os.Environ(), childKey+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// So many evaluations more than before, and some of the way to the next.
		seen, deadline := 0, time.Now().Add(time.Minute)
		for alive := true; alive && seen < 1+3*round && time.Now().Before(deadline); {
			select {
			case <-ended:
				alive = false
			case <-time.After(time.Millisecond):
				seen = evaluationsIn(t, s.out("killed.db"))
			}
		}
		time.Sleep(time.Duration(round*7) * time.Millisecond)
		cmd.Process.Kill() // it may have ended
	}
	time.Sleep(10 * time.Millisecond)
	before := trialsOf(t, s.out("killed.db"))
	exit, _, stderr := run(t, "", "run", killed, "--json")
	if exit != exitOK && !strings.Contains(stderr, "targets:") {
		t.Fatalf("exit code %d, %s", exit, stderr)
	}
	got := trialsOf(t, s.out("killed.db"))
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if n := len(lines(must(t, "runs", "--runs", s.out("killed.db"), "--json"))); n != 4 {
		t.Errorf("%d runs are recorded of 4 trials", n)
	}
	if len(before) == 0 {
		t.Error("nothing was recorded before the last start")
	}
	a, b := hashOf(s.out("whole/adapter/adapter_model.safetensors")), hashOf(s.out("killed/adapter/adapter_model.safetensors"))
	if a != b {
		t.Errorf("the adapter is %s, expected %s", b, a)
	}
}

// evaluationsIn counts those in a record that another process writes.
func evaluationsIn(t *testing.T, path string) (n int) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return 0
	}
	exit, stdout, _ := runContext(t, context.Background(), "", "runs", "--runs", path, "--json")
	if exit != exitOK { // it is just being made
		return 0
	}
	for _, line := range lines(stdout) {
		var r struct{ Steps int }
		if json.Unmarshal([]byte(line), &r) == nil { // there may be none yet
			n += r.Steps // grows with each evaluation
		}
	}
	return n
}

func TestRunConfigFaults(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ text, want string }{
		{"", "EOF"},
		{"recipes: r.yaml\n", "field recipes not found"},
		{"output_dir: o\n", "recipe names no file"},
		{"recipe: none.yaml\noutput_dir: o\n", "none.yaml"},
		{"recipe: r.yaml\noutput_dir: o\ndata: ignore\nchoose: dice\nbudget: {trials: 0, time: soon, memory: much}\nsearch: {methods: [MAGIC], r: [0], eta: 1}\n", `data is "ignore", expected stop or warn`},
		{"recipe: r.yaml\noutput_dir: o\nsearch: {methods: [MAGIC]}\n", `methods has "MAGIC"`},
		{"recipe: r.yaml\noutput_dir: o\nbudget: {time: soon}\n", `time is "soon"`},
		{"recipe: r.yaml\noutput_dir: o\npackage: {merge: int3}\n", `merge is "int3"`},
		{"recipe: r.yaml\noutput_dir: o\npackage: {gguf: q9}\n", `gguf is "q9"`},
		{"recipe: r.yaml\noutput_dir: o\npackage: {push: ghcr.io/x}\n", "expected oci://"},
		{"recipe: r.yaml\noutput_dir: o\ntargets: {acuracy: \"> 1\"}\n", `"acuracy" is not known`},
		{"recipe: r.yaml\noutput_dir: o\ntargets: none.yaml\n", "no such file"},
		{"recipe: r.yaml\noutput_dir: o\nset: [a]\n", "expected the keys of a recipe"},
		{strings.Repeat("#", maxConfigBytes+1), "larger than"},
	} {
		path := write(t, filepath.Join(dir, "pipeline.yaml"), c.text)
		if exit, _, stderr := run(t, "", "run", path); exit == exitOK || !strings.Contains(stderr, c.want) {
			t.Errorf("%.60q: exit code %d, %s", c.text, exit, stderr)
		}
	}
	if exit, _, stderr := run(t, "", "run"); exit != exitUsage || !strings.Contains(stderr, "expected the pipeline's file") {
		t.Errorf("no file: exit code %d, %s", exit, stderr)
	}
}

func FuzzPipeline(f *testing.F) {
	f.Add([]byte("recipe: r.yaml\noutput_dir: o\nset: {r: 4}\ntargets: article\nbudget: {time: 2m}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parsePipeline(data, "pipeline.yaml"); err == nil && (c.Recipe == "" || c.Budget.Trials < 1) {
			t.Errorf("taken: %+v", c)
		}
	})
}

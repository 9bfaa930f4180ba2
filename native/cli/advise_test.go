package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/native/cpu"
	"graft/shared/device"
)

func TestAdvise(t *testing.T) {
	s := newSetting(t)
	recipe := s.out("advice.yaml")
	r := object(t, must(t, "advise", "--model", s.base, "--train-file", s.train, "--validation-file", s.test, "--output-dir", s.out("advised"), "--output", recipe, "--json"))
	plan, estimate := r["plan"].(map[string]any), r["estimate"].(map[string]any)
	if r["method"] != "LORA" || r["fits"] != true || r["total_bytes"].(float64) <= 0 || plan["base"].(float64) <= 0 || estimate["seconds"].(float64) <= 0 || estimate["measured_steps"].(float64) < 1 {
		t.Errorf("advice %v", r)
	}
	facts := r["facts"].(map[string]any)
	if facts["rows"] != 32.0 || facts["labels"] != 2.0 || facts["hidden_size"] != 64.0 || facts["parameters"].(float64) < 50_000 {
		t.Errorf("facts %v", facts)
	}
	for _, reason := range r["reasons"].([]any) {
		if len(reason.(map[string]any)["sources"].([]any)) == 0 {
			t.Errorf("%v has no source", reason)
		}
	}
	must(t, "train", "--config", recipe, "--num-train-epochs", "1") // what is written is taken
	if _, err := os.Stat(filepath.Join(s.out("advised"), "adapter_config.json")); err != nil {
		t.Error(err)
	}
	if exit, _, stderr := run(t, "", "advise", "--rows", "100", "--output", recipe); exit != exitFailure || !strings.Contains(stderr, "is there already") {
		t.Errorf("a recipe that is there: exit code %d, %s", exit, stderr)
	}

	text := must(t, "advise", "--model", s.base, "--train-file", s.train, "--validation-file", s.test, "--memory", "200kB", "--lang", "zh")
	if !strings.Contains(text, "放不下") || !strings.Contains(text, "load_in_4bit: true") || !strings.Contains(text, "[planned]") {
		t.Errorf("little memory:\n%s", text)
	}
	text = must(t, "advise", "--model", s.base, "--train-file", s.train, "--validation-file", s.test, "--time", "1ms")
	if !strings.Contains(text, "1 epochs instead of 10") || !strings.Contains(text, "longer than 1ms") {
		t.Errorf("little time:\n%s", text)
	}
	text = must(t, "advise", "--rows", "20000", "--labels", "3", "--rules", "article")
	if !strings.Contains(text, "20000 rows, 3 classes → LORA") || !strings.Contains(text, "all linear layers are better") {
		t.Errorf("the article's rules:\n%s", text)
	}
	for _, args := range [][]string{{}, {"--rows", "10", "--rules", "guess"}, {"--rows", "10", "--memory", "much"}, {"--rows", "10", "--trial"}} {
		if exit, _, _ := run(t, "", append([]string{"advise"}, args...)...); exit != exitUsage {
			t.Errorf("%v: exit code %d", args, exit)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for s, want := range map[string]int64{"8GB": 8e9, "900 MiB": 900 << 20, "1.5g": 15e8, "123": 123, "1e9": 1e9} {
		if got, err := parseBytes(s); got != want || err != nil {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "GB", "-1GB", "0", "nan", "1e30GB"} {
		if got, err := parseBytes(s); err == nil {
			t.Errorf("%q is %d", s, got)
		}
	}
}

// TestAdviseTrial: several methods are tried, weak ones stopped early; a search that is stopped keeps its trials, and goes on from
// them to the result of one that was not.
func TestAdviseTrial(t *testing.T) {
	s := newSetting(t)
	args := []string{"advise", "--model", s.base, "--train-file", s.train, "--validation-file", s.test, "--measure=false", "--trial", "--trials", "5", "--trial-rows", "24", "--json"}
	whole := object(t, must(t, append(args, "--output-dir", s.out("whole"), "--runs", s.out("whole.db"))...))
	trials := whole["trials"].([]any)
	best, stopped, methods := 0, 0, map[string]bool{}
	for _, trial := range trials {
		x := trial.(map[string]any)
		best += boolInt(x["best"] == true)
		stopped += boolInt(x["status"] == "stopped")
		methods[strings.Fields(strings.Split(x["name"].(string), ",")[0])[0]] = true
	}
	if len(trials) != 5 || best != 1 || stopped < 2 || !methods["LORA"] || !methods["PISSA"] || !methods["PREFIX_TUNING"] || trials[0].(map[string]any)["train_rows"] != 24.0 {
		t.Errorf("trials %v", trials)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr strings.Builder
	host := Host{Version: "test", OpenDevice: func(int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: 1}) },
		Stdout: &stdout, Stderr: &stderr, Stdin: strings.NewReader(""), Getenv: func(string) string { return "" }}
	go func() {
		for ctx.Err() == nil {
			if evaluationsIn(t, s.out("cut.db")) > 10 {
				cancel()
			}
		}
	}()
	if exit := host.Run(ctx, append(args, "--output-dir", s.out("cut"), "--runs", s.out("cut.db"))); exit != exitInterrupted {
		t.Fatalf("exit code %d\n%s", exit, &stderr)
	}
	resumed := object(t, must(t, append(args, "--output-dir", s.out("cut"), "--runs", s.out("cut.db"))...))
	for i, trial := range resumed["trials"].([]any) {
		got, want := trial.(map[string]any), trials[i].(map[string]any)
		for _, key := range []string{"run", "name", "status", "score", "eval_loss", "steps", "best"} {
			if got[key] != want[key] {
				t.Errorf("trial %d: %s is %v, expected %v", i, key, got[key], want[key])
			}
		}
	}
	if a, b := trialsOf(t, s.out("cut.db")), trialsOf(t, s.out("whole.db")); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("got  %v\nwant %v", a, b)
	}
	if !strings.Contains(resumed["recipe"].(string), "learning_rate") || resumed["recipe"] != strings.ReplaceAll(whole["recipe"].(string), s.out("whole"), s.out("cut")) {
		t.Errorf("recipes differ:\n%s\n%s", whole["recipe"], resumed["recipe"])
	}
	for _, bad := range [][]string{{"--trials", "0"}, {"--methods", "MAGIC"}, {"--runs", "none"}} {
		if exit, _, _ := run(t, "", append(append(args, "--output-dir", s.out("bad")), bad...)...); exit != exitUsage {
			t.Errorf("%v: exit code %d", bad, exit)
		}
	}
}

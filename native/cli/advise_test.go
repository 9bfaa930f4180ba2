package cli

import (
	"context"
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

// TestAdviseTrial: a search that is stopped keeps its trials, and goes on from them to the result of one that was not.
func TestAdviseTrial(t *testing.T) {
	s := newSetting(t)
	args := []string{"advise", "--model", s.base, "--train-file", s.train, "--validation-file", s.test, "--measure=false", "--trial", "--json"}
	whole := object(t, must(t, append(args, "--output-dir", s.out("whole"))...))
	trials := whole["trials"].([]any)
	if len(trials) != 4 {
		t.Fatalf("trials %v", trials)
	}
	best := 0
	for _, trial := range trials {
		if trial.(map[string]any)["best"] == true {
			best++
		}
	}
	if best != 1 {
		t.Errorf("%d trials are the best", best)
	}
	log := filepath.Join(s.out("cut"), "trials", "trials.jsonl")
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr strings.Builder
	host := Host{Version: "test", OpenDevice: func(int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: 1}) },
		Stdout: &stdout, Stderr: &stderr, Stdin: strings.NewReader(""), Getenv: func(string) string { return "" }}
	go func() {
		for ctx.Err() == nil {
			if b, err := os.ReadFile(log); err == nil && strings.Count(string(b), "\n") > 0 {
				cancel()
			}
		}
	}()
	if exit := host.Run(ctx, append(args, "--output-dir", s.out("cut"))); exit != exitInterrupted {
		t.Fatalf("exit code %d\n%s", exit, &stderr)
	}
	before, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	resumed := object(t, must(t, append(args, "--output-dir", s.out("cut"))...))
	for i, trial := range resumed["trials"].([]any) {
		got, want := trial.(map[string]any), trials[i].(map[string]any)
		if got["name"] != want["name"] || got["score"] != want["score"] || got["eval_loss"] != want["eval_loss"] || got["best"] != want["best"] {
			t.Errorf("trial %d is %v, expected %v", i, got, want)
		}
	}
	after, err := os.ReadFile(log)
	if err != nil || !strings.HasPrefix(string(after), string(before)) || strings.Count(string(after), "\n") != 4 {
		t.Errorf("trials were done again: %v\n%s\nthen\n%s", err, before, after)
	}
	if !strings.Contains(resumed["recipe"].(string), "learning_rate") || resumed["recipe"] != strings.ReplaceAll(whole["recipe"].(string), s.out("whole"), s.out("cut")) {
		t.Errorf("recipes differ:\n%s\n%s", whole["recipe"], resumed["recipe"])
	}
}

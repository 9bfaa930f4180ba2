package cli

import (
	"fmt"
	"strings"
	"testing"
)

func TestBatch(t *testing.T) {
	s := newSetting(t)
	in := []string{
		`{"prompt":"公司7","max_new_tokens":3}`, "",
		`{"prompt":"公司7"}`,
		`{"prompt":"公司8","adapter":"nobody"}`,
		`{"prompt":"公司8","colour":"red"}`,
		`{"max_new_tokens":3}`,
		`not json`,
	}
	for i := range 20 {
		in = append(in, fmt.Sprintf(`{"prompt":"公司%d","temperature":1,"seed":%d}`, i%10, i))
	}
	exit, stdout, stderr := run(t, strings.Join(in, "\n"), "batch", "--model", s.base, "--max-new-tokens", "5", "--sequences", "4", "--cache-type", "f32")
	answers := lines(stdout)
	if exit != 0 || len(answers) != len(in)-1 {
		t.Fatalf("exit code %d, %d answers to %d requests: %s", exit, len(answers), len(in)-1, stderr)
	}
	for i, wrong := range []string{"", "", `adapter "nobody" is not there`, "colour", "expected one of prompt and messages", "invalid character"} {
		a := object(t, answers[i])
		got, _ := a["error"].(string)
		if (wrong == "") != (got == "") || !strings.Contains(got, wrong) || a["index"] != float64(i) {
			t.Errorf("answer %d is %s, expected the error %q", i, answers[i], wrong)
		}
	}
	if n := object(t, answers[0])["completion_tokens"].(float64); n > 3 {
		t.Errorf("%g tokens, expected at most max_new_tokens of the line, 3", n)
	}
	for i := 1; i < 20; i++ { // as if it were alone
		prompt := fmt.Sprintf("公司%d", i%10)
		_, alone, _ := run(t, "", "generate", "--model", s.base, "--prompt", prompt, "--max-new-tokens", "5", "--temperature", "1", "--seed", fmt.Sprint(i), "--json", "--cache-type", "f32")
		if got, want := object(t, answers[6+i])["text"], object(t, alone)["text"]; got != want {
			t.Errorf("request %d: %q, alone %q", i, got, want)
		}
	}
	for want, args := range map[string][]string{
		"expected name=directory":        {"--lora-modules", "x"},
		`--cache-type is "q4"`:           {"--cache-type", "q4"},
		"name adapters with --lora-modu": {"--adapter", "x"},
	} {
		if exit, _, stderr := run(t, "", append([]string{"batch", "--model", s.base}, args...)...); exit == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s", args, exit, stderr)
		}
	}
}

func TestMemory(t *testing.T) {
	s := newSetting(t)
	plan := func(args ...string) map[string]any {
		t.Helper()
		exit, stdout, stderr := run(t, "", append([]string{"memory", "--model", s.base, "--json"}, args...)...)
		if exit != 0 {
			t.Fatalf("exit code %d, %s", exit, stderr)
		}
		return object(t, lines(stdout)[0])
	}
	half, whole := plan("--context", "64", "--cache-type", "f16"), plan("--context", "128", "--cache-type", "f32")
	if 4*half["cache"].(float64) != whole["cache"].(float64) || half["cache"].(float64) <= 0 {
		t.Errorf("the cache takes %v for 64 tokens in f16 and %v for 128 in f32, expected a quarter", half["cache"], whole["cache"])
	}
	if exit, _, stderr := run(t, "", "memory", "--model", s.base, "--context", "129"); exit == 0 || !strings.Contains(stderr, "expected 1 to the model's 128") {
		t.Errorf("exit code %d, %s", exit, stderr)
	}
	if exit, stdout, _ := run(t, "", "memory", "--model", s.base); exit != 0 || !strings.Contains(stdout, "cache of one token") {
		t.Errorf("exit code %d, %s", exit, stdout)
	}
}

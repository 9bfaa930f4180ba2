package cli

import (
	"math"
	"strings"
	"testing"

	"encoding/json"
	"graft/shared/api"
)

func TestDecide(t *testing.T) {
	s := newSetting(t)
	ask := func(args ...string) (d api.Decision) {
		t.Helper()
		out := must(t, append([]string{"decide", "--model", s.base, "--prompt", "公司净利润。", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, c := range d.Choices {
			sum += c.Probability
		}
		if math.Abs(sum-1) > 1e-9 || d.Mass <= 0 || d.Mass > 1 {
			t.Errorf("%v: probabilities sum to %v, mass %v", args, sum, d.Mass)
		}
		return d
	}
	if d := ask("--choice", "正面,负面"); len(d.Choices) != 2 || d.Choices[1].Text != "负面" || d.Expectation != nil {
		t.Errorf("choices: %+v", d)
	}
	if d := ask("--scale", "1-5"); len(d.Choices) != 5 || d.Expectation == nil || *d.Expectation < 1 || *d.Expectation > 5 {
		t.Errorf("scale: %+v", d)
	}
	if d := ask("--yes-no"); d.Choices[0].Text != "是" || d.Choices[1].Text != "否" {
		t.Errorf("yes or no: %+v", d)
	}
	if out := must(t, "decide", "--model", s.base, "--prompt", "is it?", "--yes-no"); !strings.Contains(out, "yes\n") || !strings.Contains(out, "0.") {
		t.Errorf("prints %q", out)
	}
	for want, args := range map[string][]string{
		"expected one of --choice": {"--prompt", "a"},
		"two whole numbers":        {"--prompt", "a", "--scale", "5-1"},
		"--prompt is empty":        {"--yes-no"},
	} {
		if exit, _, stderr := run(t, "", append([]string{"decide", "--model", s.base}, args...)...); exit != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s, expected %q", args, exit, stderr, want)
		}
	}
}

package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestConstraints asks a model that knows nothing for answers of a form.
func TestConstraints(t *testing.T) {
	s := newSetting(t)
	ask := func(args ...string) string {
		t.Helper()
		exit, stdout, stderr := run(t, "", append([]string{"generate", "--model", s.base, "--prompt", "公司7", "--temperature", "1"}, args...)...)
		if exit != 0 {
			t.Fatalf("%v: exit code %d, %s", args, exit, stderr)
		}
		return strings.TrimSuffix(stdout, "\n")
	}
	for _, seed := range []string{"1", "2", "3"} {
		if got := ask("--choice", "利好", "--choice", "利空", "--seed", seed); !slices.Contains([]string{"利好", "利空"}, got) {
			t.Errorf("choice: %q", got)
		}
		if got := ask("--regex", `[0-9]{3}`, "--seed", seed); len(got) != 3 {
			t.Errorf("regex: %q", got)
		}
		var v struct {
			Label string  `json:"label"`
			Score float64 `json:"score"`
		}
		got := ask("--json-schema", `{"properties":{"label":{"enum":["正面","负面"]},"score":{"type":"number","minimum":0,"maximum":1}},"required":["label","score"]}`, "--seed", seed, "--max-new-tokens", "60")
		if err := json.Unmarshal([]byte(got), &v); err != nil || v.Label == "" || v.Score < 0 || v.Score > 1 {
			t.Errorf("schema: %q: %v", got, err)
		}
	}
	for want, args := range map[string][]string{
		"not is not supported":             {"--json-schema", `{"not":{}}`},
		"no such file":                     {"--json-schema", "nowhere.json"},
		"max_new_tokens is too small":      {"--choice", "一二三四五六七八九十", "--max-new-tokens", "2"},
		"expected one of json_schema, reg": {"--choice", "a", "--regex", "b"},
	} {
		if exit, _, stderr := run(t, "", append([]string{"generate", "--model", s.base, "--prompt", "公司7"}, args...)...); exit == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s, expected %q", args, exit, stderr, want)
		}
	}
}

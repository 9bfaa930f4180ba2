package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestExportGGUF: a base and its adapter as GGUF answer as they do as directories, merged or laid one over the other.
func TestExportGGUF(t *testing.T) {
	s := newSetting(t)
	rows := write(t, s.out("rows.jsonl"), `{"prompt":"公司1","completion":"利润增长"}`+"\n"+`{"prompt":"公司2","completion":"亏损扩大"}`+"\n")
	must(t, "train", "--model", s.base, "--train-file", rows, "--task-type", "CAUSAL_LM", "--target-modules", "all-linear", "--use-rslora", "--learning-rate", "1e-2",
		"--max-steps", "5", "--eval-strategy", "no", "--output-dir", s.out("lora"))
	must(t, "export", "gguf", "--model", s.base, "--outtype", "f32", "--output", s.out("base.gguf"))
	must(t, "export", "gguf", "--model", s.base, "--adapter", s.out("lora"), "--outtype", "f32", "--output", s.out("merged.gguf"))
	must(t, "export", "gguf", "--model", s.base, "--adapter", s.out("lora"), "--adapter-only", "--output", s.out("lora.gguf"))
	say := func(args ...string) string {
		return must(t, append([]string{"generate", "--prompt", "公司1", "--max-new-tokens", "6", "--activations", "0", "--cache-type", "f32"}, args...)...)
	}
	plain, want := say("--model", s.base), say("--model", s.base, "--adapter", s.out("lora"))
	if plain == want {
		t.Fatalf("the adapter changes nothing: %q", plain)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--model", s.out("base.gguf")}, plain},
		{[]string{"--model", s.out("base.gguf"), "--adapter", s.out("lora")}, want},
		{[]string{"--model", s.out("base.gguf"), "--adapter", s.out("lora.gguf")}, want},
		{[]string{"--model", s.base, "--adapter", s.out("lora.gguf")}, want},
		{[]string{"--model", s.out("merged.gguf")}, want},
	} {
		if got := say(c.args...); got != c.want {
			t.Errorf("%q says %q, want %q", c.args, got, c.want)
		}
	}
	// Cut into files by size.
	must(t, "quantize", "--model", s.base, "--format", "f32", "--split-max-size", "100K", "--output", s.out("parts.gguf"))
	files, err := filepath.Glob(s.out("parts-*.gguf"))
	if err != nil || len(files) < 4 {
		t.Fatalf("files are %q: %v", files, err)
	}
	if got := say("--model", files[2]); got != plain {
		t.Errorf("%s says %q, want %q", files[2], got, plain)
	}
	if in := object(t, must(t, "inspect", files[1], "--json")); in["kind"] != "gguf" || in["parameters"] != float64(94528) {
		t.Errorf("inspect says %v, %v parameters", in["kind"], in["parameters"])
	}
	must(t, "export", "peft", "--model", s.base, "--adapter", s.out("lora.gguf"), "--output-dir", s.out("again"))
	if got := say("--model", s.base, "--adapter", s.out("again")); got != want {
		t.Errorf("from GGUF back to PEFT says %q, want %q", got, want)
	}
	in := object(t, must(t, "inspect", s.out("lora.gguf"), "--json"))
	if in["kind"] != "gguf" || in["metadata"].(map[string]any)["adapter.type"] != "lora" {
		t.Errorf("inspect says %v", in)
	}
}

// TestExportRefuses: what cannot be written is named before anything is.
func TestExportRefuses(t *testing.T) {
	s := newSetting(t)
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("cls"), "--max-steps", "1")
	must(t, "merge", "--model", s.base, "--adapter", s.out("cls"), "--output-dir", s.out("merged"))
	for _, c := range []struct {
		exit int
		want string
		args []string
	}{
		{exitUsage, "ends in .gguf", []string{"--model", s.base, "--output", s.out("x")}},
		{exitUsage, `--outtype is "q3_k"`, []string{"--model", s.base, "--outtype", "q3_k", "--output", s.out("x.gguf")}},
		{exitUsage, `--split-max-size is "2T"`, []string{"--model", s.base, "--split-max-size", "2T", "--output", s.out("x.gguf")}},
		{exitUsage, "--adapter names none", []string{"--model", s.base, "--adapter-only", "--output", s.out("x.gguf")}},
		{exitUsage, "of an adapter alone", []string{"--adapter", s.out("cls"), "--adapter-only", "--outtype", "q8_0", "--output", s.out("x.gguf")}},
		{exitFailure, "score.weight", []string{"--adapter", s.out("cls"), "--adapter-only", "--output", s.out("x.gguf")}},
		{exitFailure, "classification head", []string{"--adapter", s.out("cls"), "--output", s.out("x.gguf")}},
		{exitFailure, "score.weight", []string{"--model", s.out("merged"), "--output", s.out("x.gguf")}},
	} {
		exit, _, stderr := run(t, "", append([]string{"export", "gguf"}, c.args...)...)
		if exit != c.exit || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, %s", c.args, exit, stderr)
		}
	}
}

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mergeTolerance is how far a logit may move when an adapter is added into float32 weights: the sums are the same but for
// their order.
const mergeTolerance = 1e-4

func TestMerge(t *testing.T) {
	s := newSetting(t)
	out := s.out("out")
	must(t, "train", "--config", s.recipe, "--output-dir", out)
	d := object(t, must(t, "merge", "--model", s.base, "--adapter", out, "--output-dir", s.out("merged"), "--verify", "--json"))
	if diff := d["largest_difference"].(float64); diff > mergeTolerance || d["largest_logit"].(float64) < 0.01 {
		t.Errorf("merged model differs: %v", d)
	}
	// The merged directory stands for itself: labels, head and tokenizer are in it.
	text := "公司7利润增长"
	a := object(t, must(t, "predict", "--adapter", out, "--json", text))
	b := object(t, must(t, "predict", "--model", s.out("merged"), "--json", text))
	if a["label"] != b["label"] || b["label"] != "正面" {
		t.Errorf("merged model says %v, base and adapter %v", b, a)
	}
	exit, _, stderr := run(t, "", "merge", "--model", s.base, "--adapter", out, "--output-dir", s.out("merged"))
	if exit != exitFailure || !strings.Contains(stderr, "the directory is not empty") {
		t.Errorf("merged again: exit code %d, %s", exit, stderr)
	}
}

func TestMergeCausal(t *testing.T) {
	s := newSetting(t)
	rows := write(t, s.out("rows.jsonl"), `{"prompt":"公司1","completion":"利润增长"}`+"\n"+`{"prompt":"公司2","completion":"亏损扩大"}`+"\n")
	must(t, "train", "--model", s.base, "--train-file", rows, "--test-file", rows, "--task-type", "CAUSAL_LM", "--target-modules", "all-linear", "--learning-rate", "1e-2",
		"--max-steps", "5", "--eval-strategy", "no", "--output-dir", s.out("out"))
	d := object(t, must(t, "merge", "--model", s.base, "--adapter", s.out("out"), "--output-dir", s.out("merged"), "--verify", "--json"))
	if diff := d["largest_difference"].(float64); diff > mergeTolerance || d["largest_logit"].(float64) < 0.1 {
		t.Errorf("merged model differs: %v", d)
	}
	before := object(t, must(t, "eval", "--model", s.base, "--task", "CAUSAL_LM", "--data", rows, "--json"))
	after := object(t, must(t, "eval", "--adapter", s.out("out"), "--data", rows, "--json"))
	merged := object(t, must(t, "eval", "--model", s.out("merged"), "--task", "CAUSAL_LM", "--data", rows, "--json"))
	if x, y, z := before["loss"].(float64), after["loss"].(float64), merged["loss"].(float64); y >= x || y-z > mergeTolerance || z-y > mergeTolerance {
		t.Errorf("loss is %v before, %v with the adapter, %v merged", x, y, z)
	}
}

// TestEvalGenerate answers the rows an adapter was trained on until it knows them, and compares.
func TestEvalGenerate(t *testing.T) {
	s := newSetting(t)
	rows := write(t, s.out("rows.jsonl"), `{"prompt":"公司1","completion":"利润增长"}`+"\n"+`{"prompt":"公司2","completion":"亏损扩大"}`+"\n")
	must(t, "train", "--model", s.base, "--train-file", rows, "--task-type", "CAUSAL_LM", "--target-modules", "all-linear", "--learning-rate", "2e-2",
		"--max-steps", "60", "--eval-strategy", "no", "--save-strategy", "no", "--output-dir", s.out("out"))
	ask := []string{"--data", rows, "--generate", "--max-new-tokens", "8", "--json"}
	untrained := object(t, must(t, append([]string{"eval", "--task", "CAUSAL_LM", "--model", s.base}, ask...)...))
	trained := object(t, must(t, append([]string{"eval", "--adapter", s.out("out")}, ask...)...))
	if x, y := untrained["chrf"].(float64), trained["chrf"].(float64); x >= y || trained["n"] != 2.0 {
		t.Errorf("before %v, after training %v", untrained, trained)
	}
	plain := write(t, s.out("plain.jsonl"), `{"text":"公司1"}`+"\n")
	if exit, _, stderr := run(t, "", "eval", "--task", "CAUSAL_LM", "--model", s.base, "--data", plain, "--generate"); exit != exitFailure || !strings.Contains(stderr, "plain.jsonl:1: nothing to compare") {
		t.Errorf("rows without answers: exit code %d, %s", exit, stderr)
	}
}

// TestQuantize: what is written opens as a model, is smaller, and says nearly the same.
func TestQuantize(t *testing.T) {
	s := newSetting(t)
	prompt := []string{"--prompt", "公司7", "--max-new-tokens", "4", "--json"}
	for _, c := range []struct{ format, output, kind, dtype string }{
		{"nf4", "nf4", "model", "nf4"},
		{"q8_0", "q8_0.gguf", "gguf", "q8_0"},
		{"q4_0", "q4_0.gguf", "gguf", "q4_0"},
		{"q4_k_m", "q4_k_m.gguf", "gguf", "q5_0"}, // rows of 64: none divides into blocks of 256
		{"f16", "f16.gguf", "gguf", "f16"},
	} {
		out := s.out(c.output)
		must(t, "quantize", "--model", s.base, "--format", c.format, "--bnb-4bit-use-double-quant", "--output", out)
		in := object(t, must(t, "inspect", out, "--json"))
		found := false
		for _, d := range in["dtypes"].([]any) {
			found = found || d.(map[string]any)["dtype"] == c.dtype
		}
		if in["kind"] != c.kind || !found || in["parameters"] != float64(94528) {
			t.Errorf("%s: inspect says %v, %v, %v parameters", c.format, in["kind"], in["dtypes"], in["parameters"])
		}
		g := object(t, must(t, append([]string{"generate", "--model", out}, prompt...)...))
		if g["completion_tokens"].(float64) < 1 || g["finish_reason"] == "" {
			t.Errorf("%s: generate says %v", c.format, g)
		}
	}
	exit, _, stderr := run(t, "", "quantize", "--model", s.out("nf4"), "--output", s.out("again"))
	if exit != exitFailure || !strings.Contains(stderr, "quantised already") {
		t.Errorf("quantised twice: exit code %d, %s", exit, stderr)
	}
	exit, _, stderr = run(t, "", "quantize", "--model", s.base, "--format", "q8_0", "--output", s.out("dir"))
	if exit != exitUsage || !strings.Contains(stderr, "ends in .gguf") {
		t.Errorf("GGUF without its ending: exit code %d, %s", exit, stderr)
	}
}

func TestQLoRA(t *testing.T) {
	s := newSetting(t)
	out := s.out("out")
	must(t, "train", "--config", s.recipe, "--output-dir", out, "--load-in-4bit", "--bnb-4bit-use-double-quant")
	was := object(t, readFile(t, filepath.Join(out, "test_results.json")))
	is := object(t, must(t, "eval", "--adapter", out, "--bnb-4bit-use-double-quant", "--data", s.test, "--json"))
	if was["log_loss"] != is["log_loss"] {
		t.Errorf("log_loss was %v at the end of the training, and is %v", was["log_loss"], is["log_loss"])
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestGenerate(t *testing.T) {
	s := newSetting(t)
	args := []string{"generate", "--model", s.base, "--prompt", "公司7", "--max-new-tokens", "8"}
	plain := must(t, args...)
	g := object(t, must(t, append(args, "--json")...))
	if g["text"].(string)+"\n" != plain || g["prompt"] != "公司7" || g["prompt_tokens"].(float64) < 1 {
		t.Errorf("generate prints %q, and as JSON %v", plain, g)
	}
	exit, piped, stderr := run(t, "公司7", "generate", "--model", s.base, "--prompt", "-", "--max-new-tokens", "8")
	if exit != 0 || piped != plain {
		t.Errorf("from standard input: exit code %d, %q, expected %q; %s", exit, piped, plain, stderr)
	}
	sampled := append(args, "--temperature", "2", "--seed", "3")
	if a, b := must(t, sampled...), must(t, sampled...); a != b {
		t.Errorf("one seed gave %q and %q", a, b)
	}
}

func TestInspectAdapter(t *testing.T) {
	s := newSetting(t)
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("out"), "--max-steps", "1")
	text := must(t, "inspect", s.out("out"))
	for _, want := range []string{"adapter, ", "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "lora_alpha", "graft.json labels", "正面"} {
		if !strings.Contains(text, want) {
			t.Errorf("inspect does not show %q:\n%s", want, text)
		}
	}
	in := object(t, must(t, "inspect", filepath.Join(s.out("out"), "adapter_model.safetensors"), "--json"))
	if in["kind"] != "safetensors" || len(in["tensors"].([]any)) != 9 {
		t.Errorf("inspect says %v", in)
	}
}

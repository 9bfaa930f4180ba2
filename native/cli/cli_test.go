package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/native/cpu"
	"graft/native/edge"
	"graft/shared/device"
	"graft/shared/tokenizer"
)

// run runs a command line and gives what it printed.
func run(t *testing.T, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	return runContext(t, t.Context(), stdin, args...)
}

func runContext(t *testing.T, ctx context.Context, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	return runIn(t, ctx, map[string]string{"HF_HUB_OFFLINE": "1"}, stdin, args...) // no test asks the world
}

// runIn runs a command line in an environment.
func runIn(t *testing.T, ctx context.Context, env map[string]string, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	host := Host{
		Version:    "test",
		OpenDevice: func(int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: 1}) },
		Stdin:      strings.NewReader(stdin), Stdout: &out, Stderr: &err,
		Getenv: func(name string) string { return env[name] },
	}
	exit = host.Run(ctx, args)
	return exit, out.String(), err.String()
}

// runEdge runs a command line of a program that has the web's runtime.
func runEdge(t *testing.T, e edge.Runtime, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	host := Host{Version: "test", Edge: e, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err,
		Getenv: func(name string) string { return map[string]string{"HF_HUB_OFFLINE": "1"}[name] }}
	exit = host.Run(t.Context(), args)
	return exit, out.String(), err.String()
}

// must runs a command line that has to succeed.
func must(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	exit, stdout, stderr := run(t, "", args...)
	if exit != 0 {
		t.Fatalf("graft %s: exit code %d\n%s%s", strings.Join(args, " "), exit, stdout, stderr)
	}
	return stdout
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// words are what the tests' sentences are made of.
var goods, bads = []string{"利润增长", "营收大增", "profit rises", "创新高"}, []string{"亏损扩大", "业绩下滑", "profit falls", "被处罚"}

// sentences are labelled rows that a tiny model can tell apart.
func sentences(n int) string {
	var b strings.Builder
	b.WriteString("text,label\n")
	for i := range n {
		good := i%2 == 0
		word, label := bads[i/2%len(bads)], "负面"
		if good {
			word, label = goods[i/2%len(goods)], "正面"
		}
		fmt.Fprintf(&b, "公司%d%s,%s\n", i, word, label)
	}
	return b.String()
}

// tinyBase makes the directory of a Llama with random weights: 2 layers of width 64.
func tinyBase(t *testing.T, dir string, seed int) string {
	t.Helper()
	texts := append(strings.Split(sentences(40), "\n"), goods...)
	tok, err := tokenizer.Train(slices.Values(texts), 300, []string{"<|endoftext|>"}, tokenizer.TrainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tok.Save(&b); err != nil {
		t.Fatal(err)
	}
	seedDir := filepath.Join(dir, "config")
	write(t, filepath.Join(seedDir, "tokenizer.json"), b.String())
	write(t, filepath.Join(seedDir, "config.json"), `{"architectures":["LlamaForCausalLM"],"model_type":"llama","vocab_size":320,"hidden_size":64,
"intermediate_size":128,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"max_position_embeddings":128,
"rms_norm_eps":1e-5,"rope_theta":10000,"tie_word_embeddings":true,"hidden_act":"silu","eos_token_id":0,"pad_token_id":0}`)
	lines := write(t, filepath.Join(dir, "lines.txt"), strings.Join(texts, "\n"))
	base := filepath.Join(dir, "base")
	must(t, "train", "--runs", "none", "--method", "full", "--from-scratch", "--task-type", "CAUSAL_LM", "--model", seedDir, "--train-file", lines,
		"--output-dir", base, "--max-steps", "3", "--learning-rate", "1e-2", "--save-strategy", "no", "--eval-strategy", "no", "--seed", fmt.Sprint(seed))
	return base
}

// object reads a line of JSON.
func object(t *testing.T, line string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return m
}

func lines(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") }

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tinyModel is the tiny Llama of package model's tests with a tokenizer that gives letters the ids 10 and up.
func tinyModel(t *testing.T) string {
	t.Helper()
	from, dir := filepath.Join("..", "..", "..", "..", "shared", "model", "testdata", "llama", "base"), t.TempDir()
	for _, name := range []string{"config.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(data))
	}
	vocabulary := map[string]int{}
	for i := range 26 {
		vocabulary[string(rune('a'+i))] = 10 + i
	}
	for i := range 10 {
		vocabulary[fmt.Sprint(i)] = i
	}
	data, err := json.Marshal(map[string]any{"version": "1.0",
		"pre_tokenizer": map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
		"decoder":       map[string]any{"type": "ByteLevel"},
		"model":         map[string]any{"type": "BPE", "vocab": vocabulary, "merges": []string{}}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tokenizer.json"), string(data))
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSpeed(t *testing.T) {
	got, err := speed(t.Context(), []string{"--model", tinyModel(t), "--threads", "1", "--context", "48", "--prefill", "32", "--decode", "4", "--depth", "16", "--repeat", "2"})
	if err != nil {
		t.Fatal(err)
	}
	r := got.(speedResult)
	for name, f := range map[string]*figures{"prefill": r.PrefillRate, "decode": r.DecodeRate} {
		if f == nil || len(f.Runs) != 2 || f.Median <= 0 || f.Best < f.Median || math.IsInf(f.Median, 0) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if r.Prefill != 32 || r.Decode != 4 || r.Depth != 16 || r.Vocabulary != 96 || len(r.TopTokens) != topTokens || r.LoadSeconds <= 0 {
		t.Errorf("%+v", r)
	}
	if _, err := speed(t.Context(), []string{"--model", tinyModel(t), "--context", "48", "--prefill", "64"}); err == nil || !strings.Contains(err.Error(), "there is room for 48") {
		t.Errorf("a context that is too small: %v", err)
	}
	if _, err := speed(t.Context(), []string{"--model", tinyModel(t), "--cache-type", "q8_0"}); err == nil || !strings.Contains(err.Error(), `--cache-type is "q8_0"`) {
		t.Errorf("a cache type that is not known: %v", err)
	}
}

func TestTokensAreThoseOfThePeer(t *testing.T) {
	r := runner{vocabulary: 49152}
	if got, want := fmt.Sprint(r.tokens(9, 3)), "[3 7922 15841 23760 31679 39598 47517 6284 14203]"; got != want {
		t.Errorf("got %s, expected %s", got, want) // [(3 + 7919*i) % 49152 for i in range(9)]
	}
}

func TestTop(t *testing.T) {
	r := runner{logits: []float32{1, 5, -2, 4}}
	if got := fmt.Sprint(r.top()); got != "[1 3 0 2]" {
		t.Errorf("got %s", got)
	}
}

func TestTrain(t *testing.T) {
	adapter := filepath.Join("..", "..", "..", "..", "shared", "train", "testdata", "parity", "init", "seq_cls")
	rows := write(t, filepath.Join(t.TempDir(), "rows.csv"), "text,label\n"+strings.Repeat("profitrises,1\nsalesfall,0\ncalm,2\n", 4))
	args := []string{"--model", tinyModel(t), "--adapter", adapter, "--train-file", rows, "--threads", "1", "--per-device-train-batch-size", "3",
		"--max-steps", "4", "--skip-timed-steps", "1", "--learning-rate", "1e-2", "--max-length", "10"}
	got, err := training(context.Background(), args)
	if err != nil {
		t.Fatal(err)
	}
	r := got.(*trainResult)
	const tokens = 4 * (10 + 9 + 4) // profitrises is cut to max-length
	if r.Steps != 4 || r.Tokens != tokens || r.TrainableParameters == 0 || r.TokensPerSecond <= 0 || r.PlannedMemory <= 0 || r.Threads != 1 {
		t.Errorf("%+v", r)
	}
	if !(r.LastLoss < r.FirstLoss) {
		t.Errorf("loss went from %g to %g on the same rows", r.FirstLoss, r.LastLoss)
	}
	if _, err := training(context.Background(), append(args, "--skip-timed-steps", "4")); err == nil || !strings.Contains(err.Error(), "the first 4 are not timed") {
		t.Errorf("no step is left to time: %v", err)
	}
}

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/native/mmap"
	"graft/native/store"
	"graft/shared/weights"
)

// TestBadInput: each mistake gets an error that says what and where, in no more than the usage or failure exit code.
func TestBadInput(t *testing.T) {
	s := newSetting(t)
	out := s.out("adapter")
	must(t, "train", "--config", s.recipe, "--output-dir", out, "--max-steps", "2")
	other := tinyBase(t, s.out("other"), 2)
	file := func(name, text string) string { return write(t, s.out(name), text) }
	train := func(args ...string) []string {
		return append([]string{"train", "--config", s.recipe, "--output-dir", s.out("never")}, args...)
	}

	headless := s.out("headless")
	copyDir(t, out, headless)
	dropTensor(t, filepath.Join(headless, "adapter_model.safetensors"), "base_model.model.score.weight")
	truncated := s.out("truncated")
	copyDir(t, s.base, truncated)
	if err := os.Truncate(filepath.Join(truncated, "model.safetensors"), 5000); err != nil {
		t.Fatal(err)
	}
	wordless := s.out("wordless")
	copyDir(t, s.base, wordless)
	if err := os.Remove(filepath.Join(wordless, "tokenizer.json")); err != nil {
		t.Fatal(err)
	}
	smaller := s.out("smaller")
	copyDir(t, s.base, smaller)
	config, err := os.ReadFile(filepath.Join(s.base, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(smaller, "config.json"), strings.Replace(string(config), `"intermediate_size": 128`, `"intermediate_size": 192`, 1))

	for _, c := range []struct {
		name string
		args []string
		exit int
		want []string
	}{
		{"no column", train("--train-file", file("a.csv", "texte,label\nx,1\n")), exitFailure,
			[]string{"a.csv:1:1: header has no column \"text\"", `"texte"`}},
		{"semicolons", train("--train-file", file("b.csv", "text;label\nx;1\n")), exitFailure, []string{"fields look separated by \";\""}},
		{"ragged", train("--train-file", file("c.csv", "text,label\nx,1,2\n")), exitFailure, []string{"c.csv:2:5: row has 3 fields, expected 2"}},
		{"empty text", train("--train-file", file("d.csv", "text,label\nx,0\n  ,1\n")), exitFailure, []string{"d.csv:3:1: text: empty"}},
		{"not UTF-8", train("--train-file", file("e.csv", "text,label\n\xb9\xab\xcb\xbe,1\n")), exitFailure, []string{"e.csv:2:1", "UTF-8"}},
		{"unclosed quote", train("--train-file", file("f.csv", "text,label\n\"x,1\n")), exitFailure, []string{"f.csv:2:1"}},
		{"empty file", train("--train-file", file("g.csv", "")), exitFailure, []string{"g.csv: file is empty"}},
		{"no rows", train("--train-file", file("h.csv", "text,label\n")), exitFailure, []string{"h.csv: no rows"}},
		{"one class", train("--train-file", file("i.csv", "text,label\nx,正面\ny,正面\n")), exitFailure, []string{"all 2 rows have the label \"正面\", expected at least two classes"}},
		{"unknown label in test", train("--test-file", file("j.csv", "text,label\nx,正面\ny,中性\n")), exitFailure, []string{"j.csv:3: label: \"中性\" is not known, expected one of \"负面\", \"正面\""}},
		{"no such file", train("--train-file", s.out("none.csv")), exitFailure, []string{"none.csv", "no such file"}},
		{"file type", train("--train-file", file("k.xlsx", "x")), exitFailure, []string{`file type ".xlsx" is not known, expected one of .csv .tsv .json .jsonl .ndjson .txt`}},
		{"target", train("--target-modules", "query"), exitFailure, []string{"target_modules", "no linear layer of the model is meant; it has q_proj, k_proj"}},
		{"argument", train("--learning-rate", "-1"), exitUsage, []string{"learning_rate is -1"}},
		{"diverging", train("--learning-rate", "1e38", "--max-grad-norm", "0"), exitFailure, []string{"try a lower learning_rate than"}},

		{"no model", []string{"predict", "x"}, exitUsage, []string{"--model names no model"}},
		{"model not there", []string{"predict", "--model", s.out("nowhere"), "x"}, exitFailure, []string{"nowhere", "no such file"}},
		{"model is a file", []string{"predict", "--model", s.train, "x"}, exitFailure, []string{"expected a model's directory or a GGUF file"}},
		{"no weights", []string{"predict", "--model", s.dir, "x"}, exitFailure, []string{"no model.safetensors, model.safetensors.index.json or *.gguf"}},
		{"truncated weights", []string{"eval", "--model", truncated, "--adapter", out, "--data", s.test}, exitFailure, []string{truncated, "model.safetensors", "ends at byte"}},
		{"no tokenizer", []string{"eval", "--model", wordless, "--adapter", out, "--data", s.test}, exitFailure, []string{wordless, "tokenizer.json"}},
		{"wrong shapes", []string{"generate", "--model", smaller, "--prompt", "x"}, exitFailure, []string{"mlp", "shape", "[128 64]", "[192 64]"}},
		{"no head", []string{"eval", "--model", s.base, "--data", s.test}, exitFailure, []string{"has no classification head (score.weight): name an adapter"}},
		{"adapter for another base", []string{"predict", "--model", other, "--adapter", out, "x"}, exitFailure, []string{"was trained on", "--any-base"}},
		{"adapter without head", []string{"predict", "--model", s.base, "--adapter", headless, "x"}, exitFailure,
			[]string{"base_model.model.score.weight: missing", "a SEQ_CLS adapter without its head (modules_to_save: score) answers at random"}},
		{"no adapter", []string{"predict", "--model", s.base, "--adapter", s.dir, "x"}, exitFailure, []string{"adapter_config.json"}},
		{"unknown label in eval", []string{"eval", "--adapter", out, "--data", s.out("j.csv")}, exitFailure, []string{"j.csv:3: label: \"中性\" is not known"}},
		{"classifier generates", []string{"generate", "--adapter", out, "--prompt", "x"}, exitFailure, []string{"SEQ_CLS"}},
		{"positive class", []string{"eval", "--adapter", out, "--data", s.test, "--positive", "up"}, exitFailure, []string{`positive class "up" is not known`}},
		{"empty prompt", []string{"generate", "--model", s.base, "--prompt", ""}, exitUsage, []string{"--prompt is empty"}},
		{"long prompt", []string{"generate", "--model", s.base, "--prompt", strings.Repeat("公司利润", 200), "--max-new-tokens", "1"}, exitFailure, []string{"the model reads at most 128"}},
		{"temperature", []string{"generate", "--model", s.base, "--prompt", "x", "--temperature", "-1"}, exitFailure, []string{"temperature"}},
		{"stray argument", []string{"eval", "x"}, exitUsage, []string{`"x" is one argument too many`}},
		{"format", []string{"quantize", "--model", s.base, "--output", s.out("q"), "--format", "q9"}, exitUsage, []string{`--format is "q9", expected one of nf4 `}},
		{"inspect nothing", []string{"inspect"}, exitUsage, []string{"0 paths, expected one"}},
		{"inspect text", []string{"inspect", s.train}, exitFailure, []string{"train.csv"}},
		{"unknown flag", []string{"train", "--learning-rat", "1"}, exitUsage, []string{"unknown flag: --learning-rat"}},
		{"flag value", []string{"train", "--r", "many"}, exitUsage, []string{`"many" is not a whole number`}},
	} {
		exit, stdout, stderr := run(t, "", c.args...)
		if exit != c.exit || stdout != "" {
			t.Errorf("%s: exit code %d, expected %d; standard output %q; %s", c.name, exit, c.exit, stdout, stderr)
		}
		for _, want := range c.want {
			if !strings.Contains(stderr, want) {
				t.Errorf("%s: expected %q in\n%s", c.name, want, stderr)
			}
		}
		if strings.Contains(stderr, "goroutine") || strings.Contains(stderr, "BUG") {
			t.Errorf("%s: %s", c.name, stderr)
		}
	}
	if _, err := os.Stat(s.out("never/adapter_config.json")); err == nil {
		t.Error("a training that failed left an adapter")
	}
}

// TestDiverged: the checkpoint before the loss stops being a number is kept.
func TestDiverged(t *testing.T) {
	s := newSetting(t)
	args := []string{"train", "--config", s.recipe, "--output-dir", s.out("out"), "--learning-rate", "1e30", "--max-grad-norm", "0", "--lr-scheduler-type", "constant",
		"--eval-strategy", "no", "--load-best-model-at-end=false", "--save-strategy", "steps", "--save-steps", "1"}
	exit, _, stderr := run(t, "", args...)
	if exit != exitFailure || !strings.Contains(stderr, "the weights of the last checkpoint are kept; try a lower learning_rate than 1e+30") {
		t.Errorf("exit code %d, %s", exit, stderr)
	}
	d, err := store.Open(s.out("out"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if newest(d) == "" {
		t.Error("no checkpoint is left")
	}
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		data, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, e.Name()), string(data))
	}
}

// dropTensor writes a safetensors file again without one tensor.
func dropTensor(t *testing.T, path, name string) {
	t.Helper()
	f, err := mmap.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	src, err := weights.OpenFile(f)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var items []weights.Item
	for _, n := range src.Names() {
		item, err := weights.ItemFrom(src, n)
		if err != nil {
			t.Fatal(err)
		}
		if n != name {
			items = append(items, item)
		}
	}
	var b strings.Builder
	if err := weights.WriteSafetensors(&b, items, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil { // the mapping keeps the old file
		t.Fatal(err)
	}
	write(t, path, b.String())
}

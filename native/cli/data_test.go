package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestDataCheck(t *testing.T) {
	dir := t.TempDir()
	train := write(t, filepath.Join(dir, "train.csv"), sentences(64)+"公司又一次公布了业绩,1\n公司又一次公布了业绩,0\n")
	test := write(t, filepath.Join(dir, "test.csv"), "text,label\n公司又一次公布了业绩,1\n从未见过的另一句话在此,1\n")
	exit, stdout, stderr := run(t, "", "data", "check", "--train-file", train, "--test-file", test, "--json")
	if exit != exitFailure || !strings.Contains(stderr, "leak, conflicts") {
		t.Errorf("exit code %d, %s", exit, stderr)
	}
	r := object(t, stdout)
	leak := r["leaks"].([]any)[0].(map[string]any)
	if r["rows"] != 66.0 || r["conflicted_rows"] != 2.0 || leak["exact"] != 1.0 || leak["rows"] != 2.0 {
		t.Errorf("report %s", stdout)
	}
	exit, stdout, _ = run(t, "", "data", "check", "--train-file", train, "--test-file", test, "--lang", "zh")
	if exit != exitFailure || !strings.Contains(stdout, "2 行中有 1 行出现在训练数据里:评估结果会虚高") || !strings.Contains(stdout, "标签冲突") {
		t.Errorf("exit code %d\n%s", exit, stdout)
	}
	if text := must(t, "data", "check", "--train-file", test); !strings.Contains(text, "has 2 rows, fewer than 16") {
		t.Errorf("a small file:\n%s", text)
	}
	if exit, _, _ := run(t, "", "data", "check", "--train-file", test, "--strict"); exit != exitFailure {
		t.Errorf("--strict: exit code %d", exit)
	}
	if exit, _, stderr := run(t, "", "data", "check", "--train-file", filepath.Join(dir, "none.csv")); exit != exitFailure || !strings.Contains(stderr, "no such file") {
		t.Errorf("no file: exit code %d, %s", exit, stderr)
	}
}

func TestDataSplitCleanConvert(t *testing.T) {
	dir := t.TempDir()
	all := write(t, filepath.Join(dir, "all.csv"), sentences(100))
	parts := filepath.Join(dir, "parts")
	must(t, "data", "split", "--data", all, "--validation-split", "0.2", "--test-split", "0.1", "--output-dir", parts)
	rows := 0
	for _, name := range []string{"train.csv", "validation.csv", "test.csv"} {
		b, err := os.ReadFile(filepath.Join(parts, name))
		if err != nil {
			t.Fatal(err)
		}
		rows += strings.Count(string(b), "\n") - 1
	}
	if rows != 100 {
		t.Errorf("the parts have %d rows of 100", rows)
	}
	if exit, _, stderr := run(t, "", "data", "split", "--data", all, "--output-dir", parts); exit != exitFailure || !strings.Contains(stderr, "is there already") {
		t.Errorf("a second split: exit code %d, %s", exit, stderr)
	}
	must(t, "data", "check", "--train-file", filepath.Join(parts, "train.csv"), "--test-file", filepath.Join(parts, "test.csv"))

	gbk, err := simplifiedchinese.GB18030.NewEncoder().String("text,label\n公司利润增长,1\n公司亏损扩大,0\n公司利润增长 ,1\n")
	if err != nil {
		t.Fatal(err)
	}
	foreign := write(t, filepath.Join(dir, "gbk.csv"), gbk)
	if exit, _, stderr := run(t, "", "data", "check", "--train-file", foreign); exit != exitFailure || !strings.Contains(stderr, "looks like GB18030") {
		t.Errorf("GB18030: exit code %d, %s", exit, stderr)
	}
	clean := filepath.Join(dir, "clean.jsonl")
	must(t, "data", "clean", "--data", foreign, "--output", clean)
	if b, err := os.ReadFile(clean); err != nil || string(b) != "{\"text\":\"公司利润增长\",\"label\":\"1\"}\n{\"text\":\"公司亏损扩大\",\"label\":\"0\"}\n" {
		t.Errorf("cleaned %q, %v", b, err)
	}

	alpaca := write(t, filepath.Join(dir, "alpaca.json"), `[{"instruction":"翻译","input":"hello","output":"你好"}]`)
	chat := filepath.Join(dir, "chat.jsonl")
	must(t, "data", "convert", "--data", alpaca, "--task-type", "causal_lm", "--output", chat)
	if b, err := os.ReadFile(chat); err != nil || string(b) != "{\"messages\":[{\"role\":\"user\",\"content\":\"翻译\\nhello\"},{\"role\":\"assistant\",\"content\":\"你好\"}]}\n" {
		t.Errorf("converted %q, %v", b, err)
	}
	parquet := filepath.Join(dir, "p.csv")
	must(t, "data", "convert", "--data", filepath.Join("..", "parquet", "testdata", "zstd.parquet"), "--output", parquet)
	if b, err := os.ReadFile(parquet); err != nil || string(b) != "text,label\n营收增长,1\n\"say \"\"no\"\"\n\",0\nthird,1\n" {
		t.Errorf("converted %q, %v", b, err)
	}
	if exit, _, stderr := run(t, "", "data", "convert", "--data", alpaca, "--task-type", "CAUSAL_LM", "--output", filepath.Join(dir, "x.csv")); exit != exitFailure || !strings.Contains(stderr, "expected a .jsonl file") {
		t.Errorf("messages in CSV: exit code %d, %s", exit, stderr)
	}
}

// TestTrainWithASplit trains without a validation file, with another optimiser.
func TestTrainWithASplit(t *testing.T) {
	s := newSetting(t)
	recipe := write(t, s.out("split.yaml"), `model_name_or_path: base
train_file: train.csv
validation_split: 0.25
optim: muon
class_weights: balanced
lr_scheduler_type: cosine_with_restarts
learning_rate: 1e-2
num_train_epochs: 2
per_device_train_batch_size: 8
`)
	events := map[string]int{}
	for _, line := range lines(must(t, "train", "--config", recipe, "--output-dir", s.out("split"), "--json")) {
		events[object(t, line)["event"].(string)]++
	}
	if events["evaluate"] != 2 || events["saved"] != 1 {
		t.Errorf("events are %v", events)
	}
}

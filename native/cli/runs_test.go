package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRunsCommands: trainings are recorded, listed, compared, and repeated to the same bits.
func TestRunsCommands(t *testing.T) {
	s := newSetting(t)
	book := s.out("runs.db")
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("one"))
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("two"), "--learning-rate", "1e-4", "--num-train-epochs", "1")
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("silent"), "--runs", "none")
	all := lines(must(t, "runs", "--runs", book, "--json"))
	if len(all) != 2 {
		t.Fatalf("%d runs, expected 2: %s", len(all), all)
	}
	one := object(t, all[0])
	hashes, host := one["hashes"].(map[string]any), one["host"].(map[string]any)
	for _, name := range []string{"train_file", "validation_file", "test_file", "base", "code", "result"} {
		if h, _ := hashes[name].(string); len(h) != 64 {
			t.Errorf("hash of %s is %q", name, h)
		}
	}
	if want := hashOf(s.out("one/adapter_model.safetensors")); hashes["result"] != want {
		t.Errorf("the result is %v, the file that was written %s", hashes["result"], want)
	}
	if one["status"] != "finished" || one["method"] != "LORA" || one["steps"] != 24.0 || one["steps_of"] != 24.0 || one["seed"] != 42.0 || host["cores"].(float64) < 1 || host["device"] == "" ||
		one["seconds"].(float64) <= 0 || one["planned_memory_bytes"].(float64) <= 0 || one["score"].(float64) < 0.9 || one["test"].(map[string]any)["accuracy"].(float64) < 0.9 {
		t.Errorf("run 1 is %v", one)
	}
	shown := object(t, must(t, "runs", "show", "1", "--runs", book, "--json"))
	if e := shown["evaluations"].([]any); len(e) != 3 || e[2].(map[string]any)["step"] != 24.0 {
		t.Errorf("evaluations %v", e)
	}
	if out := must(t, "runs", "show", "1", "--runs", book, "--lang", "zh"); !strings.Contains(out, "训练数据 sha256") || !strings.Contains(out, "learning_rate: 0.01") {
		t.Errorf("show:\n%s", out)
	}
	if out := must(t, "runs", "--runs", book); !strings.Contains(out, "24/24") || !strings.Contains(out, "finished") {
		t.Errorf("runs:\n%s", out)
	}

	c := object(t, must(t, "runs", "compare", "2", "1", "--runs", book, "--json"))
	pair := c["predictions"].(map[string]any)["pairs"].([]any)[0].(map[string]any)
	changed := map[string]string{}
	for _, x := range c["settings"].([]any) {
		changed[x.(map[string]any)["key"].(string)] = x.(map[string]any)["to"].(string)
	}
	if c["same_weights"] != false || c["split"] != "test" || len(c["inputs_that_differ"].([]any)) != 0 || changed["learning_rate"] != "0.01" || changed["num_train_epochs"] != "3" ||
		pair["mcnemar"].(map[string]any)["fixed"].(float64) < 1 {
		t.Errorf("compared %v", c)
	}
	if out := must(t, "runs", "compare", "2", "1", "--runs", book); !strings.Contains(out, "learning_rate") || !strings.Contains(out, "On the 16 rows of the test data") {
		t.Errorf("compare:\n%s", out)
	}

	again := object(t, must(t, "runs", "rerun", "1", "--runs", book, "--json"))
	if again["same_weights"] != true || again["run"] != 3.0 || again["again_of"] != 1.0 || len(again["metrics_that_differ"].([]any)) != 0 || len(again["inputs_that_differ"].([]any)) != 0 {
		t.Errorf("run again: %v", again)
	}
	data, err := os.ReadFile(s.train)
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.train, strings.Replace(string(data), "利润增长", "利润减少", 1))
	exit, _, stderr := run(t, "", "runs", "rerun", "1", "--runs", book)
	if exit != exitFailure || !strings.Contains(stderr, "not what run 1 was made of: train_file") || !strings.Contains(stderr, "other weights than run 1; inputs that differ: train_file") {
		t.Errorf("on other data: exit code %d, %s", exit, stderr)
	}
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"runs", "show", "99", "--runs", book}, exitFailure, "run 99: no such run"},
		{[]string{"runs", "show", "x", "--runs", book}, exitUsage, "expected a number"},
		{[]string{"runs", "show", "--runs", book}, exitUsage, "expected the numbers of 1 runs"},
		{[]string{"runs", "--runs", s.out("none.db")}, exitFailure, "no such file"},
		{[]string{"runs", "--runs", s.train}, exitFailure, "not a database"},
		{[]string{"train", "--config", s.recipe, "--output-dir", s.out("x"), "--runs", s.train}, exitFailure, "--runs none trains without a record"},
	} {
		if exit, _, stderr := run(t, "", c.args...); exit != c.exit || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, %s", c.args, exit, stderr)
		}
	}
}

// TestTrainWarnsOfLeaks: what data check calls a fault is told before a training, too.
func TestTrainWarnsOfLeaks(t *testing.T) {
	s := newSetting(t)
	valid := write(t, filepath.Join(s.dir, "valid.csv"), "text,label\n一段只用于验证的文字在此,正面\n公司0利润增长,正面\n")
	test := write(t, filepath.Join(s.dir, "tests.csv"), "text,label\n一段只用于验证的文字在此,正面\n另一段没见过的话,负面\n")
	_, _, stderr := run(t, "", "train", "--config", s.recipe, "--validation-file", valid, "--test-file", test, "--output-dir", s.out("leaky"), "--max-steps", "1")
	for _, want := range []string{"1 of 2 rows of " + valid + " are in the training data", "1 of 2 rows of " + test + " are in " + valid + ", too"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no warning %q in\n%s", want, stderr)
		}
	}
}

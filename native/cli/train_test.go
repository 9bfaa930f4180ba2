package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"graft/native/cpu"
	"graft/shared/device"
)

// setting is a base, data and a recipe that trains in a second.
type setting struct{ dir, base, recipe, train, test string }

func newSetting(t *testing.T) setting {
	t.Helper()
	dir := t.TempDir()
	s := setting{dir: dir, base: tinyBase(t, dir, 1)}
	s.train = write(t, filepath.Join(dir, "train.csv"), sentences(32))
	s.test = write(t, filepath.Join(dir, "test.csv"), sentences(16))
	s.recipe = write(t, filepath.Join(dir, "recipe.yaml"), `model_name_or_path: base
train_file: train.csv
validation_file: test.csv
test_file: test.csv
labels: [负面, 正面]
target_modules: [q_proj, v_proj]
learning_rate: 1e-2
per_device_train_batch_size: 4
num_train_epochs: 3
lora_dropout: 0.05
lora_alpha: 32
logging_steps: 1
load_best_model_at_end: true
metric_for_best_model: accuracy
`)
	return s
}

func (s setting) out(name string) string { return filepath.Join(s.dir, name) }

func TestTrainEvalPredict(t *testing.T) {
	s := newSetting(t)
	out := s.out("out")
	events := map[string]int{}
	var test map[string]any
	for _, line := range lines(must(t, "train", "--config", s.recipe, "--output-dir", out, "--json")) {
		e := object(t, line)
		events[e["event"].(string)]++
		if e["event"] == "test" {
			test = e["result"].(map[string]any)
		}
	}
	if events["plan"] != 1 || events["step"] != 24 || events["evaluate"] != 3 || events["checkpoint"] != 3 || events["saved"] != 1 || events["test"] != 1 {
		t.Errorf("events are %v", events)
	}
	for _, name := range []string{"adapter_config.json", "adapter_model.safetensors", "graft.json", "recipe.yaml", "loss.svg", "loss.png", "test_results.json",
		"checkpoint-24/trainer_state.json", "checkpoint-24/optimizer.safetensors"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	if test["accuracy"].(float64) < 0.9 {
		t.Errorf("accuracy is %v on rows a word decides", test["accuracy"])
	}

	// The saved adapter, opened again with the base it names, gives the same numbers.
	r := object(t, must(t, "eval", "--adapter", out, "--data", s.test, "--json"))
	for _, key := range []string{"accuracy", "precision", "recall", "f1", "macro_f1", "confusion", "n", "latency_ms", "throughput_qps", "peak_memory_bytes"} {
		if r[key] == nil {
			t.Errorf("eval --json has no %s", key)
		}
	}
	for _, key := range []string{"accuracy", "log_loss", "macro_f1"} {
		if r[key] != test[key] {
			t.Errorf("%s is %v, and it was %v at the end of the training", key, r[key], test[key])
		}
	}
	if text := must(t, "eval", "--adapter", out, "--data", s.test, "--lang", "zh"); !strings.Contains(text, "95 % 置信区间") || !strings.Contains(text, "macro_f1") {
		t.Errorf("eval prints\n%s", text)
	}

	texts := []string{"公司7利润增长", "公司9亏损扩大"}
	answers := lines(must(t, append([]string{"predict", "--model", s.base, "--adapter", out, "--json"}, texts...)...))
	for i, want := range []string{"正面", "负面"} {
		p := object(t, answers[i])
		probs := p["probabilities"].(map[string]any)
		if p["text"] != texts[i] || p["label"] != want || p["label_id"] != float64(1-i) || p["confidence"] != probs[want] || len(probs) != 2 {
			t.Errorf("answer %d is %s", i, answers[i])
		}
	}
	exit, stdout, stderr := run(t, strings.Join(texts, "\r\n")+"\n\n", "predict", "--adapter", out, "--json")
	if exit != 0 || !slices.Equal(lines(stdout), answers) {
		t.Errorf("from standard input: exit code %d\n%s%s, expected\n%s", exit, stdout, stderr, strings.Join(answers, "\n"))
	}

	// A second run does not mix with the first.
	exit, _, stderr = run(t, "", "train", "--config", s.recipe, "--output-dir", out)
	if exit != exitFailure || !strings.Contains(stderr, "go on with --resume-from-checkpoint, start anew with --overwrite-output-dir") {
		t.Errorf("a second run: exit code %d, %s", exit, stderr)
	}
	if text := must(t, "train", "--config", s.recipe, "--output-dir", out, "--overwrite-output-dir", "--max-steps", "2"); !strings.Contains(text, "macro_f1") {
		t.Errorf("train prints\n%s", text)
	}
	if _, err := os.Stat(filepath.Join(out, "checkpoint-24")); err == nil {
		t.Error("checkpoint-24 of the first run is still there")
	}
}

// stopper cancels a context when so many lines were written.
type stopper struct {
	left   int
	cancel context.CancelFunc
}

func (s *stopper) Write(b []byte) (int, error) {
	if s.left -= strings.Count(string(b), "\n"); s.left <= 0 {
		s.cancel()
	}
	return len(b), nil
}

// TestInterrupted: after Ctrl-C the last checkpoint is there, and a resumed run ends with the same bytes.
func TestInterrupted(t *testing.T) {
	s := newSetting(t)
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("whole"))
	ctx, cancel := context.WithCancel(t.Context())
	var stderr strings.Builder
	host := Host{Version: "test", OpenDevice: func(int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: 1}) },
		Stdout: &stopper{14, cancel}, Stderr: &stderr, Stdin: strings.NewReader(""), Getenv: func(string) string { return "" }}
	exit := host.Run(ctx, []string{"train", "--config", s.recipe, "--output-dir", s.out("cut"), "--json"})
	if exit != exitInterrupted || !strings.Contains(stderr.String(), "checkpoint-8 is kept: give the same command with --resume-from-checkpoint to go on") {
		t.Errorf("exit code %d\n%s", exit, &stderr)
	}
	if _, err := os.Stat(s.out("cut/adapter_config.json")); err == nil {
		t.Error("an interrupted run left an adapter")
	}
	must(t, "train", "--config", s.recipe, "--output-dir", s.out("cut"), "--resume-from-checkpoint")
	same(t, s.out("whole"), s.out("cut"))

	exit, _, errText := run(t, "", "train", "--config", s.recipe, "--output-dir", s.out("cut"), "--resume", "--learning-rate", "0.5")
	if exit != exitFailure || !strings.Contains(errText, "the run was started with other arguments") {
		t.Errorf("resumed with another learning rate: exit code %d, %s", exit, errText)
	}
}

func same(t *testing.T, a, b string) {
	t.Helper()
	for _, name := range []string{"adapter_model.safetensors", "adapter_config.json", "graft.json", "loss.svg"} {
		x, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(x) != string(y) {
			t.Errorf("%s differs", name)
		}
	}
}

// childKey tells the test binary that it is graft.
const childKey = "GRAFT_CLI_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childKey) != "" {
		host := Host{Version: "test", OpenDevice: func(int) (device.Device, error) { return cpu.Open(cpu.Options{Threads: 1}) },
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: func(string) string { return "" }}
		os.Exit(host.Run(context.Background(), os.Args[1:]))
	}
	os.Exit(m.Run())
}

// TestKilled: a process that is killed, wherever it is, leaves what a resumed run ends well from.
func TestKilled(t *testing.T) {
	s := newSetting(t)
	args := []string{"train", "--config", s.recipe, "--save-strategy", "steps", "--save-steps", "1", "--eval-strategy", "steps", "--eval-steps", "1", "--max-steps", "12"}
	must(t, append(args, "--output-dir", s.out("whole"))...)
	for round := range 6 {
		resume := []string{}
		if round > 0 {
			resume = append(resume, "--resume-from-checkpoint")
		}
		cmd := exec.Command(os.Args[0], append(slices.Concat(args, resume), "--output-dir", s.out("killed"), "--json")...)
		cmd.Env = append(os.Environ(), childKey+"=1")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		seen, chunk := 0, make([]byte, 64) // lines come with every step, evaluation and checkpoint
		for seen < 2+round {
			n, err := out.Read(chunk)
			if seen += strings.Count(string(chunk[:n]), "\n"); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(round) * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil && err != os.ErrProcessDone {
			t.Fatal(err)
		}
		cmd.Wait()
	}
	must(t, append(args, "--output-dir", s.out("killed"), "--resume-from-checkpoint")...)
	same(t, s.out("whole"), s.out("killed"))
	names, err := os.ReadDir(s.out("killed"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range names {
		if strings.HasPrefix(e.Name(), ".writing") || strings.HasPrefix(e.Name(), ".replaced") || strings.HasPrefix(e.Name(), ".removed") {
			t.Errorf("%s is left over", e.Name())
		}
	}
}

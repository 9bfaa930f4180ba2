package train_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/train/traintest"
)

// toy is a run of 12 steps with dropout, accumulation, evaluations and checkpoints.
func toy(t *testing.T, store train.Store) train.Options {
	t.Helper()
	o, fx := traintest.Options(t, device.Reference(), "base", "lora", adapter.SeqCls)
	parts, err := model.PartsOf(fx.Model)
	if err != nil {
		t.Fatal(err)
	}
	o.Adapter, err = adapter.NewLoRA(adapter.LoRA{TaskType: adapter.SeqCls, R: 4, LoraDropout: 0.2}, parts)
	if err != nil {
		t.Fatal(err)
	}
	o.Start, o.InOrder, o.Store = nil, false, store
	o.Metrics = func(labels []int32, logits [][]float32) map[string]float64 {
		return map[string]float64{"n": float64(len(labels)), "first": float64(logits[0][0])}
	}
	for i := range 22 {
		ids := []int32{1}
		for j := range 2 + i%5 {
			ids = append(ids, int32(3+(i*7+j*3)%90))
		}
		o.Train = append(o.Train, dataset.Class(ids, int32(i%3)))
	}
	o.Eval = o.Train[:7]
	a := &o.Arguments
	a.MaxSteps, a.NumTrainEpochs, a.GradientAccumulationSteps, a.LearningRate = 0, 3, 2, 1e-2
	a.EvalStrategy, a.SaveStrategy, a.LoadBestModelAtEnd = "epoch", "epoch", true
	return o
}

// run takes all steps, or stops after some, and returns the events.
func run(t *testing.T, o train.Options, resume bool, stop int) []train.Event {
	t.Helper()
	tr, err := train.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if resume {
		if name, err := tr.Resume(); err != nil || name == "" {
			t.Fatalf("resumed %q: %v", name, err)
		}
	}
	var events []train.Event
	for e, err := range tr.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == "step" && e.Step == stop {
			break
		}
		e.Seconds = 0
		events = append(events, e)
	}
	return events
}

func TestResumedRunHasTheSameBits(t *testing.T) {
	for _, optim := range []string{"adamw_torch", "adamw_8bit", "lion_32bit", "adafactor", "muon"} {
		t.Run(optim, func(t *testing.T) { resumed(t, optim) })
	}
}

// resumed kills runs with an optimiser, with weights and noise too.
func resumed(t *testing.T, optim string) {
	toy := func(t *testing.T, store train.Store) train.Options {
		o := toy(t, store)
		o.Arguments.Optim, o.Arguments.ClassWeights, o.Arguments.NEFTuneNoiseAlpha = optim, []string{"balanced"}, 5
		if optim == "adamw_8bit" { // matrices of 4096 values and more have moments in 8 bits
			parts, err := model.PartsOf(o.Model)
			if err == nil {
				o.Adapter, err = adapter.NewLoRA(adapter.LoRA{TaskType: adapter.SeqCls, R: 64, LoraDropout: 0.2}, parts)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return o
	}
	whole := traintest.NewStore()
	want := run(t, toy(t, whole), false, -1)
	if len(whole.Checkpoints) != 3 {
		t.Fatalf("%d checkpoints, expected 3", len(whole.Checkpoints))
	}
	for stop := 5; stop <= 12; stop += 3 { // killed within the second and third epoch
		store := traintest.NewStore()
		run(t, toy(t, store), false, stop)
		got := run(t, toy(t, store), true, -1)
		if tail := want[len(want)-len(got):]; fmt.Sprint(got) != fmt.Sprint(tail) {
			t.Errorf("killed at %d: events %v, expected %v", stop, got, tail)
		}
		for name, files := range whole.Checkpoints {
			for file, f := range files {
				if !bytes.Equal(store.Checkpoints[name][file].Data, f.Data) {
					t.Errorf("killed at %d: %s/%s differs", stop, name, file)
				}
			}
		}
	}
}

func TestResumeRefusesAnotherRun(t *testing.T) {
	store := traintest.NewStore()
	run(t, toy(t, store), false, 6)
	o := toy(t, store)
	o.Arguments.LearningRate = 1
	tr, err := train.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Resume(); err == nil || !strings.Contains(err.Error(), "started with other arguments") {
		t.Errorf("error %v", err)
	}
}

func TestBestModelIsLoadedAtEnd(t *testing.T) {
	store := traintest.NewStore()
	o := toy(t, store)
	o.Arguments.MetricForBestModel, o.Arguments.SaveTotalLimit = "first", 1
	events := run(t, o, false, -1)
	best, at := math.Inf(-1), 0
	for _, e := range events {
		if e.Kind == "evaluate" && e.Metrics["eval_first"] > best {
			best, at = e.Metrics["eval_first"], e.Step
		}
	}
	name := fmt.Sprintf("checkpoint-%d", at)
	files, ok := store.Checkpoints[name]
	if !ok || len(store.Checkpoints) > 2 {
		t.Fatalf("the best is %s; kept are %d", name, len(store.Checkpoints))
	}
	got, err := o.Memory.Read("base_model.model.score.weight", tensor.Of(tensor.F32, 3, 64))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(files["adapter_model.safetensors"].Data, got.Data) {
		t.Errorf("the weights at the end are not those of %s", name)
	}
}

func TestEarlyStopping(t *testing.T) {
	o := toy(t, traintest.NewStore())
	o.Arguments.MetricForBestModel, o.Arguments.EarlyStoppingPatience, o.Arguments.NumTrainEpochs = "n", 2, 9
	events := run(t, o, false, -1) // n never grows
	if last := events[len(events)-1].Step; last != 12 {
		t.Errorf("stopped at step %d, expected 12: two evaluations after the first", last)
	}
}

func TestNaNLossStops(t *testing.T) {
	store := traintest.NewStore()
	o := toy(t, store)
	o.Arguments.LearningRate, o.Arguments.NumTrainEpochs = 1e30, 9
	tr, err := train.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	var last error
	for _, err := range tr.Run(context.Background()) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "try a lower learning_rate") {
		t.Errorf("error %v", last)
	}
}

func TestFullDiskLosesNothing(t *testing.T) {
	store := traintest.NewStore()
	o := toy(t, store)
	tr, err := train.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	var last error
	for e, err := range tr.Run(context.Background()) {
		if last = err; e.Kind == "checkpoint" {
			store.Full = true
		}
	}
	if last == nil || !strings.Contains(last.Error(), "checkpoint-8: no space left on device") {
		t.Errorf("error %v", last)
	}
	if _, ok := store.Checkpoints["checkpoint-4"]; !ok {
		t.Error("the checkpoint before is gone")
	}
}

func TestSchedules(t *testing.T) {
	a := train.Defaults()
	a.LearningRate, a.WarmupSteps = 1, 2
	for _, c := range []struct { // of 6 steps, from transformers.get_scheduler
		name               string
		cycles, power, end float64
		want               []float64
	}{
		{"linear", 0, 0, 0, []float64{0, 0.5, 1, 0.75, 0.5, 0.25}},
		{"cosine", 0, 0, 0, []float64{0, 0.5, 1, 0.8535533905932737, 0.5, 0.14644660940672627}},
		{"cosine", 1, 0, 0, []float64{0, 0.5, 1, 0.5, 0, 0.4999999999999999}},
		{"cosine_with_restarts", 0, 0, 0, []float64{0, 0.5, 1, 0.8535533905932737, 0.5, 0.14644660940672627}},
		{"cosine_with_restarts", 2, 0, 0, []float64{0, 0.5, 1, 0.5, 1, 0.5}},
		{"polynomial", 0, 0, 0, []float64{0, 0.5, 1, 0.750000025, 0.50000005, 0.250000075}},
		{"polynomial", 0, 2, 0.1, []float64{0, 0.5, 1, 0.60625, 0.325, 0.15625}},
		{"inverse_sqrt", 0, 0, 0, []float64{0, 0.5, 1, 0.8164965809277261, 0.7071067811865475, 0.6324555320336759}},
		{"constant", 0, 0, 0, []float64{1, 1, 1, 1, 1, 1}},
		{"constant_with_warmup", 0, 0, 0, []float64{0, 0.5, 1, 1, 1, 1}},
	} {
		name, want := c.name, c.want
		a.LRSchedulerType, a.NumCycles, a.Power, a.LREnd = name, c.cycles, c.power, c.end
		var got []float64
		for i := range 6 {
			got = append(got, a.Rate(i, 6))
		}
		if !slices.EqualFunc(got, want, func(x, y float64) bool { return math.Abs(x-y) < 1e-12 }) {
			t.Errorf("%s: %v, expected %v", name, got, want)
		}
	}
}

func TestBadArguments(t *testing.T) {
	for want, change := range map[string]func(*train.Options){
		"learning_rate is -1":                   func(o *train.Options) { o.Arguments.LearningRate = -1 },
		"per_device_train_batch_size is 0":      func(o *train.Options) { o.Arguments.PerDeviceTrainBatchSize = 0 },
		`lr_scheduler_type is "step"`:           func(o *train.Options) { o.Arguments.LRSchedulerType = "step" },
		"load_best_model_at_end wants":          func(o *train.Options) { o.Arguments.SaveStrategy = "no" },
		"there is no validation data":           func(o *train.Options) { o.Eval = nil },
		"1 labels, expected at least 2":         func(o *train.Options) { o.Labels = o.Labels[:1] },
		"0 rows, expected at least 1":           func(o *train.Options) { o.Train = nil },
		`task_type "TOKEN_CLS" is not known`:    func(o *train.Options) { o.Task = "TOKEN_CLS" },
		"adam_beta2 is 1":                       func(o *train.Options) { o.Arguments.AdamBeta2 = 1 },
		`class_weights has "heavy"`:             func(o *train.Options) { o.Arguments.ClassWeights = []string{"heavy"} },
		"class_weights has 2 numbers for 3":     func(o *train.Options) { o.Arguments.ClassWeights = []string{"1", "2"} },
		"focal_gamma is 2 and label_smoothing":  func(o *train.Options) { o.Arguments.FocalGamma, o.Arguments.LabelSmoothingFactor = 2, 0.1 },
		`optim is "sgd"`:                        func(o *train.Options) { o.Arguments.Optim = "sgd" },
		`gradient_checkpointing is "some"`:      func(o *train.Options) { o.Arguments.GradientCheckpointing = "some" },
		"num_train_epochs is 0 and max_steps 0": func(o *train.Options) { o.Arguments.NumTrainEpochs = 0 },
	} {
		o := toy(t, nil)
		change(&o)
		if _, err := train.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}

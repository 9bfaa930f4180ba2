// Package traintest holds training to what PyTorch, PEFT and bitsandbytes do from the same start, on any device.
package traintest

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/weights"
)

// Relative errors against PyTorch's float32, which itself differs from float64 by up to 5e-7 in losses and norms and
// 4.4e-6 in weights after ten steps (float32_noise in runs.json): AdamW divides by the root of tiny second moments,
// which magnifies rounding.
const (
	LossTolerance   = 1e-5
	WeightTolerance = 1e-4
	// bitsandbytes multiplies with kernels of its own, whose rounding the script can't measure against float64; and
	// AdamW's first steps move a value by the rate whatever its gradient's size, so rounding of a gradient near zero
	// shows. 1.1e-4 was seen in one value of 1984.
	QLoRAWeightTolerance = 3e-4
	// Other optimisers and losses divide by small numbers as AdamW does, or take signs, and their script measures no
	// float64. 1.1e-4 was seen in one value of 1984.
	OptimizerWeightTolerance = 3e-4
)

type row struct {
	InputIDs []int32 `json:"input_ids"`
	Labels   any     `json:"labels"`
	Label    int32   `json:"label"`
}

type runCase struct {
	Method       string
	Arguments    json.RawMessage
	TaskType     adapter.TaskType `json:"task_type"`
	Base         string
	Accumulation int     `json:"gradient_accumulation_steps"`
	LearningRate float64 `json:"learning_rate"`
	Records      []struct {
		Loss         float64
		GradNorm     float64 `json:"grad_norm"`
		LearningRate float64 `json:"learning_rate"`
	}
}

type fixture struct {
	Rows map[adapter.TaskType][]row
	Runs map[string]runCase
}

// Dir is the folder of fixtures.
func Dir() string { return filepath.Join(modeltest.Root(), "shared", "train", "testdata", "parity") }

// Run compares every run with the device's, with values kept and with values computed again.
func Run(t *testing.T, open func(t *testing.T) device.Device) {
	var f fixture
	modeltest.ReadJSON(t, filepath.Join(Dir(), "runs.json"), &f)
	final := modeltest.OpenTensors(t, filepath.Join(Dir(), "final.safetensors"))
	for _, name := range slices.Sorted(maps.Keys(f.Runs)) {
		for _, checkpointing := range []string{"none", "cheap", "full"} {
			t.Run(name+"/"+checkpointing, func(t *testing.T) {
				c := f.Runs[name]
				o, fx := Options(t, open(t), c.Base, c.Method, c.TaskType)
				o.Train = sequences(t, f.Rows[c.TaskType], c.TaskType)
				o.Arguments.LearningRate, o.Arguments.GradientAccumulationSteps = c.LearningRate, c.Accumulation
				o.Arguments.GradientCheckpointing = checkpointing
				compare(t, o, fx, c, final, name)
			})
		}
	}
}

// OptimDir is the folder of the fixtures of other optimisers and losses.
func OptimDir() string { return filepath.Join(filepath.Dir(Dir()), "optim") }

// RunOptimizers compares runs with other optimisers and losses. Rows and first adapters are Run's.
func RunOptimizers(t *testing.T, open func(t *testing.T) device.Device) {
	var f, rows fixture
	modeltest.ReadJSON(t, filepath.Join(OptimDir(), "runs.json"), &f)
	modeltest.ReadJSON(t, filepath.Join(Dir(), "runs.json"), &rows)
	final := modeltest.OpenTensors(t, filepath.Join(OptimDir(), "final.safetensors"))
	for _, name := range slices.Sorted(maps.Keys(f.Runs)) {
		t.Run(name, func(t *testing.T) {
			c := f.Runs[name]
			o, fx := Options(t, open(t), c.Base, c.Method, c.TaskType)
			o.Train = sequences(t, rows.Rows[c.TaskType], c.TaskType)
			o.Arguments.GradientAccumulationSteps = c.Accumulation
			var more struct {
				ClassWeights []json.Number `json:"class_weights"`
				Ratio        float64       `json:"loraplus_lr_ratio"`
			}
			a := &o.Arguments
			if err := json.Unmarshal(c.Arguments, &more); err != nil {
				t.Fatal(err)
			}
			var plain map[string]any
			if err := json.Unmarshal(c.Arguments, &plain); err != nil {
				t.Fatal(err)
			}
			delete(plain, "class_weights")
			b, err := json.Marshal(plain)
			if err == nil {
				err = json.Unmarshal(b, a)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range more.ClassWeights {
				a.ClassWeights = append(a.ClassWeights, w.String())
			}
			if more.Ratio > 0 {
				o.Group = func(name string, shape tensor.Shape) train.Group {
					g := train.DefaultGroup(name, shape)
					if strings.Contains(name, "lora_B") {
						g.Rate = more.Ratio
					}
					return g
				}
			}
			compare(t, o, fx, c, final, name)
		})
	}
}

// Options are those of a run of the fixtures, without rows.
func Options(t *testing.T, d device.Device, base, method string, task adapter.TaskType) (train.Options, *modeltest.Fixture) {
	t.Helper()
	if method == "qlora" {
		base = "nf4" // base as bitsandbytes stores it
	}
	fx := modeltest.Open(t, d, filepath.Join(modeltest.Dir(), base), nil)
	a := train.Defaults()
	a.PerDeviceTrainBatchSize, a.MaxSteps, a.WarmupSteps, a.WeightDecay = 3, 10, 2, 0.01
	a.EvalStrategy, a.SaveStrategy = "no", "no"
	o := train.Options{Memory: fx.Memory, Model: fx.Model, Task: task, Labels: []string{"a", "b", "c"}, InOrder: true, Arguments: a,
		DType: weights.Storage(fx.Source), Base: Base(fx.Source)}
	if method == "full" {
		return o, fx
	}
	parts, err := model.PartsOf(fx.Model)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := adapter.Open(os.DirFS(filepath.Join(Dir(), "init", strings.ToLower(string(task)))), parts)
	if err != nil {
		t.Fatal(err)
	}
	o.Adapter, o.Start = dir.Adapter, dir.Tensors
	return o, fx
}

// Base gives a source's weights as float32.
func Base(src weights.Source) func(string, tensor.Shape) ([]float32, bool, error) {
	return func(name string, _ tensor.Shape) ([]float32, bool, error) {
		if _, ok := src.Spec(name); !ok {
			return nil, false, nil
		}
		v, err := weights.Floats(src, name)
		if err != nil {
			return nil, false, err
		}
		return v.Floats(), true, nil
	}
}

func sequences(t *testing.T, rows []row, task adapter.TaskType) []dataset.Sequence {
	seqs := make([]dataset.Sequence, len(rows))
	for i, r := range rows {
		seqs[i] = dataset.Sequence{Tokens: r.InputIDs, Label: -1}
		switch l := r.Labels.(type) {
		case []any:
			for _, v := range l {
				seqs[i].Learn = append(seqs[i].Learn, v.(float64) >= 0)
			}
		case float64:
			seqs[i].Label = int32(l)
		default:
			seqs[i].Label = r.Label
		}
		if (task == adapter.SeqCls) != (seqs[i].Label >= 0) {
			t.Fatalf("row %d of %s has labels %v", i, task, r.Labels)
		}
	}
	return seqs
}

func compare(t *testing.T, o train.Options, fx *modeltest.Fixture, c runCase, final weights.Source, name string) {
	tr, err := train.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	step := 0
	for e, err := range tr.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		want := c.Records[step]
		modeltest.Near(t, "loss", []float32{float32(e.Loss)}, []float32{float32(want.Loss)}, LossTolerance)
		modeltest.Near(t, "grad_norm", []float32{float32(e.GradNorm)}, []float32{float32(want.GradNorm)}, LossTolerance)
		modeltest.Near(t, "learning_rate", []float32{float32(e.LearningRate)}, []float32{float32(want.LearningRate)}, LossTolerance)
		step++
	}
	if step != len(c.Records) {
		t.Fatalf("%d steps, expected %d", step, len(c.Records))
	}
	compared, tolerance := 0, WeightTolerance
	switch {
	case c.Method == "qlora":
		tolerance = QLoRAWeightTolerance
	case c.Arguments != nil:
		tolerance = OptimizerWeightTolerance
	}
	for _, n := range final.Names() {
		leaf, ok := strings.CutPrefix(n, name+"/")
		if !ok {
			continue
		}
		s, _ := final.Spec(n)
		got, err := fx.Memory.Read(leaf, s)
		if err != nil {
			t.Fatal(err)
		}
		modeltest.Near(t, leaf, got.Floats(), modeltest.Floats(t, final, n), tolerance)
		compared++
	}
	if compared == 0 {
		t.Fatal("no weight was compared")
	}
}

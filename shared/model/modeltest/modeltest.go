// Package modeltest holds models to what transformers computes, on any device.
package modeltest

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Tolerance is the largest relative error max|a-b|/max|b| of float32 logits. transformers' own float32 differs from
// float64 by up to 1e-6 on these models (float32_noise in cases.json); ten times that leaves room for another order
// of summation and is a tenth of what the project promises (1e-4).
const Tolerance = 1e-5

// Root is the folder of the module, found upward from where a test runs: a binary built with -trimpath does not know
// where its sources are.
func Root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	return "."
}

// Dir is the folder of fixtures.
func Dir() string { return filepath.Join(Root(), "shared", "model", "testdata", "llama") }

// Fixture is a checkpoint of the fixtures, opened.
type Fixture struct {
	Model  model.Model
	Source weights.Source
	Memory *device.Memory
}

// Open opens a checkpoint directory on a device. config overrides its config.json unless nil.
func Open(t *testing.T, d device.Device, dir string, config []byte) *Fixture {
	t.Helper()
	var err error
	if config == nil {
		if config, err = os.ReadFile(filepath.Join(dir, "config.json")); err != nil {
			t.Fatal(err)
		}
	}
	src, err := weights.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return OpenSource(t, d, src, config)
}

// OpenSource opens a checkpoint's weights on a device.
func OpenSource(t *testing.T, d device.Device, src weights.Source, config []byte) *Fixture {
	t.Helper()
	f := &Fixture{Memory: device.NewMemory(d)}
	var err error
	if f.Model, err = model.New(config); err != nil {
		t.Fatal(err)
	}
	f.Source = model.Checkpoint(f.Model, src)
	f.Memory.Fetch = weights.Loader(f.Source, d)
	t.Cleanup(func() { f.Memory.Close(); f.Source.Close() })
	return f
}

// Logits are those of every position of a text.
func (f *Fixture) Logits(t *testing.T, ids []int32) []float32 {
	t.Helper()
	logits, _ := f.causal(t, ids, make([]int32, len(ids)))
	return logits
}

// Root starts recording a pass over rows rows.
func (f *Fixture) Root(rows int, h nn.Hooks) (*graph.Graph, nn.Params, nn.Inputs) {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{Hooks: h, DType: weights.Storage(f.Source)})
	return g, p, nn.NewInputs(g, rows)
}

// Feed gives a batch's inputs.
func Feed(b dataset.Batch) map[string]*tensor.Tensor {
	n := len(b.Tokens)
	return map[string]*tensor.Tensor{"tokens": tensor.FromInts(b.Tokens, n), "positions": tensor.FromInts(b.Positions, n),
		"lo": tensor.FromInts(b.Lo, n), "hi": tensor.FromInts(b.Hi, n), "pool": tensor.FromInts(b.Pool, len(b.Pool))}
}

// Compute runs what g records and returns an output.
func (f *Fixture) Compute(t *testing.T, g *graph.Graph, in map[string]*tensor.Tensor, output string) []float32 {
	t.Helper()
	run, err := f.Memory.Load(g)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if err := run.Do(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	out, err := run.Output(output)
	if err != nil {
		t.Fatal(err)
	}
	return out.Floats()
}

// Near fails unless got is want but for tolerance times want's largest magnitude.
func Near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, expected %d", what, len(got), len(want))
		return
	}
	worst, most, at := 0.0, 1e-30, 0
	for i := range want {
		most = max(most, math.Abs(float64(want[i])))
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*most) {
		t.Errorf("%s: [%d] is %g, expected %g: relative error %.3g over %.3g", what, at, got[at], want[at], worst/most, tolerance)
	}
}

// Floats reads a tensor of a fixture file.
func Floats(t *testing.T, src weights.Source, name string) []float32 {
	t.Helper()
	v, err := weights.Floats(src, name)
	if err != nil {
		t.Fatal(err)
	}
	return v.Floats()
}

// ReadJSON reads a JSON file.
func ReadJSON(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// OpenTensors opens one safetensors file.
func OpenTensors(t *testing.T, path string) weights.Source {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	src, err := weights.OpenSafetensors(weights.InMemory(data))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

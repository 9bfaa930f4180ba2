// Package adaptertest holds adapters to what PEFT computes with the same files, on any device.
package adaptertest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Tolerance is the largest relative error of logits and of each gradient, max|a-b|/max|b| over a tensor. PEFT's own
// float32 differs from float64 by up to 6e-6 on these adapters (float32_noise in cases.json).
const Tolerance = 3e-5

// folders are the fixtures: every way of naming modules over one Llama, and every architecture of decoders.
var folders = []struct{ name, bases string }{
	{"peft", modeltest.Dir()},
	{"decoders", modeltest.DecodersDir()},
}

// Dir is the folder of the first of them.
func Dir() string { return filepath.Join(modeltest.Root(), "shared", "adapter", "testdata", "peft") }

// Case is one adapter of cases.json.
type Case struct {
	Base      string
	TaskType  adapter.TaskType `json:"task_type"`
	Targets   []string
	Trainable int
	Gradients bool
}

// Cases is cases.json.
type Cases struct {
	Inputs struct {
		CausalLM struct {
			IDs    [][]int32 `json:"input_ids"`
			Labels [][]int32
		} `json:"CAUSAL_LM"`
		SeqCls struct {
			Rows   [][]int32
			Labels []int32
		} `json:"SEQ_CLS"`
	}
	Adapters map[string]Case
}

// unsupported are the fixtures of kinds that Parse refuses by name, and what it says.
var unsupported = map[string]string{"dora": "use_dora", "embedding": "embed_tokens"}

// Run compares every fixture with the device's answers.
func Run(t *testing.T, open func(t *testing.T) device.Device) {
	for _, f := range folders {
		run(t, filepath.Join(filepath.Dir(Dir()), f.name), f.bases, open)
	}
}

func run(t *testing.T, dir, bases string, open func(t *testing.T) device.Device) {
	var c Cases
	modeltest.ReadJSON(t, filepath.Join(dir, "cases.json"), &c)
	want := modeltest.OpenTensors(t, filepath.Join(dir, "expected.safetensors"))
	grads := modeltest.OpenTensors(t, filepath.Join(dir, "gradients.safetensors"))
	for _, name := range slices.Sorted(maps.Keys(c.Adapters)) {
		t.Run(name, func(t *testing.T) {
			x := c.Adapters[name]
			f := modeltest.Open(t, open(t), filepath.Join(bases, x.Base), nil)
			parts, err := model.PartsOf(f.Model)
			if err != nil {
				t.Fatal(err)
			}
			d, err := adapter.Open(os.DirFS(filepath.Join(dir, name)), parts)
			if why, ok := unsupported[name]; ok {
				if err == nil || !strings.Contains(err.Error(), why) {
					t.Fatalf("error %v, expected %q", err, why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			s := session{t, f, d, &c, x}
			s.compare(name, want, grads)
		})
	}
}

// Encoders compares LoRA over each encoder of modeltest with the device's answers.
func Encoders(t *testing.T, open func(t *testing.T) device.Device) {
	c := modeltest.OpenEncoderCases(t)
	for _, name := range c.Models {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(modeltest.EncoderDir(), name)
			f := modeltest.Open(t, open(t), dir, nil)
			parts, err := model.PartsOf(f.Model)
			if err != nil {
				t.Fatal(err)
			}
			d, err := adapter.Open(os.DirFS(filepath.Join(dir, "lora")), parts)
			if err != nil {
				t.Fatal(err)
			}
			if n := d.Labels(); n != 3 {
				t.Errorf("%d labels, expected 3", n)
			}
			want := modeltest.OpenTensors(t, filepath.Join(dir, "expected.safetensors"))
			names := f.Classify(t, &c, d.Adapter.Hooks(graph.Param), d.Tensors, want, "lora/")
			if n := len(d.Tensors.Names()); len(names) != n {
				t.Errorf("%d tensors are trained, and the file has %d", len(names), n)
			}
		})
	}
}

type session struct {
	*testing.T
	f *modeltest.Fixture
	d *adapter.Directory
	c *Cases
	x Case
}

// compare runs the adapter's loss with everything trained, and reads logits, loss and gradients.
func (s session) compare(name string, want, grads weights.Source) {
	b, labels := s.batch()
	g, p, in := s.f.Root(len(b.Tokens), s.d.Adapter.Hooks(graph.Param))
	hidden := s.f.Model.Hidden(p, in)
	feed := modeltest.Feed(b)
	var out graph.Value
	if s.x.TaskType == adapter.SeqCls {
		out = model.Score(s.f.Model, p, hidden, len(b.Pool), 3)
	} else {
		out = model.Logits(s.f.Model, p, hidden)
	}
	g.Output("logits", out)
	n, learned := len(labels), 0
	for _, l := range labels {
		if l >= 0 {
			learned++
		}
	}
	target := g.Leaf(graph.Input, "target", tensor.I32, n)
	feed["target"] = tensor.FromInts(labels, n)
	loss := op.Scale(op.Sum(op.CrossEntropy(out, target, 0)), 1/float32(learned))
	g.Output("loss", loss)
	var names []string
	var params []graph.Value
	g.Leaves(func(v graph.Value, k graph.Kind, leaf string) bool {
		if k == graph.Param {
			names, params = append(names, leaf), append(params, v)
		}
		return true
	})
	if err := s.d.Check(g); err != nil {
		s.Fatal(err)
	}
	values := 0
	for i, d := range grad.Of(loss, g.Constant("one", tensor.FromFloats([]float32{1}, 1)), params, grad.Options{}) {
		values += params[i].Shape().Len()
		v, err := weights.Floats(s.d.Tensors, names[i])
		if err == nil {
			err = s.f.Memory.Write(names[i], v)
		}
		if err != nil {
			s.Fatal(err)
		}
		g.Output("gradient of "+names[i], d)
	}
	if values != s.x.Trainable {
		s.Errorf("%d values are trained, expected %d", values, s.x.Trainable)
	}
	got := s.f.Compute(s.T, g, feed, "logits")
	modeltest.Near(s.T, "logits", got, modeltest.Floats(s.T, want, name+"/logits"), Tolerance)
	l, err := s.f.Memory.Read("loss", loss.Spec())
	if err != nil {
		s.Fatal(err)
	}
	modeltest.Near(s.T, "loss", l.Floats(), modeltest.Floats(s.T, want, name+"/loss"), Tolerance)
	if !s.x.Gradients {
		return
	}
	for i, n := range names {
		d, err := s.f.Memory.Read("gradient of "+n, params[i].Spec())
		if err != nil {
			s.Fatal(err)
		}
		modeltest.Near(s.T, "gradient of "+n, d.Floats(), modeltest.Floats(s.T, grads, name+"/"+n), Tolerance)
	}
}

// batch packs the task's inputs, and gives the label of each item: a class, or the next token.
func (s session) batch() (dataset.Batch, []int32) {
	in := &s.c.Inputs
	var seqs []dataset.Sequence
	if s.x.TaskType == adapter.SeqCls {
		for _, row := range in.SeqCls.Rows {
			seqs = append(seqs, dataset.Sequence{Tokens: row, Label: -1})
		}
		return dataset.Pack(seqs, nil), in.SeqCls.Labels
	}
	ids, labels := in.CausalLM.IDs[0], in.CausalLM.Labels[0]
	next := make([]int32, len(ids))
	for i := range next {
		next[i] = -1
		if i+1 < len(ids) && labels[i+1] >= 0 {
			next[i] = labels[i+1]
		}
	}
	return dataset.Pack([]dataset.Sequence{{Tokens: ids, Label: -1}}, nil), next
}

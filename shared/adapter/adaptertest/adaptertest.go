// Package adaptertest holds adapters to what PEFT computes with the same files, on any device.
package adaptertest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
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

// folders are the fixtures: every way of naming modules over one Llama, LoRA of every architecture of
// decoders, and the other kinds of every architecture.
var folders = []struct{ name, bases string }{
	{"peft", modeltest.Dir()},
	{"decoders", modeltest.DecodersDir()},
	{"methods", filepath.Join(modeltest.Root(), "shared", "model", "testdata")},
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
			if err != nil {
				t.Fatal(err)
			}
			s := session{t, f, d, &c, x}
			s.used(name, want)
			s.trained(name, want, grads)
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

// used reads the logits of the adapter as it is used.
func (s session) used(name string, want weights.Source) {
	b, _ := s.batch()
	g, out := s.record(b, s.d.Adapter, graph.Weight)
	if err := s.d.Check(g); err != nil {
		s.Fatal(err)
	}
	s.write(g, graph.Weight, s.d.Tensors)
	s.derive(s.d.Adapter, g, s.d.Tensors)
	g.Output("logits", out)
	got := s.f.Compute(s.T, g, modeltest.Feed(b), "logits")
	modeltest.Near(s.T, "logits", got, modeltest.Floats(s.T, want, name+"/logits"), Tolerance)
}

// record records a pass over a batch, whose result are logits of the task.
func (s session) record(b dataset.Batch, a adapter.Adapter, kind graph.Kind) (*graph.Graph, graph.Value) {
	g, p, in := s.f.Root(len(b.Tokens), a.Hooks(kind))
	hidden := s.f.Model.Hidden(p, in)
	if s.x.TaskType == adapter.SeqCls {
		return g, model.Score(s.f.Model, p, hidden, len(b.Pool), 3)
	}
	return g, model.Logits(s.f.Model, p, hidden)
}

// write gives the adapter's leaves of a kind their values.
func (s session) write(g *graph.Graph, kind graph.Kind, from weights.Source) {
	g.Leaves(func(_ graph.Value, k graph.Kind, leaf string) bool {
		if _, ok := from.Spec(leaf); k != kind || !ok {
			return true
		}
		v, err := weights.Floats(from, leaf)
		if err == nil {
			err = s.f.Memory.Write(leaf, v)
		}
		if err != nil {
			s.Fatal(err)
		}
		return true
	})
}

func (s session) derive(a adapter.Adapter, g *graph.Graph, tensors weights.Source) {
	d, ok := a.(adapter.Deriver)
	if !ok {
		return
	}
	if err := adapter.Derive(d, g, s.base, tensors, s.f.Memory.Write); err != nil {
		s.Fatal(err)
	}
}

func (s session) base(name string, _ tensor.Shape) ([]float32, bool, error) {
	if _, ok := s.f.Source.Spec(name); !ok {
		return nil, false, nil
	}
	v, err := weights.Floats(s.f.Source, name)
	if err != nil {
		return nil, false, err
	}
	return v.Floats(), true, nil
}

// trained runs the adapter's loss with everything trained, and reads logits, loss and gradients, with values kept and with
// values computed again.
func (s session) trained(name string, want, grads weights.Source) {
	a, from, err := s.d.Further()
	if err != nil {
		s.Fatal(err)
	}
	for _, recompute := range []func(graph.Node) bool{nil, grad.All} {
		b, labels := s.batch()
		g, out := s.record(b, a, graph.Param)
		g.Output("logits", out)
		feed := modeltest.Feed(b)
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
		values := 0
		g.Leaves(func(v graph.Value, k graph.Kind, leaf string) bool {
			if k == graph.Param {
				names, params, values = append(names, leaf), append(params, v), values+v.Shape().Len()
			}
			return true
		})
		if values != s.x.Trainable {
			s.Errorf("%d values are trained, expected %d", values, s.x.Trainable)
		}
		s.write(g, graph.Param, from)
		s.derive(a, g, nil)
		for i, d := range grad.Of(loss, g.Constant("one", tensor.FromFloats([]float32{1}, 1)), params, grad.Options{Recompute: recompute}) {
			g.Output("gradient of "+names[i], d)
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
}

// pack lays sequences out as the adapter wants them.
func (s session) pack(seqs []dataset.Sequence) dataset.Batch {
	v := adapter.VirtualOf(s.d.Adapter)
	for i := range seqs {
		seqs[i].Prompt(v.Rows)
	}
	b := dataset.Pack(seqs, nil)
	b.Shift(v.Keys)
	return b
}

// batch packs the task's inputs, and gives the label of each item: a class, or the next token.
func (s session) batch() (dataset.Batch, []int32) {
	in := &s.c.Inputs
	var seqs []dataset.Sequence
	if s.x.TaskType == adapter.SeqCls {
		for _, row := range in.SeqCls.Rows {
			seqs = append(seqs, dataset.Sequence{Tokens: row, Label: -1})
		}
		return s.pack(seqs), in.SeqCls.Labels
	}
	ids, labels := in.CausalLM.IDs[0], in.CausalLM.Labels[0]
	first := adapter.VirtualOf(s.d.Adapter).Rows
	next := make([]int32, first+len(ids))
	for i := range next {
		next[i] = -1
		if t := i + 1 - first; t >= 0 && t < len(ids) && labels[t] >= 0 {
			next[i] = labels[t]
		}
	}
	return s.pack([]dataset.Sequence{{Tokens: ids, Label: -1}}), next
}

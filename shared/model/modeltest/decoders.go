package modeltest

import (
	"fmt"
	"path/filepath"
	"testing"

	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// GradientTolerance is the largest relative error of the gradient of a weight. transformers' own float32 differs from
// float64 by up to 3e-6 on these models (float32_noise in cases.json).
const GradientTolerance = 3e-5

// DecodersDir is the folder of one tiny model of each decoder architecture.
func DecodersDir() string { return filepath.Join(Root(), "shared", "model", "testdata", "decoders") }

// DecoderCases is cases.json of that folder.
type DecoderCases struct {
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
	Models []string
}

// Decoders holds each architecture to transformers: logits, loss and the gradients of all weights, and the scores of its
// …ForSequenceClassification; and decoding over a cache to one pass. The texts are longer than the models' windows.
func Decoders(t *testing.T, open func(t *testing.T) device.Device) {
	var c DecoderCases
	ReadJSON(t, filepath.Join(DecodersDir(), "cases.json"), &c)
	for _, name := range c.Models {
		dir := filepath.Join(DecodersDir(), name)
		want := OpenTensors(t, filepath.Join(dir, "expected.safetensors"))
		ids, labels := c.Inputs.CausalLM.IDs[0], c.Inputs.CausalLM.Labels[0]
		t.Run(name, func(t *testing.T) {
			f := Open(t, open(t), dir, nil)
			logits, loss := f.causal(t, ids, labels)
			Near(t, "logits", logits, Floats(t, want, "logits"), Tolerance)
			Near(t, "loss", []float32{loss}, Floats(t, want, "loss"), Tolerance)
			cachedInChunks(t, f, ids, logits)
			f.scored(t, &c, want)
		})
		t.Run(name+" gradients", func(t *testing.T) {
			f := Open(t, open(t), dir, nil)
			f.gradients(t, ids, labels, want)
		})
	}
}

// scored compares the scores of a classification head over rows that are packed without padding.
func (f *Fixture) scored(t *testing.T, c *DecoderCases, want weights.Source) {
	t.Helper()
	head := OpenTensors(t, filepath.Join(DecodersDir(), "score.safetensors"))
	name := fmt.Sprintf("score.weight.%d", f.Model.Config().HiddenSize)
	w, err := weights.ReadTensor(head, name)
	if err == nil {
		err = f.Memory.Write("score.weight", w)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := f.scores(t, c.Inputs.SeqCls.Rows, *f.Model.Config().PadTokenID, nn.Hooks{})
	Near(t, "scores", got, Floats(t, want, "SEQ_CLS/logits"), Tolerance)
}

// cachedInChunks reads a prompt in two chunks and the rest one by one.
func cachedInChunks(t *testing.T, f *Fixture, ids []int32, whole []float32) {
	t.Helper()
	vocab := f.Model.Config().VocabSize
	const slot = 3 // the cache's row of the first token
	for from, size := 0, 8; from < len(ids); from += size {
		if from >= 16 {
			size = 1
		}
		g, p, in := f.Root(size, nn.Hooks{})
		in.Cache = &nn.Cache{Rows: slot + len(ids) + 2, Limit: len(ids), DType: tensor.F32, Slots: g.Leaf(graph.Input, "slots", tensor.I32, size)}
		g.Output("logits", model.Logits(f.Model, p, f.Model.Hidden(p, in)))
		column := func(v func(i int) int32) *tensor.Tensor {
			c := make([]int32, size)
			for i := range c {
				c[i] = v(from + i)
			}
			return tensor.FromInts(c, size)
		}
		got := f.Compute(t, g, map[string]*tensor.Tensor{
			"tokens":    column(func(i int) int32 { return ids[i] }),
			"positions": column(func(i int) int32 { return int32(i) }),
			"slots":     column(func(i int) int32 { return int32(slot + i) }),
			"lo":        column(func(int) int32 { return slot }),
			"hi":        column(func(i int) int32 { return int32(slot + i + 1) }),
		}, "logits")
		Near(t, "cached logits", got, whole[from*vocab:][:size*vocab], Tolerance)
	}
}

// gradients trains every weight and compares the gradient of each.
func (f *Fixture) gradients(t *testing.T, ids, labels []int32, want weights.Source) {
	t.Helper()
	all := nn.Hooks{Weight: func(name string) (string, graph.Kind, bool) { return name, graph.Param, true }}
	g, p, in := f.Root(len(ids), all)
	targets, learned := NextTokens(labels)
	target := g.Leaf(graph.Input, "target", tensor.I32, len(ids))
	loss := op.Scale(op.Sum(model.Losses(f.Model, p, f.Model.Hidden(p, in), target)), 1/float32(learned))
	g.Output("loss", loss)
	var names []string
	var params []graph.Value
	g.Leaves(func(v graph.Value, k graph.Kind, leaf string) bool {
		if k == graph.Param {
			names, params = append(names, leaf), append(params, v)
		}
		return true
	})
	for i, d := range grad.Of(loss, g.Constant("one", tensor.FromFloats([]float32{1}, 1)), params, grad.Options{}) {
		w, err := weights.Floats(f.Source, names[i])
		if err == nil {
			err = f.Memory.Write(names[i], w)
		}
		if err != nil {
			t.Fatal(err)
		}
		g.Output("gradient/"+names[i], d)
	}
	feed := Feed(dataset.Pack([]dataset.Sequence{{Tokens: ids, Label: -1}}, nil))
	feed["target"] = tensor.FromInts(targets, len(ids))
	Near(t, "loss", f.Compute(t, g, feed, "loss"), Floats(t, want, "loss"), Tolerance)
	if len(names) == 0 {
		t.Fatal("no weight is trained")
	}
	for i, name := range names {
		d, err := f.Memory.Read("gradient/"+name, params[i].Spec())
		if err != nil {
			t.Fatal(err)
		}
		Near(t, "gradient of "+name, d.Floats(), Floats(t, want, "gradient/"+name), GradientTolerance)
	}
}

// NextTokens are what each row is to predict, -1 for nothing, and how many rows are: labels are not shifted, as in
// transformers.
func NextTokens(labels []int32) (targets []int32, learned int) {
	targets = make([]int32, len(labels))
	for i := range targets {
		targets[i] = -1
		if i+1 < len(labels) && labels[i+1] >= 0 {
			targets[i] = labels[i+1]
			learned++
		}
	}
	return targets, learned
}

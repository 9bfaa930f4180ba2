package modeltest

import (
	"path/filepath"
	"strings"
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

// EncoderGradientTolerance is the largest relative error of the gradient of a weight. transformers' own float32 differs
// from float64 by up to 4e-6 on these models (float32_noise in cases.json).
const EncoderGradientTolerance = 4e-5

// EncoderDir is the folder of one tiny model of each encoder architecture.
func EncoderDir() string { return filepath.Join(filepath.Dir(Dir()), "encoders") }

// EncoderCases is cases.json of that folder.
type EncoderCases struct {
	Rows, Types [][]int32
	Labels      []int32
	Models      []string
}

// OpenEncoderCases reads cases.json.
func OpenEncoderCases(t *testing.T) (c EncoderCases) {
	t.Helper()
	ReadJSON(t, filepath.Join(EncoderDir(), "cases.json"), &c)
	return c
}

// Encoders holds each architecture to transformers: hidden states, logits, loss and the gradients of all weights, of rows
// that are packed; and rows alone to packed ones.
func Encoders(t *testing.T, open func(t *testing.T) device.Device) {
	c := OpenEncoderCases(t)
	for _, name := range c.Models {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(EncoderDir(), name)
			want := OpenTensors(t, filepath.Join(dir, "expected.safetensors"))
			f := Open(t, open(t), dir, nil)
			logits := f.hidden(t, c.Rows, c.Types, want)
			each := len(logits) / len(c.Rows)
			for i := range c.Rows {
				alone := f.hidden(t, c.Rows[i:i+1], c.Types[i:i+1], nil)
				Near(t, "logits alone", alone, logits[i*each:][:each], Tolerance)
			}
			names := f.Classify(t, &c, nn.Hooks{Weight: func(name string) (string, graph.Kind, bool) { return name, graph.Param, true }}, f.Source, want, "")
			for _, n := range names {
				if _, ok := f.Source.Spec(n); !ok {
					t.Errorf("%s is no weight of the checkpoint", n)
				}
			}
		})
	}
}

// hidden computes the logits of rows that are packed, and compares hidden states and logits unless want is nil.
func (f *Fixture) hidden(t *testing.T, rows, types [][]int32, want weights.Source) []float32 {
	t.Helper()
	var seqs []dataset.Sequence
	for _, r := range rows {
		seqs = append(seqs, dataset.Sequence{Tokens: r, Label: -1})
	}
	b := dataset.Pack(seqs, nil)
	g, p, in := f.Root(len(b.Tokens), nn.Hooks{})
	hidden := f.Model.Hidden(p, in)
	g.Output("hidden", hidden)
	g.Output("logits", model.Score(f.Model, p, hidden, len(seqs), 3))
	logits := f.Compute(t, g, f.feed(b, types), "logits")
	if want != nil {
		h, err := f.Memory.Read("hidden", hidden.Spec())
		if err != nil {
			t.Fatal(err)
		}
		Near(t, "hidden", h.Floats(), Floats(t, want, "hidden"), Tolerance)
		Near(t, "logits", logits, Floats(t, want, "logits"), Tolerance)
	}
	return logits
}

// feed is Feed with token types for models that have more than one.
func (f *Fixture) feed(b dataset.Batch, types [][]int32) map[string]*tensor.Tensor {
	in := Feed(b)
	if f.Model.Config().TypeVocabSize > 1 {
		var all []int32
		for _, row := range types {
			all = append(all, row...)
		}
		in["types"] = tensor.FromInts(all, len(all))
	}
	return in
}

// Classify runs the loss over the rows with everything trained that the hooks train, from the values in start, and
// compares logits, loss and gradients. It returns the names of what is trained.
func (f *Fixture) Classify(t *testing.T, c *EncoderCases, h nn.Hooks, start, want weights.Source, prefix string) []string {
	t.Helper()
	var seqs []dataset.Sequence
	for i, r := range c.Rows {
		seqs = append(seqs, dataset.Class(r, c.Labels[i]))
	}
	b := dataset.Pack(seqs, nil)
	g, p, in := f.Root(len(b.Tokens), h)
	logits := model.Score(f.Model, p, f.Model.Hidden(p, in), len(seqs), 3)
	g.Output("logits", logits)
	target := g.Leaf(graph.Input, "target", tensor.I32, len(seqs))
	loss := op.Scale(op.Sum(op.CrossEntropy(logits, target, 0)), 1/float32(len(seqs)))
	g.Output("loss", loss)
	var names []string
	var params []graph.Value
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		if k == graph.Param {
			names, params = append(names, name), append(params, v)
		}
		return true
	})
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	for i, d := range grad.Of(loss, g.Constant("one", tensor.FromFloats([]float32{1}, 1)), params, grad.Options{}) {
		v, err := weights.Floats(start, names[i])
		if err == nil {
			err = f.Memory.Write(names[i], v)
		}
		if err != nil {
			t.Fatal(err)
		}
		g.Output("gradient of "+names[i], d)
	}
	feed := f.feed(b, c.Types)
	feed["target"] = tensor.FromInts(c.Labels, len(c.Labels))
	Near(t, prefix+"logits", f.Compute(t, g, feed, "logits"), Floats(t, want, prefix+"logits"), Tolerance)
	read := func(name string, s tensor.Spec) []float32 {
		v, err := f.Memory.Read(name, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.Floats()
	}
	Near(t, prefix+"loss", read("loss", loss.Spec()), Floats(t, want, prefix+"loss"), Tolerance)
	compared := 0
	for i, n := range names {
		got := read("gradient of "+n, params[i].Spec())
		if strings.HasSuffix(n, "key.bias") || strings.HasSuffix(n, "k_lin.bias") {
			// The softmax does not change when all its scores do: this gradient is zero but for rounding.
			for _, v := range got {
				if v > 1e-5 || v < -1e-5 {
					t.Errorf("gradient of %s is %g, expected 0", n, v)
				}
			}
			compared++
			continue
		}
		Near(t, "gradient of "+n, got, Floats(t, want, prefix+"gradient/"+n), EncoderGradientTolerance)
		compared++
	}
	if stored := storedGradients(want, prefix); compared != stored {
		t.Errorf("%d gradients, expected %d", compared, stored)
	}
	return names
}

func storedGradients(want weights.Source, prefix string) (n int) {
	for _, name := range want.Names() {
		if strings.HasPrefix(name, prefix+"gradient/") {
			n++
		}
	}
	return n
}

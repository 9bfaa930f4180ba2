package modeltest

import (
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

type cases struct {
	Causal, Rope []struct {
		Name   string
		IDs    []int32
		Labels []int32
	}
	Pooling []struct {
		Name       string
		PadTokenID int32 `json:"pad_token_id"`
		Rows       [][]int32
	}
}

// Run compares every fixture with the device's answers.
func Run(t *testing.T, open func(t *testing.T) device.Device) {
	var c cases
	ReadJSON(t, filepath.Join(Dir(), "cases.json"), &c)
	want := OpenTensors(t, filepath.Join(Dir(), "expected.safetensors"))
	check := func(t *testing.T, f *Fixture, prefix string, ids, labels []int32) {
		t.Helper()
		logits, loss := f.causal(t, ids, labels)
		Near(t, prefix+" logits", logits, Floats(t, want, prefix+"/logits"), Tolerance)
		if len(ids) > 1 {
			Near(t, prefix+" loss", []float32{loss}, Floats(t, want, prefix+"/loss"), Tolerance)
		}
	}
	for _, base := range []string{"base", "tied", "bias", "nf4"} {
		t.Run(base, func(t *testing.T) {
			f := Open(t, open(t), filepath.Join(Dir(), base), nil)
			for _, x := range c.Causal {
				check(t, f, base+"/"+x.Name, x.IDs, x.Labels)
			}
		})
	}
	for _, rope := range []string{"default", "linear", "llama3", "yarn"} {
		t.Run("rope "+rope, func(t *testing.T) {
			config, err := os.ReadFile(filepath.Join(Dir(), "rope", rope+".json"))
			if err != nil {
				t.Fatal(err)
			}
			f := Open(t, open(t), filepath.Join(Dir(), "base"), config)
			for _, x := range c.Rope {
				check(t, f, "rope/"+rope+"/"+x.Name, x.IDs, x.Labels)
			}
		})
	}
	t.Run("cls", func(t *testing.T) {
		f := Open(t, open(t), filepath.Join(Dir(), "cls"), nil)
		for _, x := range c.Pooling {
			if x.PadTokenID == *f.Model.Config().PadTokenID {
				Near(t, "cls "+x.Name, f.scores(t, x.Rows, x.PadTokenID, nn.Hooks{}), Floats(t, want, "cls/"+x.Name+"/logits"), Tolerance)
			}
		}
	})
	t.Run("score", func(t *testing.T) {
		f := Open(t, open(t), filepath.Join(Dir(), "base"), nil)
		head, err := weights.ReadTensor(OpenTensors(t, filepath.Join(Dir(), "score.safetensors")), "score.weight")
		if err == nil {
			err = f.Memory.Write("score.weight", head)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range c.Pooling {
			Near(t, "score "+x.Name, f.scores(t, x.Rows, x.PadTokenID, nn.Hooks{}), Floats(t, want, "score/"+x.Name+"/logits"), Tolerance)
		}
	})
	t.Run("cached", func(t *testing.T) { cached(t, Open(t, open(t), filepath.Join(Dir(), "tied"), nil)) })
}

// causal computes logits of every position and the mean loss over learned tokens.
func (f *Fixture) causal(t *testing.T, ids, labels []int32) ([]float32, float32) {
	t.Helper()
	n := len(ids)
	g, p, in := f.Root(n, nn.Hooks{})
	hidden := f.Model.Hidden(p, in)
	logits := model.Logits(f.Model, p, hidden)
	g.Output("logits", logits)
	target := g.Leaf(graph.Input, "target", tensor.I32, n)
	losses := model.Losses(f.Model, p, hidden, target)
	g.Output("losses", losses)
	targets, count := NextTokens(labels)
	feed := Feed(dataset.Pack([]dataset.Sequence{{Tokens: ids, Label: -1}}, nil))
	feed["target"] = tensor.FromInts(targets, n)
	out := f.Compute(t, g, feed, "logits")
	each, err := f.Memory.Read("losses", losses.Spec())
	if err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, l := range each.Floats() {
		sum += float64(l)
	}
	return out, float32(sum / float64(max(count, 1)))
}

// scores computes the pooled logits of rows packed without padding. A row is judged by its last token that is not the
// padding token, by its first if there is no other.
func (f *Fixture) scores(t *testing.T, rows [][]int32, pad int32, h nn.Hooks) []float32 {
	t.Helper()
	seqs := make([]dataset.Sequence, len(rows))
	for i, row := range rows {
		last := len(row) - 1
		for last > 0 && row[last] == pad {
			last--
		}
		seqs[i] = dataset.Sequence{Tokens: row, Label: -1, PoolBack: len(row) - 1 - last}
	}
	b := dataset.Pack(seqs, nil)
	g, p, in := f.Root(len(b.Tokens), h)
	g.Output("scores", model.Score(f.Model, p, f.Model.Hidden(p, in), len(seqs), 3))
	return f.Compute(t, g, Feed(b), "scores")
}

// cached holds decoding one token at a time over a cache to one pass over all.
func cached(t *testing.T, f *Fixture) {
	ids := []int32{1, 16, 27, 3, 30, 9, 12, 5}
	whole, _ := f.causal(t, ids, make([]int32, len(ids)))
	vocab := f.Model.Config().VocabSize
	const rows, slot = 24, 8 // a cache of 24 rows, the sequence at row 8
	for i, id := range ids {
		g, p, in := f.Root(1, nn.Hooks{})
		in.Cache = &nn.Cache{Rows: rows, DType: tensor.F32, Slots: g.Leaf(graph.Input, "slots", tensor.I32, 1)}
		g.Output("logits", model.Logits(f.Model, p, f.Model.Hidden(p, in)))
		one := func(v int) *tensor.Tensor { return tensor.FromInts([]int32{int32(v)}, 1) }
		got := f.Compute(t, g, map[string]*tensor.Tensor{"tokens": one(int(id)), "positions": one(i),
			"lo": one(slot), "hi": one(slot + i + 1), "slots": one(slot + i)}, "logits")
		Near(t, "cached step", got, whole[i*vocab:][:vocab], Tolerance)
	}
}

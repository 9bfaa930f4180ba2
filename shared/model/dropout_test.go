package model_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// droppedTolerance is of a derivative taken from two losses in float32, a step of 1e-2 of the weights apart.
const droppedTolerance = 2e-2

// TestDropout: training drops where transformers does, with the shares of config.json; the gradient is that of the loss
// with the same masks; another seed has other masks; evaluation drops nothing.
func TestDropout(t *testing.T) {
	for _, c := range []struct {
		dir   string
		set   map[string]float64 // of config.json
		sites map[float64]int    // how often each share is dropped, with 2 layers
		train string             // a weight below all of them
	}{
		{"encoders/bert", map[string]float64{"hidden_dropout_prob": 0.125, "classifier_dropout": 0.25}, map[float64]int{0.125: 1 + 2*2, 0.25: 1}, "bert.embeddings.LayerNorm.weight"},
		{"encoders/roberta", map[string]float64{"hidden_dropout_prob": 0.125}, map[float64]int{0.125: 1 + 2*2 + 2}, "roberta.embeddings.LayerNorm.weight"},
		{"encoders/xlm_roberta", map[string]float64{"hidden_dropout_prob": 0.125, "classifier_dropout": 0.25}, map[float64]int{0.125: 1 + 2*2, 0.25: 2}, "roberta.embeddings.LayerNorm.bias"},
		{"encoders/distilbert", map[string]float64{"dropout": 0.125, "seq_classif_dropout": 0.25}, map[float64]int{0.125: 1 + 2, 0.25: 1}, "distilbert.embeddings.LayerNorm.weight"},
		{"encoders/modernbert_mean", map[string]float64{"embedding_dropout": 0.125, "attention_dropout": 0.25, "mlp_dropout": 0.375, "classifier_dropout": 0.5},
			map[float64]int{0.125: 1, 0.25: 2, 0.375: 2, 0.5: 1}, "model.embeddings.norm.weight"},
		{"decoders/phi3", map[string]float64{"resid_pdrop": 0.125, "embd_pdrop": 0.5}, map[float64]int{0.125: 2 * 2}, "model.layers.0.input_layernorm.weight"},
	} {
		t.Run(c.dir, func(t *testing.T) {
			dir := filepath.Join(modeltest.Root(), "shared", "model", "testdata", c.dir)
			var config map[string]any
			modeltest.ReadJSON(t, filepath.Join(dir, "config.json"), &config)
			for k := range config {
				if strings.Contains(k, "dropout") {
					config[k] = 0.0
				}
			}
			delete(config, "classifier_dropout")
			zero, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			for k, v := range c.set {
				config[k] = v
			}
			drop, err := json.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			f := modeltest.Open(t, device.Reference(), dir, drop)
			layers := f.Model.Config().NumHiddenLayers
			if layers != 2 {
				t.Fatalf("the fixture has %d layers, expected 2", layers)
			}
			trained, eval := lossOf(t, f, c.train, true), lossOf(t, f, c.train, false)
			none := lossOf(t, modeltest.Open(t, device.Reference(), dir, zero), c.train, true)
			if !maps.Equal(trained.sites, c.sites) || len(eval.sites)+len(none.sites) > 0 {
				t.Errorf("drops %v, in evaluation %v, without dropout %v; expected %v", trained.sites, eval.sites, none.sites, c.sites)
			}
			w := modeltest.Floats(t, f.Source, c.train)
			loss, gradient := trained.at(t, w, 1)
			whole, _ := eval.at(t, w, 1)
			if same, _ := none.at(t, w, 1); same != whole {
				t.Errorf("without dropout training has loss %g, evaluation %g", same, whole)
			}
			if again, _ := trained.at(t, w, 1); again != loss {
				t.Errorf("one seed gives %g and %g", loss, again)
			}
			if other, _ := trained.at(t, w, 2); other == loss || loss == whole {
				t.Errorf("losses are %g, with another seed %g, in evaluation %g: expected all to differ", loss, other, whole)
			}
			r := rand.New(rand.NewPCG(3, 4))
			for range 3 {
				const step = 1e-2
				up, down := slices.Clone(w), slices.Clone(w)
				want := 0.0
				for i := range w {
					d := r.NormFloat64()
					up[i] += float32(step * d)
					down[i] -= float32(step * d)
					want += float64(gradient[i]) * float64(up[i]-down[i])
				}
				a, _ := trained.at(t, up, 1)
				b, _ := trained.at(t, down, 1)
				if got := a - b; math.Abs(got-want) > droppedTolerance*max(math.Abs(want), step*norm(gradient)) {
					t.Errorf("along a direction the loss changes by %g, the gradient says %g", got, want)
				}
			}
		})
	}
}

func norm(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

// droppedLoss is the loss of two texts as a function of one weight and the seed.
type droppedLoss struct {
	f     *modeltest.Fixture
	g     *graph.Graph
	name  string
	loss  graph.Value
	param graph.Value
	feed  map[string]*tensor.Tensor
	sites map[float64]int
}

func lossOf(t *testing.T, f *modeltest.Fixture, name string, train bool) *droppedLoss {
	t.Helper()
	seqs := []dataset.Sequence{dataset.Class([]int32{2, 5, 9, 11, 7, 3}, 0), dataset.Class([]int32{2, 6, 14, 3}, 1)}
	b := dataset.Pack(seqs, nil)
	l := &droppedLoss{f: f, g: graph.New(), name: name, feed: modeltest.Feed(b), sites: map[float64]int{}}
	p := nn.Root(l.g, &nn.Scope{Train: train, Hooks: nn.Hooks{Weight: func(n string) (string, graph.Kind, bool) { return n, graph.Param, n == name }}})
	hidden, targets := f.Model.Hidden(p, nn.NewInputs(l.g, len(b.Tokens))), []int32{0, 1}
	if model.IsDecoder(f.Model) {
		targets = b.Tokens
		l.loss = op.Sum(model.Losses(f.Model, p, hidden, l.g.Leaf(graph.Input, "target", tensor.I32, len(targets))))
	} else {
		logits := model.Score(f.Model, p, hidden, len(seqs), f.Model.Config().NumLabels)
		l.loss = op.Sum(op.CrossEntropy(logits, l.g.Leaf(graph.Input, "target", tensor.I32, len(targets)), 0))
	}
	l.g.Output("loss", l.loss)
	for i := range l.g.Len() {
		if o := l.g.Node(i).Op(); o != nil && o.Name() == "dropout" {
			l.sites[float64(math.Float32frombits(o.Attrs()[0].Bits))]++
		}
	}
	l.g.Leaves(func(v graph.Value, k graph.Kind, _ string) bool {
		if k == graph.Param {
			l.param = v
		}
		return true
	})
	if err := l.g.Err(); err != nil || !l.param.Valid() {
		t.Fatal(fmt.Errorf("%s is not used: %w", name, err))
	}
	d := grad.Of(l.loss, l.g.Constant("one", tensor.FromFloats([]float32{1}, 1)), []graph.Value{l.param}, grad.Options{})
	l.g.Output("gradient", d[0])
	l.feed["target"] = tensor.FromInts(targets, len(targets))
	return l
}

func (l *droppedLoss) at(t *testing.T, w []float32, seed int32) (float64, []float32) {
	t.Helper()
	if err := l.f.Memory.Write(l.name, tensor.FromFloats(w, l.param.Shape()...)); err != nil {
		t.Fatal(err)
	}
	l.feed["seed"] = tensor.FromInts([]int32{7, seed}, 2)
	if len(l.sites) == 0 {
		delete(l.feed, "seed")
	}
	loss := l.f.Compute(t, l.g, l.feed, "loss")
	v, err := l.f.Memory.Read("gradient", l.param.Spec())
	if err != nil {
		t.Fatal(err)
	}
	return float64(loss[0]), slices.Clone(v.Floats())
}

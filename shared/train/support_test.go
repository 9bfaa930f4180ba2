package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/train"
	"graft/shared/train/traintest"
	"graft/shared/weights"
)

var update = flag.Bool("update", false, "write the tables of the READMEs")

// ways are the columns of the table: the forms a base's weights come in.
var ways = []struct {
	en, zh string
	// open gives a base as it is read of such a file, and its config.json. An error is what an architecture does not have.
	open func(t *testing.T, src weights.Source, config []byte) (weights.Source, []byte, error)
}{
	{"safetensors", "safetensors", func(_ *testing.T, src weights.Source, config []byte) (weights.Source, []byte, error) {
		return src, config, nil
	}},
	{"4 bits (NF4)", "4 位(NF4)", func(_ *testing.T, src weights.Source, config []byte) (weights.Source, []byte, error) {
		return weights.Quantizer{DoubleQuant: true, Want: func(_ string, s tensor.Spec) tensor.DType {
			if len(s.Shape) == 2 {
				return tensor.NF4
			}
			return s.DType
		}}.View(src), config, nil
	}},
	{"GGUF", "GGUF", func(t *testing.T, src weights.Source, config []byte) (weights.Source, []byte, error) {
		mix, _, _ := weights.MixtureOf("q8_0")
		meta, err := weights.MetaOf(config, mix)
		if err != nil {
			return nil, nil, err
		}
		items, err := weights.GGUFItems(src, config, mix)
		if err != nil {
			return nil, nil, err
		}
		var b bytes.Buffer
		if err := weights.WriteGGUF(&b, meta, items); err != nil {
			t.Fatal(err)
		}
		g, err := weights.OpenGGUF(weights.InMemory(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		config, err = g.Config()
		return g, config, err
	}},
}

// jobs are what a cell of the table may say.
var jobs = []struct {
	task   adapter.TaskType
	en, zh string
	has    func(m model.Model) bool
	passes func(t *testing.T, src weights.Source, config []byte, task adapter.TaskType)
}{
	{adapter.CausalLM, "text", "文本", model.IsDecoder, learns},
	{adapter.SeqCls, "classes", "分类", func(model.Model) bool { return true }, learns},
	{"", "vectors", "向量", func(model.Model) bool { return true }, embeds},
}

// TestSupport makes a random model of every architecture, stores it in every way, and trains a LoRA over all its linear
// layers for every task it has: the first loss must be that of the same values in float32, and the last lower; and makes
// vectors of texts, which must be those of the same values. The READMEs' table is what passed.
func TestSupport(t *testing.T) {
	var en, zh strings.Builder
	header := func(b *strings.Builder, first string, name func(i int) string) {
		b.WriteString("| " + first + " | `model_type` |")
		for i := range ways {
			b.WriteString(" " + name(i) + " |")
		}
		b.WriteString("\n|---|---|" + strings.Repeat("---|", len(ways)) + "\n")
	}
	header(&en, "models", func(i int) string { return ways[i].en })
	header(&zh, "模型", func(i int) string { return ways[i].zh })
	configs := fixtures(t)
	for _, row := range model.Types() {
		config, ok := configs[row[0]]
		if !ok {
			t.Errorf("model_type %s: there is no fixture to take a config.json from", row[0])
			continue
		}
		fmt.Fprintf(&en, "| %s | `%s` |", row[1], row[0])
		fmt.Fprintf(&zh, "| %s | `%s` |", row[1], row[0])
		for _, way := range ways {
			var passedEn, passedZh []string
			t.Run(row[0]+" "+way.en, func(t *testing.T) {
				m, err := model.New(config)
				if err != nil {
					t.Fatal(err)
				}
				text, err := model.TextConfig(config) // as package engine opens it
				if err != nil {
					t.Fatal(err)
				}
				src, config, err := way.open(t, random(t, m), text)
				if err != nil {
					if !strings.Contains(err.Error(), "model_type is") {
						t.Error(err)
					}
					return
				}
				for _, job := range jobs {
					if job.has(m) && t.Run(job.en, func(t *testing.T) { job.passes(t, src, config, job.task) }) {
						passedEn, passedZh = append(passedEn, job.en), append(passedZh, job.zh)
					}
				}
			})
			en.WriteString(" " + cell(passedEn, ", ") + " |")
			zh.WriteString(" " + cell(passedZh, "、") + " |")
		}
		en.WriteString("\n")
		zh.WriteString("\n")
	}
	between(t, "README.md", en.String())
	between(t, "README.zh-CN.md", zh.String())
}

func cell(passed []string, sep string) string {
	if len(passed) == 0 {
		return "–"
	}
	return strings.Join(passed, sep)
}

// between compares what lies between the markers of a file with table, or writes it.
func between(t *testing.T, name, table string) {
	t.Helper()
	path := filepath.Join(modeltest.Root(), name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- support: go test ./shared/train -run Support -update -->\n", "<!-- end of support -->"
	head, rest, ok := strings.Cut(string(data), begin)
	old, tail, closed := strings.Cut(rest, end)
	switch {
	case !ok || !closed:
		t.Errorf("%s: the markers of the table are gone", name)
	case old == table:
	case *update:
		if err := os.WriteFile(path, []byte(head+begin+table+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s: the table differs from what passed, which is:\n%s", name, table)
	}
}

// fixtures gives a config.json for each model_type: that of its fixture, of a width that divides into blocks.
func fixtures(t *testing.T) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(modeltest.Dir()), "*", "*", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	configs := map[string][]byte{}
	slices.Sort(paths)
	for _, path := range paths {
		var c map[string]any
		modeltest.ReadJSON(t, path, &c)
		kind, _ := c["model_type"].(string)
		if configs[kind] != nil {
			continue
		}
		for key, v := range map[string]any{"hidden_size": 64, "dim": 64, "intermediate_size": 64, "hidden_dim": 64, "head_dim": 16, "query_pre_attn_scalar": 16} {
			if _, ok := c[key]; ok {
				c[key] = v
			}
		}
		for key := range c {
			if strings.Contains(key, "dropout") { // with masks four steps need not learn
				c[key] = 0
			}
		}
		for _, key := range []string{"quantization_config", "use_sliding_window", "layer_types", "rope_parameters"} {
			delete(c, key) // each architecture does as it does by itself
		}
		if configs[kind], err = json.Marshal(c); err != nil {
			t.Fatal(err)
		}
	}
	if text := configs["gemma3_text"]; text != nil {
		whole := []byte(`{"model_type":"gemma3","pad_token_id":0,"text_config":` + string(text) + `}`)
		configs["gemma3"] = whole
	}
	return configs
}

// random are weights of m, of its classification head, and of its output layer if it has one.
func random(t *testing.T, m model.Model) weights.Source {
	t.Helper()
	g := graph.New()
	p := nn.Root(g, &nn.Scope{})
	model.Score(m, p, m.Hidden(p, nn.NewInputs(g, 1)), 1, 2)
	if d, ok := m.(model.Decoder); ok {
		d.Output(p)
	}
	r := rand.New(rand.NewPCG(7, 7))
	var items []weights.Item
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		if k != graph.Weight || strings.HasPrefix(name, "rope.") || strings.HasPrefix(name, "zeros.") {
			return true
		}
		w := tensor.Make(tensor.Of(tensor.F32, v.Shape()...))
		for i := range w.Floats() {
			w.Floats()[i] = float32(r.NormFloat64()) * 0.3
			if len(v.Shape()) == 1 && strings.Contains(strings.ToLower(name), "norm") {
				w.Floats()[i] = 1 + w.Floats()[i]/3
			}
		}
		items = append(items, weights.ItemOf(name, w))
		return true
	})
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := weights.WriteSafetensors(&b, items, nil); err != nil {
		t.Fatal(err)
	}
	src, err := weights.OpenSafetensors(weights.InMemory(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// supportTolerance is of float32 sums in another order.
const supportTolerance = 1e-5

// learns trains over src, and for the first loss over its values in float32.
func learns(t *testing.T, src weights.Source, config []byte, task adapter.TaskType) {
	t.Helper()
	plain := weights.Quantized(src, func(string, tensor.Spec) tensor.DType { return tensor.F32 })
	losses, want := trained(t, src, config, task, 4), trained(t, plain, config, task, 1)
	modeltest.Near(t, "first loss", losses[:1], want, supportTolerance)
	if last := losses[len(losses)-1]; !(last < losses[0]) {
		t.Errorf("losses are %v: nothing is learnt", losses)
	}
}

// embeds makes vectors of two texts, as package engine pools them: the mean of an encoder's tokens, the last of a decoder's.
func embeds(t *testing.T, src weights.Source, config []byte, _ adapter.TaskType) {
	t.Helper()
	plain := weights.Quantized(src, func(string, tensor.Spec) tensor.DType { return tensor.F32 })
	modeltest.Near(t, "vectors", vectors(t, src, config), vectors(t, plain, config), supportTolerance)
}

func vectors(t *testing.T, src weights.Source, config []byte) []float32 {
	t.Helper()
	f := modeltest.OpenSource(t, device.Reference(), src, config)
	b := dataset.Pack([]dataset.Sequence{dataset.Class([]int32{5, 9, 11, 7, 20, 13}, 0), dataset.Class([]int32{6, 30, 4}, 0)}, nil)
	g, p, in := f.Root(len(b.Tokens), nn.Hooks{})
	pool := nn.Mean
	if model.IsDecoder(f.Model) {
		pool = nn.Last
	}
	g.Output("vectors", pool(f.Model.Hidden(p, in), 2))
	return f.Compute(t, g, modeltest.Feed(b), "vectors")
}

func trained(t *testing.T, src weights.Source, config []byte, task adapter.TaskType, steps int) (losses []float32) {
	t.Helper()
	f := modeltest.OpenSource(t, device.Reference(), src, config)
	parts, err := model.PartsOf(f.Model)
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.NewLoRA(adapter.LoRA{TaskType: task, R: 2, LoraAlpha: 4, TargetModules: adapter.Names{Pattern: adapter.AllLinear}}, parts)
	if err != nil {
		t.Fatal(err)
	}
	args := train.Defaults()
	args.PerDeviceTrainBatchSize, args.MaxSteps, args.LearningRate = 2, steps, 1e-2
	args.EvalStrategy, args.SaveStrategy, args.LRSchedulerType = "no", "no", "constant"
	first, second := []int32{5, 9, 11, 7, 20, 13}, []int32{6, 30, 4}
	rows := []dataset.Sequence{dataset.Class(first, 0), dataset.Class(second, 1)}
	if task == adapter.CausalLM {
		rows = []dataset.Sequence{dataset.Text(first, nil), dataset.Text(second, nil)}
	}
	tr, err := train.New(train.Options{Memory: f.Memory, Model: f.Model, Task: task, Adapter: a, Labels: []string{"a", "b"}, InOrder: true, Arguments: args,
		DType: weights.Storage(f.Source), Base: traintest.Base(f.Source), Train: rows})
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	for e, err := range tr.Run(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, float32(e.Loss))
	}
	return losses
}

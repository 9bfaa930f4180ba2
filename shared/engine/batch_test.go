package engine_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/engine"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// invented is an adapter of random factors.
func invented(t *testing.T, b *engine.Base, l adapter.LoRA, seed uint64) *engine.Adapter {
	t.Helper()
	parts, err := model.PartsOf(b.Model)
	if err != nil {
		t.Fatal(err)
	}
	a, err := adapter.NewLoRA(l, parts)
	if err != nil {
		t.Fatal(err)
	}
	config, err := a.MarshalConfig()
	if err != nil {
		t.Fatal(err)
	}
	g := graph.New()
	b.Model.Hidden(nn.Root(g, &nn.Scope{Hooks: a.Hooks(graph.Weight)}), nn.NewInputs(g, 1))
	random := rand.New(rand.NewPCG(seed, 0))
	var items []weights.Item
	g.Leaves(func(v graph.Value, _ graph.Kind, name string) bool {
		if strings.Contains(name, ".lora_") {
			values := make([]float32, v.Shape().Len())
			for i := range values {
				values[i] = float32(random.NormFloat64() * 0.2)
			}
			items = append(items, weights.ItemOf(name, tensor.FromFloats(values, v.Shape()...)))
		}
		return true
	})
	var w bytes.Buffer
	if err := weights.WriteSafetensors(&w, items, nil); err != nil {
		t.Fatal(err)
	}
	opened, err := b.OpenAdapter(fstest.MapFS{adapter.ConfigName: {Data: config}, adapter.WeightsName: {Data: w.Bytes()}}, false)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// TestBatch generates with two adapters and without one at the same time: each text is what it is alone.
func TestBatch(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	one := invented(t, b, adapter.LoRA{TaskType: adapter.CausalLM, R: 4}, 1)
	other := invented(t, b, adapter.LoRA{TaskType: adapter.CausalLM, R: 2, TargetModules: adapter.Names{List: []string{"o_proj", "v_proj"}}}, 2)
	adapters := map[string]*engine.Adapter{"": nil, "one": one, "other": other}
	prompts := []string{"公司净利润", "公司净利润大幅"}
	for _, cache := range []tensor.DType{tensor.F16, tensor.Q8_0} {
		batch, err := b.Batch([]engine.NamedAdapter{{Name: "one", Adapter: one}, {Name: "other", Adapter: other}}, engine.BatchOptions{Context: 200, Sequences: 5, Cache: cache})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, 0)
		var lock sync.Mutex
		var all sync.WaitGroup
		want := map[string]string{}
		for name, a := range adapters {
			g := b.Generator(a, cache)
			for _, p := range prompts {
				alone, err := g.Generate(t.Context(), api.GenerateRequest{Prompt: p, MaxNewTokens: 5})
				if err != nil {
					t.Fatal(err)
				}
				want[name+" "+p] = alone.Text
				all.Go(func() {
					text := ""
					for c, err := range batch.Stream(t.Context(), api.GenerateRequest{Prompt: p, MaxNewTokens: 5, Adapter: name}) {
						if err != nil {
							t.Error(err)
							return
						}
						text += c.Text
					}
					lock.Lock()
					defer lock.Unlock()
					if got = append(got, text); text != alone.Text {
						t.Errorf("%v, adapter %q: %q gives %q, expected %q", cache, name, p, text, alone.Text)
					}
				})
			}
			if err := g.Close(); err != nil {
				t.Fatal(err)
			}
		}
		all.Wait()
		if len(got) != 6 {
			t.Errorf("%d texts, expected 6", len(got))
		}
		if want["one 公司净利润"] == want["other 公司净利润"] && want[" 公司净利润"] == want["one 公司净利润"] {
			t.Error("the adapters change nothing: the test does not tell them apart")
		}
		if err := batch.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBatchErrors(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	batch, err := b.Batch(nil, engine.BatchOptions{Context: 40, Sequences: 2, Cache: tensor.F16})
	if err != nil {
		t.Fatal(err)
	}
	last := func(ctx context.Context, r api.GenerateRequest) (err error) {
		for _, err = range batch.Stream(ctx, r) {
		}
		return err
	}
	for want, r := range map[string]api.GenerateRequest{
		`adapter "x" is not there`:      {Prompt: "公司", Adapter: "x"},
		"the model reads at most 512":   {Prompt: "公司", MaxNewTokens: 2000},
		"the cache has room for 40":     {Prompt: "公司", MaxNewTokens: 100},
		"prompt is empty":               {},
		"temperature is -1, expected 0": {Prompt: "公司", Temperature: -1},
	} {
		if err := last(t.Context(), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range batch.Stream(ctx, api.GenerateRequest{Prompt: "公司", MaxNewTokens: 30}) {
		if n++; n == 2 {
			cancel()
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	if n >= 30 {
		t.Errorf("%d tokens came after the request was cancelled", n-2)
	}
	if err := last(t.Context(), api.GenerateRequest{Prompt: "公司", MaxNewTokens: 2}); err != nil {
		t.Errorf("after a cancelled request: %v", err)
	}
	if err := batch.Close(); err != nil {
		t.Error(err)
	}
	if err := last(t.Context(), api.GenerateRequest{Prompt: "公司"}); err == nil {
		t.Error("a closed batch answers")
	}
	bias := invented(t, b, adapter.LoRA{TaskType: adapter.CausalLM, LoraBias: true}, 3)
	if _, err := b.Batch([]engine.NamedAdapter{{Name: "a", Adapter: bias}}, engine.BatchOptions{}); err == nil || !strings.Contains(err.Error(), "expected nothing but lora_A and lora_B") {
		t.Errorf("error %v", err)
	}
}

package adapter_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// mergedTolerance is of float32 sums of a weight and its change, relative to the largest weight.
const mergedTolerance = 1e-6

// TestGGUFOfArchitectures: for each architecture, LoRA of all linear layers becomes a GGUF file that changes the base's GGUF
// file, tensor by tensor under llama.cpp's names and in its order of rows, as merging changes the checkpoint; and it comes
// back. That the base's file is llama.cpp's is held by native/bench/peers/gguf_export.py.
func TestGGUFOfArchitectures(t *testing.T) {
	for _, c := range []struct {
		name   string
		change map[string]any // what the fixture has and a GGUF file has no place for
		linear []string       // the tensors of a layer
	}{
		{"mistral", nil, nil}, {"qwen2", nil, nil},
		{"qwen3", map[string]any{"use_sliding_window": false, "layer_types": nil}, nil},
		{"gemma2", map[string]any{"query_pre_attn_scalar": 8}, nil},
		{"gemma3_text", map[string]any{"layer_types": nil}, nil},
		{"phi3", nil, []string{"attn_output", "attn_qkv", "ffn_down", "ffn_up"}}, // fused, as in the checkpoint
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.linear == nil {
				c.linear = []string{"attn_k", "attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up"}
			}
			dir := filepath.Join(modeltest.DecodersDir(), c.name)
			var fields map[string]any
			modeltest.ReadJSON(t, filepath.Join(dir, "config.json"), &fields)
			maps.Copy(fields, c.change)
			config, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			m, err := model.New(config)
			if err != nil {
				t.Fatal(err)
			}
			parts, err := model.PartsOf(m)
			if err != nil {
				t.Fatal(err)
			}
			d, err := adapter.Open(os.DirFS(filepath.Join("testdata", "decoders", c.name+"_causal_lm")), parts)
			if err != nil {
				t.Fatal(err)
			}
			src, err := weights.Open(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			source := model.Checkpoint(m, src)

			meta, items, err := d.GGUF(config, tensor.F32)
			if err != nil {
				t.Fatal(err)
			}
			file := ggufBytes(t, meta, items)
			lora := openGGUF(t, file)
			checkNames(t, lora, m.Config().NumHiddenLayers, c.linear)

			// The base's file with the adapter's added is the file of the merged model.
			merged := mergedSource(t, d, source)
			before, after, added := modelTensors(t, source, config), modelTensors(t, merged, config), tensorsOf(t, items)
			alpha, ok := lora.Meta.Float("adapter.lora.alpha")
			if !ok {
				t.Fatal("the file has no alpha")
			}
			changed := 0
			for name, w := range before {
				want := after[name].Floats()
				if a, b := added[name+".lora_a"], added[name+".lora_b"]; a != nil && b != nil {
					addProduct(w.Floats(), a, b, alpha/float64(a.Shape[0]))
					changed++
				}
				if i := differs(w.Floats(), want); i >= 0 {
					t.Errorf("%s: value %d is %g with the file's LoRA, %g merged", name, i, w.Floats()[i], want[i])
				}
			}
			if 2*changed != len(added) {
				t.Errorf("%d weights are changed by %d tensors", changed, len(added))
			}

			again, err := adapter.FromGGUF(openGGUF(t, file), config, parts)
			if err != nil {
				t.Fatal(err)
			}
			back := mergedSource(t, again, source)
			for _, name := range merged.Names() {
				if i := differs(floats(t, back, name).Floats(), floats(t, merged, name).Floats()); i >= 0 {
					t.Errorf("%s: comes back otherwise", name)
				}
			}
		})
	}
}

func checkNames(t *testing.T, g *weights.GGUF, layers int, linear []string) {
	t.Helper()
	counts := map[string]int{}
	for _, name := range g.Names() {
		stored, _, _ := g.Stored(name)
		part := strings.Split(stored, ".")
		if len(part) != 5 || part[0] != "blk" || part[3] != "weight" || part[4] != "lora_a" && part[4] != "lora_b" {
			t.Errorf("tensor %q, expected blk.N.X.weight.lora_a or lora_b", stored)
			continue
		}
		counts[part[2]]++
	}
	if got := slices.Sorted(maps.Keys(counts)); !slices.Equal(got, linear) {
		t.Errorf("tensors of %q, expected %q", got, linear)
	}
	for name, n := range counts {
		if n != 2*layers {
			t.Errorf("%d tensors of %s, expected %d", n, name, 2*layers)
		}
	}
}

func ggufBytes(t *testing.T, meta weights.Meta, items []weights.Item) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := weights.WriteGGUF(&b, meta, items); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// modelTensors are the tensors of a model's GGUF file, in the file's own order of rows.
func modelTensors(t *testing.T, src weights.Source, config []byte) map[string]*tensor.Tensor {
	t.Helper()
	mix, _, _ := weights.MixtureOf("f32")
	items, err := weights.GGUFItems(src, config, mix)
	if err != nil {
		t.Fatal(err)
	}
	return tensorsOf(t, items)
}

func tensorsOf(t *testing.T, items []weights.Item) map[string]*tensor.Tensor {
	t.Helper()
	all := map[string]*tensor.Tensor{}
	for _, item := range items {
		var b bytes.Buffer
		if err := item.Write(&b); err != nil || item.DType != tensor.F32 {
			t.Fatalf("%s is %v: %v", item.Name, item.DType, err)
		}
		w := tensor.Make(item.Spec)
		copy(w.Data, b.Bytes())
		all[item.Name] = w
	}
	return all
}

func floats(t *testing.T, src weights.Source, name string) *tensor.Tensor {
	t.Helper()
	w, err := weights.Floats(src, name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// mergedSource is src with the adapter added into its weights.
func mergedSource(t *testing.T, d *adapter.Directory, src weights.Source) weights.Source {
	t.Helper()
	var items []weights.Item
	for _, name := range src.Names() {
		w := tensor.Make(tensor.Of(tensor.F32, floats(t, src, name).Shape...))
		copy(w.Floats(), floats(t, src, name).Floats())
		if _, err := d.Adapter.Merge(name, w, d.Tensors); err != nil {
			t.Fatal(err)
		}
		items = append(items, weights.ItemOf(name, w))
	}
	return weights.Collected(items)
}

// addProduct adds scale·b·a to w [out,in].
func addProduct(w []float32, a, b *tensor.Tensor, scale float64) {
	r, in, out := a.Shape[0], a.Shape[1], b.Shape[0]
	for o := range out {
		for i := range in {
			sum := 0.0
			for k := range r {
				sum += float64(b.Floats()[o*r+k]) * float64(a.Floats()[k*in+i])
			}
			w[o*in+i] += float32(scale * sum)
		}
	}
}

// differs returns the first value that does, or -1.
func differs(got, want []float32) int {
	most := 0.0
	for _, v := range want {
		most = max(most, math.Abs(float64(v)))
	}
	for i := range want {
		if len(got) != len(want) || !(math.Abs(float64(got[i]-want[i])) <= mergedTolerance*most) {
			return i
		}
	}
	return -1
}

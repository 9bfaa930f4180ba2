package adapter_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/adapter/adaptertest"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// tinyLlama is the base of the fixtures.
func tinyLlama(t *testing.T) ([]byte, *model.Parts) {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(modeltest.Dir(), "base", "config.json"))
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
	return config, parts
}

func openPEFT(t *testing.T, name string, parts *model.Parts) *adapter.Directory {
	t.Helper()
	d, err := adapter.Open(os.DirFS(filepath.Join(adaptertest.Dir(), name)), parts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func openGGUF(t *testing.T, b []byte) *weights.GGUF {
	t.Helper()
	g, err := weights.OpenGGUF(weights.InMemory(b))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// foldTolerance is the rounding of B times a scale, relative to the largest change of a weight.
const foldTolerance = 1e-6

// TestGGUFComesBack: every weight is changed alike by an adapter and by what is read of the GGUF file it is written to,
// whatever ranks and scales its layers have.
func TestGGUFComesBack(t *testing.T) {
	config, parts := tinyLlama(t)
	for _, name := range []string{"patterns", "rslora", "excluded", "layer", "layer_pattern", "regex"} {
		d := openPEFT(t, name, parts)
		meta, items, err := d.GGUF(config, tensor.F32)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b bytes.Buffer
		if err := weights.WriteGGUF(&b, meta, items); err != nil {
			t.Fatal(err)
		}
		again, err := adapter.FromGGUF(openGGUF(t, b.Bytes()), config, parts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		touched := 0
		for _, w := range parts.Weights {
			shape := shapeOf(t, w)
			if len(shape) != 2 {
				continue
			}
			change := func(d *adapter.Directory) ([]float32, bool) {
				z := tensor.Make(tensor.Of(tensor.F32, shape...))
				changed, err := d.Adapter.Merge(w, z, d.Tensors)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				return z.Floats(), changed
			}
			want, is := change(d)
			got, was := change(again)
			if is != was {
				t.Errorf("%s: %s is changed: %v, from GGUF: %v", name, w, is, was)
			}
			if is {
				touched++
			}
			var most, worst float64
			for i := range want {
				most = max(most, math.Abs(float64(want[i])))
				worst = max(worst, math.Abs(float64(got[i]-want[i])))
			}
			if worst > foldTolerance*most {
				t.Errorf("%s: %s: the change differs by %g, and is up to %g", name, w, worst, most)
			}
		}
		if touched == 0 {
			t.Errorf("%s changes nothing", name)
		}
	}
}

func shapeOf(t *testing.T, name string) tensor.Shape {
	t.Helper()
	src, err := weights.Open(os.DirFS(filepath.Join(modeltest.Dir(), "base")))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	s, _ := src.Spec(name)
	return s.Shape
}

// TestGGUFOfLlamaCpp: what llama.cpp's converter wrote has the tensors of the PEFT directory it was made of, and the
// tensors Graft writes are those, but for B's scale.
func TestGGUFOfLlamaCpp(t *testing.T) {
	config, parts := tinyLlama(t)
	file, err := os.ReadFile("testdata/gguf/patterns.gguf")
	if err != nil {
		t.Fatal(err)
	}
	peft := openPEFT(t, "patterns", parts)
	d, err := adapter.FromGGUF(openGGUF(t, file), config, parts)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Tensors.Names()) != len(peft.Tensors.Names()) {
		t.Errorf("%d tensors, want %d", len(d.Tensors.Names()), len(peft.Tensors.Names()))
	}
	for _, name := range peft.Tensors.Names() {
		a, err := weights.Floats(peft.Tensors, name)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := weights.Floats(d.Tensors, name); err != nil || !bytes.Equal(a.Data, b.Data) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
	_, items, err := peft.GGUF(config, tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	theirs := openGGUF(t, file)
	for _, item := range items {
		var b bytes.Buffer
		if err := item.Write(&b); err != nil {
			t.Fatal(err)
		}
		want, err := weights.ReadTensor(theirs, item.Name)
		if err != nil || !want.Shape.Equal(item.Shape) {
			t.Errorf("%s: %v, want %v: %v", item.Name, item.Shape, want, err)
			continue
		}
		if strings.HasSuffix(item.Name, "lora_a") && !bytes.Equal(b.Bytes(), want.Data) {
			t.Errorf("%s differs", item.Name)
		}
	}
}

// TestGGUFRefuses: what a GGUF file has no place for is named.
func TestGGUFRefuses(t *testing.T) {
	config, parts := tinyLlama(t)
	for name, want := range map[string]string{
		"seqcls":         "base_model.model.score.weight",
		"saved":          "no place for base_model.model.",
		"bias_all":       ".bias",
		"bias_lora_only": "base_layer.bias",
		"lora_bias":      "lora_B.bias",
	} {
		_, _, err := openPEFT(t, name, parts).GGUF(config, tensor.F32)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, expected %q", name, err, want)
		}
	}
}

// TestFromGGUFRefuses: files that are no LoRA of the base are told apart.
func TestFromGGUFRefuses(t *testing.T) {
	config, parts := tinyLlama(t)
	file := func(set map[string]any, names ...string) []byte {
		var m weights.Meta
		for _, kv := range []struct{ key, value string }{{"general.architecture", "llama"}, {"general.type", "adapter"}, {"adapter.type", "lora"}} {
			m.Set(kv.key, kv.value)
		}
		m.Set("adapter.lora.alpha", float32(4))
		for k, v := range set {
			m.Set(k, v)
		}
		var items []weights.Item
		for _, n := range names {
			items = append(items, weights.ItemOf(n, tensor.Make(tensor.Of(tensor.F32, 2, 2))))
		}
		var b bytes.Buffer
		if err := weights.WriteGGUF(&b, m, items); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	q := "blk.0.attn_q.weight"
	for _, c := range []struct {
		file []byte
		want string
	}{
		{file(map[string]any{"general.type": "model"}), `general.type is "model"`},
		{file(map[string]any{"adapter.type": "control"}), `adapter.type is "control"`},
		{file(map[string]any{"general.architecture": "gemma2"}), "another base"},
		{file(map[string]any{"adapter.alora.invocation_tokens": []uint32{1}}), "invocation_tokens"},
		{file(nil), "no tensors"},
		{file(nil, q+".lora_a"), "lora_a or lora_b is missing"},
		{file(nil, "blk.0.attn_norm.weight"), "blk.0.attn_norm.weight: expected a name"},
		{file(nil, q+".lora_a", q+".lora_b"), "2 rows do not divide into pairs of"},
		{file(nil, "token_embd.weight.lora_a", "token_embd.weight.lora_b"), "model.embed_tokens is not supported"},
	} {
		_, err := adapter.FromGGUF(openGGUF(t, c.file), config, parts)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, expected %q", err, c.want)
		}
	}
}

// TestGGUFWithoutAlpha: an alpha of 0 means that B·A is added as it is, whatever the rank.
func TestGGUFWithoutAlpha(t *testing.T) {
	config, parts := tinyLlama(t)
	const module = "model.layers.1.mlp.down_proj"
	shape := shapeOf(t, module+".weight")
	ones := func(rows, cols int) *tensor.Tensor {
		v := tensor.Make(tensor.Of(tensor.F32, rows, cols))
		for i := range v.Floats() {
			v.Floats()[i] = 1
		}
		return v
	}
	meta, items, err := weights.LoRAGGUF(config, 0, []weights.LoRAPair{{Module: module, A: ones(3, shape[1]), B: ones(shape[0], 3)}}, tensor.F16)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := weights.WriteGGUF(&b, meta, items); err != nil {
		t.Fatal(err)
	}
	d, err := adapter.FromGGUF(openGGUF(t, b.Bytes()), config, parts)
	if err != nil {
		t.Fatal(err)
	}
	w := tensor.Make(tensor.Of(tensor.F32, shape...))
	if _, err := d.Adapter.Merge(module+".weight", w, d.Tensors); err != nil || w.Floats()[0] != 3 {
		t.Errorf("changed by %v: %v, want 3", w.Floats()[0], err)
	}
}

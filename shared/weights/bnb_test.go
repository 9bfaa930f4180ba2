package weights

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"graft/shared/tensor"
)

// Each weight of a 4-bit checkpoint is one tensor again, with bitsandbytes' values to the bit.
func TestBitsandbytesCheckpoint(t *testing.T) {
	dense := openFixture(t, "bnb_dense.safetensors")
	bothWays(t, readFixture(t, "bnb.safetensors"), func(t *testing.T, f File) {
		src, err := OpenFile(f)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		const layer = "model.layers.0."
		specs := map[string]tensor.Spec{
			layer + "self_attn.q_proj.weight": tensor.Of(tensor.NF4, 40, 64),
			layer + "self_attn.k_proj.weight": tensor.Of(tensor.NF4, 24, 128),
			layer + "self_attn.v_proj.weight": tensor.Of(tensor.BF16, 16, 96), // rows of 96
			layer + "self_attn.o_proj.weight": tensor.Of(tensor.F16, 24, 64),  // fp4
			layer + "mlp.up_proj.weight":      tensor.Of(tensor.NF4, 16, 128), // blocks of 128
			layer + "mlp.gate_proj.weight":    tensor.Of(tensor.F32, 16, 64),  // blocks of 32
			layer + "mlp.down_proj.weight":    tensor.Of(tensor.NF4, 8, 64),   // stored as bf16
			"model.norm.weight":               tensor.Of(tensor.F32, 64),
		}
		if got := len(src.Names()); got != len(specs) {
			t.Errorf("%d names, want %d: %q", got, len(specs), src.Names())
		}
		for name, want := range specs {
			got, ok := src.Spec(name)
			if !ok || got.DType != want.DType || !got.Shape.Equal(want.Shape) || !slices.Contains(src.Names(), name) {
				t.Errorf("%s is %v, want %v", name, got, want)
				continue
			}
			expect := name
			if want.DType == tensor.NF4 {
				expect += " in f32"
			}
			sameFloats(t, name, floatsOf(t, src, name), floatsOf(t, dense, expect))
		}
		checkViews(t, src)
	})
}

// rewritten is the checkpoint in f with some tensors replaced; nil leaves one out.
func rewritten(t *testing.T, f string, replace map[string][]byte) []byte {
	t.Helper()
	src, err := OpenSafetensors(InMemory(readFixture(t, f)))
	if err != nil {
		t.Fatal(err)
	}
	var items []Item
	for _, name := range src.Names() {
		item, err := ItemFrom(src, name)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := replace[name]; ok && b == nil {
			continue
		} else if ok {
			item = itemOfBytes(name, tensor.Of(item.DType, len(b)/item.DType.BlockBytes()), b)
		}
		items = append(items, item)
	}
	return written(t, func(w io.Writer) error { return WriteSafetensors(w, items, nil) })
}

func TestBitsandbytesHostile(t *testing.T) {
	const weight = "model.layers.0.self_attn.k_proj.weight"
	const state = weight + ".quant_state.bitsandbytes__nf4"
	good := map[string]any{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": []int{24, 128},
		"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.03}
	with := func(key string, v any) map[string][]byte {
		m := map[string]any{}
		for k, v := range good {
			m[k] = v
		}
		m[key] = v
		if v == nil {
			delete(m, key)
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return map[string][]byte{state: b}
	}
	for _, c := range []struct {
		name    string
		replace map[string][]byte
		want    []string
	}{
		{"not JSON", map[string][]byte{state: []byte("{")}, []string{state}},
		{"another type", with("quant_type", "fp4"), []string{state, `quant_type is "fp4"`}},
		{"no shape", with("shape", nil), []string{state, "0 dimensions"}},
		{"shape of zero", with("shape", []int{0, 128}), []string{state, "not a size"}},
		{"huge shape", with("shape", []int64{1 << 40, 1 << 40}), []string{state, "not a size"}},
		{"other shape", with("shape", []int{24, 64}), []string{weight, "does not hold the codes"}},
		{"unknown dtype", with("dtype", "int8"), []string{state, `dtype is "int8"`}},
		{"block of zero", with("blocksize", 0), []string{weight, "blocksize is 0"}},
		{"block of 65", with("blocksize", 65), []string{weight, "blocksize is 65"}},
		{"large block", with("blocksize", int64(1)<<40), []string{weight, "blocksize is 1099511627776"}},
		{"no offset", with("nested_offset", nil), []string{weight, "nested_offset"}},
		{"nested block of zero", with("nested_blocksize", 0), []string{weight, "nested_blocksize is 0"}},
		{"nested in half", with("nested_dtype", "float16"), []string{weight, "nested_dtype"}},
		{"no codes", map[string][]byte{weight: nil}, []string{weight, "no such tensor"}},
		{"no absmax", map[string][]byte{weight + ".absmax": nil}, []string{weight + ".absmax", "no such tensor"}},
		{"short absmax", map[string][]byte{weight + ".absmax": make([]byte, 47)}, []string{weight, "absmax: 47 elements, expected 48"}},
		{"no map", map[string][]byte{weight + ".quant_map": nil}, []string{weight + ".quant_map", "no such tensor"}},
		{"short map", map[string][]byte{weight + ".quant_map": make([]byte, 60)}, []string{weight, "quant_map: 15 elements"}},
		{"no nested map", map[string][]byte{weight + ".nested_quant_map": nil}, []string{weight + ".nested_quant_map"}},
		{"nested map of NaN", map[string][]byte{weight + ".nested_quant_map": bytes.Repeat([]byte{0xff}, 1024)}, []string{weight + ".nested_quant_map", "NaN"}},
		{"nested absmax too long", map[string][]byte{weight + ".nested_absmax": make([]byte, 8)}, []string{weight, "nested_absmax: 2 elements, expected 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, err := OpenFile(InMemory(rewritten(t, "bnb.safetensors", c.replace)))
			if err == nil {
				_, err = ReadTensor(src, weight)
			}
			wantError(t, err, c.want...)
		})
	}
}

func TestBitsandbytes8BitIsRefused(t *testing.T) {
	b := written(t, func(w io.Writer) error {
		return WriteSafetensors(w, []Item{
			itemOfBytes("l.weight", tensor.Of(tensor.U8, 2, 2), make([]byte, 4)),
			itemOfBytes("l.SCB", tensor.Of(tensor.F32, 2), make([]byte, 8)),
		}, nil)
	})
	src, err := OpenFile(InMemory(b))
	if err != nil {
		t.Fatal(err)
	}
	_, err = ReadTensor(src, "l.weight")
	wantError(t, err, "l.weight", "8 bits")
	if strings.Join(src.Names(), " ") != "l.weight" {
		t.Errorf("names are %q", src.Names())
	}
}

package weights

import (
	"bytes"
	"io"
	"testing"

	"graft/shared/tensor"
)

// Read, brought back into llama.cpp's order and written, a file is the one the gguf package wrote.
func TestWriteGGUF(t *testing.T) {
	whole := readFixture(t, "tiny.gguf")
	g := openFixture(t, "tiny.gguf").(*GGUF)
	config, err := g.Config()
	if err != nil {
		t.Fatal(err)
	}
	items, err := GGUFItems(g, config, Mixture{})
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, func(w io.Writer) error { return WriteGGUF(w, g.Meta, items) })
	if !bytes.Equal(got, whole) {
		n := 0
		for n < min(len(got), len(whole)) && got[n] == whole[n] {
			n++
		}
		t.Errorf("%d bytes, want %d; the first that differs is at %d", len(got), len(whole), n)
	}
}

// Metadata made from config.json gives the same config.json again; vectors become float32.
func TestMetaOf(t *testing.T) {
	g := openFixture(t, "tiny.gguf").(*GGUF)
	config, err := g.Config()
	if err != nil {
		t.Fatal(err)
	}
	m, err := MetaOf(config, Mixture{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"bos", "eos"} {
		key = "tokenizer.ggml." + key + "_token_id"
		v, _ := g.Meta.Value(key)
		m.Set(key, v)
	}
	half := Quantized(g, func(string, tensor.Spec) tensor.DType { return tensor.F16 })
	items, err := GGUFItems(half, config, Mixture{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := OpenGGUF(InMemory(written(t, func(w io.Writer) error { return WriteGGUF(w, m, items) })))
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Config()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, config) {
		t.Errorf("config is\n%s\nwant\n%s", again, config)
	}
	for _, name := range half.Names() {
		s, _ := back.Spec(name)
		if vector := len(s.Shape) == 1; vector != (s.DType == tensor.F32) {
			t.Errorf("%s is %v", name, s)
		}
		sameFloats(t, name, floatsOf(t, back, name), floatsOf(t, half, name))
	}
}

func TestMetaValuesComeBack(t *testing.T) {
	var m Meta
	m.Set("general.alignment", uint32(64))
	m.Set("ints", []int64{-1, 2})
	m.Set("bytes", []uint8{1, 2})
	m.Set("i8", []int8{-1})
	m.Set("u16", []uint16{7})
	m.Set("i16", []int16{-7})
	m.Set("u32", []uint32{1})
	m.Set("u64", []uint64{1})
	m.Set("doubles", []float64{0.1})
	m.Set("empty", []string{})
	item := ItemOf("x", tensor.FromFloats([]float32{1, 2, 3}, 3))
	b := written(t, func(w io.Writer) error { return WriteGGUF(w, m, []Item{item}) })
	back, err := OpenGGUF(InMemory(b))
	if err != nil {
		t.Fatal(err)
	}
	if at := back.tensors["x"].begin; at%64 != 0 {
		t.Errorf("data begin at %d", at)
	}
	again := written(t, func(w io.Writer) error { return WriteGGUF(w, back.Meta, []Item{item}) })
	if !bytes.Equal(again, b) {
		t.Error("metadata are not the same after reading")
	}
}

func TestWriteGGUFRefuses(t *testing.T) {
	one := ItemOf("a", tensor.FromFloats([]float32{1}, 1))
	with := func(key string, v any) (m Meta) {
		m.Set(key, v)
		return m
	}
	for _, c := range []struct {
		want  string
		meta  Meta
		items []Item
	}{
		{"a: name occurs twice", Meta{}, []Item{one, one}},
		{"n: the format has no type for nf4", Meta{}, []Item{ItemOf("n", tensor.Make(tensor.Of(tensor.NF4, 64)))}},
		{"general.alignment is 48", with("general.alignment", uint32(48)), nil},
		{"metadata x: values of type int", with("x", 1), nil},
		{"metadata x: arrays of arrays", with("x", []any{}), nil},
		{"c: wrote 4 bytes, expected 8", Meta{}, []Item{{"c", tensor.Of(tensor.F32, 2), one.Write}}},
	} {
		wantError(t, WriteGGUF(io.Discard, c.meta, c.items), "gguf: ", c.want)
	}
	wantError(t, WriteGGUF(failing{}, Meta{}, []Item{one}), "no space")
	config := `{"model_type":"llama","vocab_size":4,"hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"max_position_embeddings":8`
	for text, want := range map[string]string{
		"{":                                "config.json",
		`{"model_type":"gpt2"}`:            `model_type is "gpt2"`,
		`{"model_type":"llama"}`:           "config.json: ",
		config + `,"head_dim":2147483646}`: "head_dim", // a table of rotations would take gigabytes

		config + `,"rope_scaling":{"rope_type":"llama3"}}`:                             "rope_scaling",
		config + `,"rope_scaling":{"rope_type":"dynamic","factor":2}}`:                 `rope_type "dynamic" is not written`,
		config + `,"rope_scaling":{"rope_type":"yarn","factor":2,"mscale_all_dim":1}}`: "mscale_all_dim",
	} {
		_, err := MetaOf([]byte(text), Mixture{})
		wantError(t, err, want)
	}
	odd := openFixture(t, "types.safetensors")
	_, err := GGUFItems(odd, []byte(config+"}"), Mixture{})
	wantError(t, err, "m.empty", "not a size")
}

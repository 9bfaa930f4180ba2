package weights

import (
	"io"
	"testing"
	"testing/fstest"

	"graft/shared/tensor"
)

// What is opened can be read: every tensor whose spec has a type, by each of the ways.
func readAll(t *testing.T, src Source) {
	for _, name := range src.Names() {
		s, ok := src.Spec(name)
		if !ok {
			t.Fatalf("%q is listed but has no spec", name)
		}
		if s.DType != tensor.Invalid {
			if err := s.Check(); err != nil {
				t.Fatalf("%q: %v", name, err)
			}
		}
	}
	checkViews(t, src)
}

func FuzzSafetensors(f *testing.F) {
	for _, name := range []string{"types.safetensors", "written.safetensors", "bnb_written.safetensors"} {
		f.Add(readFixture(f, name))
	}
	f.Add(stFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Fuzz(func(t *testing.T, b []byte) {
		src, err := OpenSafetensors(InMemory(b))
		if err != nil {
			return
		}
		readAll(t, src)
		if _, err := unpackBNB(src); err != nil {
			return
		}
	})
}

// FuzzBNBState mutates the JSON of a quantised weight.
func FuzzBNBState(f *testing.F) {
	f.Add([]byte(`{"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [24, 128], "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.03}`))
	whole := readFixture(f, "bnb_written.safetensors")
	st, err := OpenSafetensors(InMemory(whole))
	if err != nil {
		f.Fatal(err)
	}
	const state = "model.layers.0.self_attn.q_proj.weight.quant_state.bitsandbytes__nf4"
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		var items []Item
		for _, name := range st.Names() {
			item, err := ItemFrom(st, name)
			if err != nil {
				t.Fatal(err)
			}
			if name == state {
				item = itemOfBytes(name, tensor.Of(tensor.U8, len(b)), b)
			}
			items = append(items, item)
		}
		src, err := OpenFile(InMemory(written(t, func(w io.Writer) error { return WriteSafetensors(w, items, nil) })))
		if err == nil {
			readAll(t, src)
		}
	})
}

func FuzzGGUF(f *testing.F) {
	f.Add(readFixture(f, "tiny.gguf"))
	f.Add([]byte(header(2, 0).tensor("x", 27, 0, 2).tensor("blk.0.attn_q.weight", 0, 32, 8).data(64)))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := OpenGGUF(InMemory(b))
		if err != nil {
			return
		}
		readAll(t, g)
		config, err := g.Config()
		if err != nil {
			return
		}
		if _, err := MetaOf(config, Mixture{}); err != nil {
			return
		}
		items, err := GGUFItems(g, config, Mixture{})
		if err != nil {
			return
		}
		if err := WriteGGUF(io.Discard, g.Meta, items); err != nil {
			return
		}
	})
}

func FuzzIndex(f *testing.F) {
	f.Add([]byte(`{"metadata":{"total_size":8},"weight_map":{"b":"2.safetensors","aa":"1.safetensors"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../1.safetensors"}}`))
	files := fstest.MapFS{"1.safetensors": {Data: stBytes(f, "aa")}, "2.safetensors": {Data: stBytes(f, "b")}}
	f.Fuzz(func(t *testing.T, b []byte) {
		fsys := fstest.MapFS{indexName: {Data: b}}
		for name, file := range files {
			fsys[name] = file
		}
		src, err := Open(fsys)
		if err != nil {
			return
		}
		readAll(t, src)
	})
}

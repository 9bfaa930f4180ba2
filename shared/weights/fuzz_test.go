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

// FuzzSplit mutates one part of a model in two.
func FuzzSplit(f *testing.F) {
	parts := header(1, 2).str("split.no").u32(ggufUint32, 0).str("split.count").u32(ggufUint32, 2).tensor("x", 0, 0, 8).data(32)
	second := header(1, 2).str("split.no").u32(ggufUint32, 1).str("split.count").u32(ggufUint32, 2).tensor("y", 0, 0, 8).data(32)
	f.Add([]byte(second))
	f.Add([]byte(parts))
	f.Fuzz(func(t *testing.T, b []byte) {
		src, err := Open(fstest.MapFS{SplitName("m", 1, 2): {Data: parts}, SplitName("m", 2, 2): {Data: b}})
		if err == nil {
			readAll(t, src)
		}
	})
}

// llamaConfig is a config.json for what a fuzz test has no other for.
const llamaConfig = `{"model_type":"llama","vocab_size":4,"hidden_size":32,"intermediate_size":64,"num_hidden_layers":1,"num_attention_heads":2,
"num_key_value_heads":1,"max_position_embeddings":128,"rms_norm_eps":1e-5,"rope_theta":10000,"tie_word_embeddings":true}`

func FuzzLoRA(f *testing.F) {
	pair := LoRAPair{"model.layers.0.self_attn.q_proj", tensor.Make(tensor.Of(tensor.F32, 2, 32)), tensor.Make(tensor.Of(tensor.F32, 32, 2))}
	meta, items, err := LoRAGGUF([]byte(llamaConfig), 4, []LoRAPair{pair}, tensor.F32)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(written(f, func(w io.Writer) error { return WriteGGUF(w, meta, items) })))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := OpenGGUF(InMemory(b))
		if err != nil {
			return
		}
		_, pairs, err := LoRAOf(g, []byte(llamaConfig))
		for _, p := range pairs {
			if err == nil && (p.A.Shape[0] != p.B.Shape[1] || len(p.A.Floats()) == 0 || len(p.B.Floats()) == 0) {
				t.Fatalf("%s: A %v, B %v", p.Module, p.A.Spec, p.B.Spec)
			}
		}
	})
}

// FuzzModelConfig mutates the config.json of a model that is written as GGUF.
func FuzzModelConfig(f *testing.F) {
	f.Add([]byte(llamaConfig))
	f.Add([]byte(llamaConfig[:len(llamaConfig)-1] + `,"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":8192}}`))
	f.Add([]byte(llamaConfig[:len(llamaConfig)-1] + `,"rope_parameters":{"rope_type":"yarn","factor":8,"rope_theta":1e6},"quantization_config":{"quant_method":"gptq"}}`))
	src, err := OpenFile(InMemory(readFixture(f, "tiny_gguf.safetensors")))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, config []byte) {
		if Unsupported(src, config) != nil {
			return
		}
		for _, mix := range Mixtures {
			meta, err := MetaOf(config, mix)
			if err != nil {
				return
			}
			items, err := GGUFItems(src, config, mix)
			if err != nil {
				return
			}
			for _, item := range items {
				if err := item.Check(); err != nil {
					t.Fatalf("%s: %v", item.Name, err)
				}
			}
			if err := WriteGGUF(io.Discard, meta, items); err != nil {
				t.Fatalf("%s: %v", mix.Name, err)
			}
		}
	})
}

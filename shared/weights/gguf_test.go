package weights

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"graft/shared/tensor"
)

// All tensors of the file, whatever their type and llama.cpp's order of rows, are the checkpoint's.
func TestGGUFTensors(t *testing.T) {
	want := openFixture(t, "tiny_gguf.safetensors")
	bothWays(t, readFixture(t, "tiny.gguf"), func(t *testing.T, f File) {
		g, err := OpenGGUF(f)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if got, want := slices.Sorted(slices.Values(g.Names())), slices.Sorted(slices.Values(want.Names())); !slices.Equal(got, want) {
			t.Fatalf("names are\n%q, want\n%q", got, want)
		}
		for _, name := range want.Names() {
			s, _ := g.Spec(name)
			ws, _ := want.Spec(name)
			if !s.Shape.Equal(ws.Shape) {
				t.Errorf("%s is %v, want shape %v", name, s, ws.Shape)
				continue
			}
			sameFloats(t, name, floatsOf(t, g, name), floatsOf(t, want, name))
		}
		checkViews(t, g)
		if name, typ, ok := g.Stored("model.layers.0.self_attn.q_proj.weight"); name != "blk.0.attn_q.weight" || typ != "Q4_0" || !ok {
			t.Errorf("q_proj is stored as %s %s", name, typ)
		}
		// Rows that are moved cannot be a view; others can where the file is mapped.
		if _, ok := g.Bytes("model.layers.0.self_attn.q_proj.weight"); ok {
			t.Error("q_proj is a view")
		}
		if _, ok := g.Bytes("model.layers.0.self_attn.v_proj.weight"); ok != (f.Bytes() != nil) {
			t.Errorf("v_proj is a view: %v", ok)
		}
	})
}

func TestGGUFMeta(t *testing.T) {
	g := openFixture(t, "tiny.gguf").(*GGUF)
	for key, want := range map[string]any{
		"general.architecture": "llama",
		"test.u8":              uint8(200), "test.i8": int8(-100), "test.u16": uint16(60000), "test.i16": int16(-30000),
		"test.u32": uint32(4000000000), "test.i32": int32(-2000000000), "test.f32": float32(0.5), "test.bool": true,
		"test.string": "größe", "test.u64": uint64(1<<63 + 1), "test.i64": int64(-1 << 62), "test.f64": 0.1,
		"test.floats": []float32{0.5, 1.5}, "test.bools": []bool{true, false},
		"tokenizer.ggml.tokens": []string{"a", "b", "<é>", "中"}, "tokenizer.ggml.token_type": []int32{1, 1, 1, 3},
	} {
		if got, ok := g.Meta.Value(key); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", key, got, want)
		}
	}
	m := g.Meta
	if v, ok := m.Int("test.i8"); v != -100 || !ok {
		t.Errorf("Int: %v, %v", v, ok)
	}
	if v, ok := m.Int("test.u64"); ok {
		t.Errorf("Int of 2^63+1: %v", v)
	}
	if v, ok := m.Float("test.f64"); v != 0.1 || !ok {
		t.Errorf("Float: %v, %v", v, ok)
	}
	if v, ok := m.Bool("test.bool"); !v || !ok {
		t.Errorf("Bool: %v, %v", v, ok)
	}
	if v, ok := m.String("test.string"); v != "größe" || !ok {
		t.Errorf("String: %v, %v", v, ok)
	}
	if v, ok := m.Strings("tokenizer.ggml.tokens"); len(v) != 4 || !ok {
		t.Errorf("Strings: %v, %v", v, ok)
	}
	if v, ok := m.Ints("tokenizer.ggml.token_type"); !slices.Equal(v, []int64{1, 1, 1, 3}) || !ok {
		t.Errorf("Ints: %v, %v", v, ok)
	}
	if v, ok := m.Floats("test.floats"); !slices.Equal(v, []float32{0.5, 1.5}) || !ok {
		t.Errorf("Floats: %v, %v", v, ok)
	}
	if _, ok := m.Int("test.string"); ok {
		t.Error("Int of a string")
	}
	if _, ok := m.String("not there"); ok {
		t.Error("String of what is not there")
	}
	if m.Keys()[0] != "general.architecture" {
		t.Errorf("first key is %s", m.Keys()[0])
	}
}

func TestGGUFConfig(t *testing.T) {
	g := openFixture(t, "tiny.gguf").(*GGUF)
	b, err := g.Config()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"model_type": "llama", "architectures": []any{"LlamaForCausalLM"}, "vocab_size": 4.0, "hidden_size": 32.0,
		"intermediate_size": 64.0, "num_hidden_layers": 1.0, "num_attention_heads": 2.0, "num_key_value_heads": 1.0,
		"head_dim": 8.0, "max_position_embeddings": 128.0, "rms_norm_eps": 1e-5, "rope_theta": 50000.0,
		"tie_word_embeddings": true, "attention_bias": true, "bos_token_id": 1.0, "eos_token_id": 3.0, "hidden_act": "silu",
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	empty := &GGUF{tensors: map[string]ggufTensor{}}
	_, err = empty.Config()
	wantError(t, err, `general.architecture is ""`)
	empty.Meta.Set("general.architecture", "llama")
	_, err = empty.Config()
	wantError(t, err, "llama.embedding_length", "llama.block_count", "llama.attention.head_count", "token_embd.weight")
}

func TestNames(t *testing.T) {
	llama, _ := archOfModel("llama")
	for gguf, checkpoint := range map[string]string{
		"token_embd.weight":         "model.embed_tokens.weight",
		"output.weight":             "lm_head.weight",
		"output_norm.weight":        "model.norm.weight",
		"blk.0.attn_q.weight":       "model.layers.0.self_attn.q_proj.weight",
		"blk.31.ffn_down.weight":    "model.layers.31.mlp.down_proj.weight",
		"blk.7.attn_k.bias":         "model.layers.7.self_attn.k_proj.bias",
		"blk.2.ffn_norm.weight":     "model.layers.2.post_attention_layernorm.weight",
		"rope_freqs.weight":         "rope_freqs.weight",
		"blk.07.attn_q.weight":      "blk.07.attn_q.weight",
		"blk.x.attn_q.weight":       "blk.x.attn_q.weight",
		"blk.1.ffn_gate_exp.weight": "blk.1.ffn_gate_exp.weight",
		"nodot":                     "nodot",
	} {
		if got := llama.checkpointName(gguf); got != checkpoint {
			t.Errorf("%s is %s, want %s", gguf, got, checkpoint)
		}
		if got := llama.ggufName(checkpoint); got != gguf {
			t.Errorf("%s is %s in GGUF, want %s", checkpoint, got, gguf)
		}
	}
}

func TestPairsAndBack(t *testing.T) {
	const rows, heads, size = 24, 3, 5
	src, moved, back := make([]byte, rows*size), make([]byte, rows*size), make([]byte, rows*size)
	for i := range src {
		src[i] = byte(i)
	}
	toPairs(moved, src, rows, heads)
	fromPairs(back, moved, rows, heads)
	if !slices.Equal(back, src) || slices.Equal(moved, src) {
		t.Error("rows do not come back")
	}
	// Head 1, second half, value 2: row 8+4+2 there, row 8+2·2+1 here.
	if got, want := moved[13*size], src[14*size]; got != want {
		t.Errorf("row 13 is row %d, want 14", got/size)
	}
}

// The types that package quant decodes are those the reader takes.
func TestEveryFormatIsReadFromGGUF(t *testing.T) {
	for d := range tensor.DTypes {
		if d == tensor.NF4 || d == tensor.U8 {
			continue
		}
		found := false
		for id := range uint32(64) {
			got, ok := ggufDType(id)
			found = found || ok && got == d
		}
		if !found {
			t.Errorf("no ggml type is %v", d)
		}
	}
}

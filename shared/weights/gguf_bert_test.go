package weights

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestGGUFBERT lays a BERT out as llama.cpp does and finds the checkpoint's names, values and sizes in it.
func TestGGUFBERT(t *testing.T) {
	src, err := Open(os.DirFS("../model/testdata/encoders/bert"))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var meta Meta
	meta.Set("general.architecture", "bert")
	for key, v := range map[string]uint32{"context_length": 40, "embedding_length": 16, "block_count": 2, "feed_forward_length": 24, "attention.head_count": 4} {
		meta.Set("bert."+key, v)
	}
	meta.Set("bert.attention.layer_norm_epsilon", float32(1e-12))
	row, known := archOfFile(meta)
	if !known {
		t.Fatal("bert is not known")
	}
	var items []Item
	for _, name := range src.Names() {
		item, err := ItemFrom(src, name)
		if err != nil {
			t.Fatal(err)
		}
		item.Name = row.ggufName(name)
		items = append(items, item)
	}
	for _, want := range []string{"token_embd.weight", "token_types.weight", "position_embd.weight", "token_embd_norm.bias", "cls.weight", "blk.1.layer_output_norm.weight", "blk.0.attn_q.bias"} {
		if !slices.ContainsFunc(items, func(i Item) bool { return i.Name == want }) {
			t.Errorf("no tensor is called %s", want)
		}
	}
	var file bytes.Buffer
	if err := WriteGGUF(&file, meta, items); err != nil {
		t.Fatal(err)
	}
	g, err := OpenGGUF(InMemory(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range src.Names() {
		want, err := ReadTensor(src, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ReadTensor(g, name)
		if err != nil || !bytes.Equal(got.Data, want.Data) || !got.Shape.Equal(want.Shape) {
			t.Errorf("%s: other values: %v", name, err)
		}
	}
	data, err := g.Config()
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"model_type": "bert", "vocab_size": 60., "type_vocab_size": 2., "hidden_size": 16., "max_position_embeddings": 40., "layer_norm_eps": 1e-12, "hidden_act": "gelu"} {
		if c[key] != want {
			t.Errorf("config.json: %s is %v, expected %v", key, c[key], want)
		}
	}
	if row, _ := archOfModel("bert"); row != nil {
		t.Error("bert is written, too, and its tokenizer cannot be")
	}
}

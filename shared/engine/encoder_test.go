package engine_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/engine"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// TestEncoderAnswersAlike trains LoRA and a head over an encoder that has none, saves them, loads them, and merges them:
// all answer alike.
func TestEncoderAnswersAlike(t *testing.T) {
	b := open(t, os.DirFS(sentences+"plain"), engine.Options{})
	dir := trained(t, b, adapter.SeqCls).(fstest.MapFS)
	a, err := b.OpenAdapter(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	names := a.Tensors.Names()
	for _, want := range []string{"base_model.model.classifier.bias", "base_model.model.bert.encoder.layer.1.attention.self.value.lora_B.weight"} {
		if !slices.Contains(names, want) {
			t.Errorf("the adapter has %q, expected %s", names, want)
		}
	}
	if p := a.Sidecar.Pooling; p != "cls" {
		t.Errorf("graft.json says that %q is pooled, expected cls", p)
	}
	want := classify(t, b, a)
	merged, err := b.Merge(a, tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(merged.Config), "BertForSequenceClassification") {
		t.Errorf("config.json of the merged model: %s", merged.Config)
	}
	items, err := merged.Items()
	if err != nil {
		t.Fatal(err)
	}
	var w bytes.Buffer
	if err := weights.WriteSafetensors(&w, items, nil); err != nil {
		t.Fatal(err)
	}
	tok, err := os.ReadFile(sentences + "plain/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := open(t, fstest.MapFS{"config.json": {Data: merged.Config}, "tokenizer.json": {Data: tok}, "model.safetensors": {Data: w.Bytes()}}, engine.Options{})
	for i, p := range classify(t, whole, nil) {
		if math.Abs(p[1]-want[i][1]) > 1e-4 { // merging rounds each weight once more
			t.Errorf("merged answers %g to %q, expected %g", p[1], texts[i], want[i][1])
		}
	}
}

// TestEncoderWithoutPooler trains the pooler with the head where the base has none, and keeps it in the adapter.
func TestEncoderWithoutPooler(t *testing.T) {
	b := open(t, without(t, "pooler."), engine.Options{})
	dir := trained(t, b, adapter.SeqCls).(fstest.MapFS)
	if config := string(dir[adapter.ConfigName].Data); !strings.Contains(config, `"bert.pooler.dense"`) {
		t.Errorf("modules_to_save has no pooler: %s", config)
	}
	a, err := b.OpenAdapter(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(a.Tensors.Names(), "base_model.model.bert.pooler.dense.weight") {
		t.Errorf("the adapter has %q", a.Tensors.Names())
	}
	classify(t, b, a)
}

// without is the plain model of sentences without the weights whose names begin so.
func without(t *testing.T, prefix string) fstest.MapFS {
	t.Helper()
	src, err := weights.Open(os.DirFS(sentences + "plain"))
	if err != nil {
		t.Fatal(err)
	}
	var items []weights.Item
	for _, name := range src.Names() {
		if item, err := weights.ItemFrom(src, name); err != nil {
			t.Fatal(err)
		} else if !strings.HasPrefix(name, prefix) {
			items = append(items, item)
		}
	}
	var w bytes.Buffer
	if err := weights.WriteSafetensors(&w, items, nil); err != nil {
		t.Fatal(err)
	}
	m := fstest.MapFS{"model.safetensors": {Data: w.Bytes()}}
	for _, name := range []string{"config.json", "tokenizer.json"} {
		data, err := os.ReadFile(sentences + "plain/" + name)
		if err != nil {
			t.Fatal(err)
		}
		m[name] = &fstest.MapFile{Data: data}
	}
	// With masks a few steps over a few texts need not learn.
	m["config.json"].Data = bytes.Replace(m["config.json"].Data, []byte(`"hidden_dropout_prob": 0.1`), []byte(`"hidden_dropout_prob": 0.0`), 1)
	return m
}

// TestEncoderCutsBeforeSeparator keeps [SEP] behind a text that is cut.
func TestEncoderCutsBeforeSeparator(t *testing.T) {
	b := open(t, os.DirFS(sentences+"plain"), engine.Options{})
	a, err := b.OpenAdapter(trained(t, b, adapter.SeqCls), false)
	if err != nil {
		t.Fatal(err)
	}
	a.Sidecar.MaxLength = 5
	c, err := b.Classifier(a)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := c.Encode("profit rose in the third quarter")
	if err != nil {
		t.Fatal(err)
	}
	cls, _ := b.Tokenizer.ID("[CLS]")
	sep, _ := b.Tokenizer.ID("[SEP]")
	if len(s.Tokens) != 5 || s.Tokens[0] != cls || s.Tokens[4] != sep {
		t.Errorf("tokens %v, expected 5 from %d to %d", s.Tokens, cls, sep)
	}
	if _, err := c.Classify(context.Background(), []string{"profit rose in the third quarter"}); err != nil {
		t.Error(err)
	}
}

// TestEncoderContinuesNothing refuses what an encoder has no output layer for.
func TestEncoderContinuesNothing(t *testing.T) {
	b := open(t, os.DirFS(sentences+"plain"), engine.Options{})
	s, err := b.Session(nil, 8, tensor.F32)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Feed(context.Background(), []int32{2}); err == nil || !strings.Contains(err.Error(), "a bert reads texts and does not continue them") {
		t.Errorf("error %v", err)
	}
}

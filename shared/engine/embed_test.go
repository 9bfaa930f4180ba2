package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/device"
	"graft/shared/engine"
)

const sentences = "testdata/sentence/"

// vectorTolerance is the largest difference of a vector's values from sentence-transformers', relative to the largest of
// them: its float32 sums have another order.
const vectorTolerance = 1e-5

type sentenceFixture struct {
	Texts    []string
	Poolings map[string][][]float64
	Dense    [][]float64
}

func openSentences(t *testing.T) (f sentenceFixture) {
	t.Helper()
	data, err := os.ReadFile(sentences + "expected.json")
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func embed(t *testing.T, b *engine.Base, o engine.EmbedOptions, texts []string) [][]float32 {
	t.Helper()
	e, err := b.Embedder(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	v, err := e.Embed(context.Background(), texts)
	if err != nil {
		t.Fatal(err)
	}
	if len(v[0]) != e.Dim() {
		t.Errorf("vectors of %d values, expected %d", len(v[0]), e.Dim())
	}
	return v
}

func nearVectors(t *testing.T, what string, got [][]float32, want [][]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d vectors, expected %d", what, len(got), len(want))
	}
	for i, v := range got {
		if len(v) != len(want[i]) {
			t.Fatalf("%s: text %d: %d values, expected %d", what, i, len(v), len(want[i]))
		}
		most, worst := 0.0, 0.0
		for j, x := range v {
			most, worst = max(most, math.Abs(want[i][j])), max(worst, math.Abs(float64(x)-want[i][j]))
		}
		if !(worst <= vectorTolerance*most) {
			t.Errorf("%s: text %d: %v, expected %v", what, i, v, want[i])
		}
	}
}

// TestEmbed holds vectors to those of sentence-transformers: each pooling, and all that a model's files say.
func TestEmbed(t *testing.T) {
	f := openSentences(t)
	plain := open(t, os.DirFS(sentences+"plain"), engine.Options{})
	for mode, want := range f.Poolings {
		nearVectors(t, mode, embed(t, plain, engine.EmbedOptions{Pooling: mode}, f.Texts), want)
	}
	nearVectors(t, "as its files say", embed(t, plain, engine.EmbedOptions{}, f.Texts), f.Poolings["mean"])
	dense := open(t, os.DirFS(sentences+"dense"), engine.Options{})
	nearVectors(t, "dense", embed(t, dense, engine.EmbedOptions{}, f.Texts), f.Dense)

	alone := embed(t, plain, engine.EmbedOptions{}, f.Texts[1:2])
	nearVectors(t, "alone", alone, f.Poolings["mean"][1:2])
	yes := true
	for i, v := range embed(t, plain, engine.EmbedOptions{Normalize: &yes}, f.Texts) {
		sum := 0.0
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("text %d: normalised length² %g", i, sum)
		}
	}
	indices, cosines := engine.Nearest(alone[0], embed(t, plain, engine.EmbedOptions{}, f.Texts), 2)
	if len(indices) != 2 || indices[0] != 1 || math.Abs(cosines[0]-1) > 1e-6 || cosines[1] > cosines[0] {
		t.Errorf("nearest are %v with %v, expected text 1 first", indices, cosines)
	}
}

// TestEmbedDecoder takes the last token of a model that has no files of sentences.
func TestEmbedDecoder(t *testing.T) {
	b := open(t, os.DirFS(base), engine.Options{})
	last, named := embed(t, b, engine.EmbedOptions{}, texts), embed(t, b, engine.EmbedOptions{Pooling: "last"}, texts)
	mean := embed(t, b, engine.EmbedOptions{Pooling: "mean"}, texts)
	if engine.Cosine(last[0], named[0]) < 1-1e-6 || engine.Cosine(last[0], mean[0]) > 1-1e-6 {
		t.Error("a decoder's vector is not that of its last token")
	}
}

func TestEmbedFaults(t *testing.T) {
	change := func(file, old, with string) fs.FS {
		m := fstest.MapFS{}
		dir := os.DirFS(sentences + "dense")
		err := fs.WalkDir(dir, ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := fs.ReadFile(dir, p)
			if p == file {
				changed := strings.Replace(string(data), old, with, 1)
				if changed == string(data) {
					return fmt.Errorf("%s has no %q", file, old)
				}
				data = []byte(changed)
			}
			m[p] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for want, dir := range map[string]fs.FS{
		`a module of type Router is not known`:       change("modules.json", "modules.transformer.Transformer", "modules.Router"),
		`pooling_mode "median" is not known`:         change("1_Pooling/config.json", `"mean"`, `"median"`),
		`no pooling_mode is on`:                      change("1_Pooling/config.json", `"pooling_mode": "mean",`, ""),
		`1_Pooling2/config.json is missing`:          change("modules.json", `"1_Pooling"`, `"1_Pooling2"`),
		`activation_function "torch.nn.Mish"`:        change("2_Dense/config.json", "torch.nn.modules.activation.Tanh", "torch.nn.Mish"),
		`config_sentence_transformers.json: invalid`: change("config_sentence_transformers.json", "{", "}"),
		`the model has no prompt "query"`:            change("config_sentence_transformers.json", `"query": "profit, "`, `"passage": ""`),
		`include_prompt is false`:                    change("1_Pooling/config.json", "true", "false"),
		`expected 16`:                                change("1_Pooling/config.json", `"mean"`, `["mean", "max"]`),
	} {
		b, err := engine.Open(dir, device.Reference(), engine.Options{})
		if err == nil {
			_, err = b.Embedder(nil, engine.EmbedOptions{})
			b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
	b := open(t, os.DirFS(sentences+"plain"), engine.Options{})
	for want, o := range map[string]engine.EmbedOptions{`pooling "sum" is not known, expected one of ["mean" "cls"`: {Pooling: "sum"}, `no prompt "passage"`: {PromptName: "passage"}} {
		if _, err := b.Embedder(nil, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
	causal := open(t, os.DirFS(base), engine.Options{})
	a, err := causal.OpenAdapter(trained(t, causal, adapter.SeqCls), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := causal.Embedder(a, engine.EmbedOptions{}); err == nil || !strings.Contains(err.Error(), "task_type is SEQ_CLS") {
		t.Errorf("error %v", err)
	}
}

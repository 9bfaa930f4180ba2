package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"graft/shared/adapter"
	"graft/shared/adapter/adaptertest"
	"graft/shared/dataset"
	"graft/shared/engine"
	"graft/shared/model/modeltest"
	"graft/shared/train"
	"graft/shared/weights"
)

// TestPrefixOfText compares the prefix a text gives with the keys and values that transformers keeps of it.
func TestPrefixOfText(t *testing.T) {
	dir := fstest.MapFS{}
	for _, name := range []string{"config.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(modeltest.Dir(), "base", name))
		if err != nil {
			t.Fatal(err)
		}
		dir[name] = &fstest.MapFile{Data: data}
	}
	words := make([]string, 96)
	for i := range words {
		words[i] = fmt.Sprintf(`"t%d":%d`, i, i)
	}
	dir["tokenizer.json"] = &fstest.MapFile{Data: []byte(`{"version":"1.0","added_tokens":[],"pre_tokenizer":{"type":"WhitespaceSplit"},` +
		`"model":{"type":"WordLevel","unk_token":"t0","vocab":{` + strings.Join(words, ",") + `}}}`)}
	b := open(t, dir, engine.Options{})
	a := train.Defaults()
	a.EvalStrategy, a.SaveStrategy = "no", "no"
	job, err := (&engine.Training{Base: b, Task: adapter.CausalLM, Arguments: a, Method: adapter.PrefixTuning{NumVirtualTokens: 4, InitText: "t1 t9 t6 t12"},
		Train: &dataset.Table{Form: dataset.Plain, Rows: []dataset.Row{{Text: "t5 t6"}}}}).Prepare()
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	src, err := weights.OpenSafetensors(weights.InMemory(directory(t, job)[adapter.WeightsName].Data))
	if err != nil {
		t.Fatal(err)
	}
	const name = "prompt_embeddings"
	want := modeltest.OpenTensors(t, filepath.Join(adaptertest.Dir(), "expected.safetensors"))
	modeltest.Near(t, name, modeltest.Floats(t, src, name), modeltest.Floats(t, want, "prefix_text/"+name), modeltest.Tolerance)
}

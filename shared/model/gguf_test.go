package model_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/weights"
)

// ggufCases are the fixtures that GGUF can tell, changed where it leaves something to the architecture; refused is what
// is said of the fixture as it is.
var ggufCases = []struct {
	name    string
	change  map[string]any
	refused string
}{
	{name: "mistral"},
	{name: "mistral_whole"},
	{name: "qwen2"},
	{name: "qwen2_window", refused: "use_sliding_window is true, and a GGUF file of qwen2 has no place for other than false"},
	{name: "qwen3", change: map[string]any{"use_sliding_window": false, "layer_types": nil}, refused: "use_sliding_window is true"},
	{name: "gemma2", change: map[string]any{"query_pre_attn_scalar": 8}, refused: "query_pre_attn_scalar is 12, and a GGUF file of gemma2 has no place for other than 8"},
	{name: "gemma3_text", change: map[string]any{"layer_types": nil}, refused: "layer_types is [\"sliding_attention\",\"sliding_attention\",\"full_attention\"]"},
	{name: "phi3"},
	{name: "phi3_long"},
	{name: "llama_linear"},
	{name: "llama_llama3"},
	{name: "llama_yarn"},
	{name: "llama_dynamic", refused: "rope_type \"dynamic\" is not written to GGUF"},
}

// TestGGUF: a model that is written to GGUF and read back answers as it did, to the last places of what norms lose when
// one is added to them.
func TestGGUF(t *testing.T) {
	var c modeltest.DecoderCases
	modeltest.ReadJSON(t, filepath.Join(modeltest.DecodersDir(), "cases.json"), &c)
	ids := c.Inputs.CausalLM.IDs[0]
	for _, x := range ggufCases {
		t.Run(x.name, func(t *testing.T) {
			dir := filepath.Join(modeltest.DecodersDir(), x.name)
			config, err := os.ReadFile(filepath.Join(dir, "config.json"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := weights.MetaOf(config, weights.Mixture{}); x.refused != "" && (err == nil || !strings.Contains(err.Error(), x.refused)) {
				t.Errorf("error %v, expected %q", err, x.refused)
			}
			if x.refused != "" && x.change == nil {
				return
			}
			config = changed(t, config, x.change)
			before := modeltest.Open(t, device.Reference(), dir, config)
			file := writeGGUF(t, before.Source, config)
			g, err := weights.OpenGGUF(weights.InMemory(file))
			if err != nil {
				t.Fatal(err)
			}
			again, err := g.Config()
			if err != nil {
				t.Fatal(err)
			}
			after := modeltest.OpenSource(t, device.Reference(), g, again)
			modeltest.Near(t, "logits", after.Logits(t, ids), before.Logits(t, ids), modeltest.Tolerance)
			if second := writeGGUF(t, g, again); !bytes.Equal(second, file) {
				t.Errorf("written again the file differs:\n%s", again)
			}
		})
	}
}

func changed(t *testing.T, config []byte, change map[string]any) []byte {
	t.Helper()
	var m map[string]any
	err := json.Unmarshal(config, &m)
	if err == nil {
		maps.Copy(m, change)
		config, err = json.Marshal(m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func writeGGUF(t *testing.T, src weights.Source, config []byte) []byte {
	t.Helper()
	mix, _, _ := weights.MixtureOf("f32")
	meta, err := weights.MetaOf(config, mix)
	if err != nil {
		t.Fatal(err)
	}
	items, err := weights.GGUFItems(src, config, mix)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := weights.WriteGGUF(&b, meta, items); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestTextOfAModelThatSees: a Gemma 3 with a vision tower is read as the model of texts in it, by either of the names that
// transformers has given its parts.
func TestTextOfAModelThatSees(t *testing.T) {
	dir := filepath.Join(modeltest.DecodersDir(), "gemma3_text")
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	whole := []byte(`{"model_type":"gemma3","architectures":["Gemma3ForConditionalGeneration"],"eos_token_id":[2,7],"vision_config":{},"text_config":` + string(config) + `}`)
	ids := []int32{1, 9, 30, 4, 17, 23, 8, 40, 5}
	text := modeltest.Open(t, device.Reference(), dir, nil)
	want := text.Logits(t, ids)
	for _, prefix := range []string{"language_model.", "model.language_model."} {
		src := weights.Renamed(text.Source, func(name string) string {
			return prefix + strings.TrimPrefix(name, strings.TrimSuffix(prefix, "language_model."))
		})
		f := modeltest.OpenSource(t, device.Reference(), src, whole)
		modeltest.Near(t, prefix, f.Logits(t, ids), want, modeltest.Tolerance)
	}
	part, err := model.TextConfig(whole)
	if err != nil {
		t.Fatal(err)
	}
	c, err := model.ParseConfig(part)
	if err != nil || c.ModelType != "gemma3_text" || len(c.EOSTokenID) != 2 || *c.SlidingWindow != 6 || c.HeadDim != 8 {
		t.Errorf("text_config is read as %+v, %v", c, err)
	}
}

package weights

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"graft/shared/tensor"
)

// TestMixturesAreLlamaCpps: every tensor gets the type that llama_model_quantize gives it.
func TestMixturesAreLlamaCpps(t *testing.T) {
	var cases []struct {
		Mixture                         string
		Layers, Width, Inner, Heads, Kv int
		Tied                            bool
		LayerTensors                    []string `json:"layer_tensors"`
		LayerTypes                      []string `json:"layer_types"`
		Others                          map[string]string
	}
	if err := json.Unmarshal(readFixture(t, "mixture.json"), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		m, err := ggufModelOf(fmt.Appendf(nil, `{"model_type":"llama","vocab_size":32,"hidden_size":%d,"intermediate_size":%d,"num_hidden_layers":%d,
			"num_attention_heads":%d,"num_key_value_heads":%d,"max_position_embeddings":64,"tie_word_embeddings":%v}`, c.Width, c.Inner, c.Layers, c.Heads, c.Kv, c.Tied))
		if err != nil {
			t.Fatal(err)
		}
		mix, _, ok := MixtureOf(strings.ToUpper(c.Mixture))
		if !ok {
			t.Fatalf("no mixture %s", c.Mixture)
		}
		types := mix.types(m)
		check := func(name, want string) {
			shape := tensor.Shape{32, c.Width}
			switch {
			case strings.HasSuffix(name, "norm.weight"):
				shape = tensor.Shape{c.Width}
			case strings.HasSuffix(name, "ffn_down.weight"):
				shape = tensor.Shape{c.Width, c.Inner}
			}
			if got := types(name, tensor.Of(tensor.F32, shape...)).String(); got != want {
				t.Errorf("%s of %d layers, width %d, inner %d: %s is %s, want %s", c.Mixture, c.Layers, c.Width, c.Inner, name, got, want)
			}
		}
		for name, want := range c.Others {
			check(name, want)
		}
		for i, all := range c.LayerTypes {
			for j, want := range strings.Fields(all) {
				check(fmt.Sprintf("blk.%d.%s", i, c.LayerTensors[j]), want)
			}
		}
	}
}

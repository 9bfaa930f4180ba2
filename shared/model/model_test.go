package model_test

import (
	"strings"
	"testing"

	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/model/modeltest"
)

func TestReference(t *testing.T) {
	modeltest.Run(t, func(*testing.T) device.Device { return device.Reference() })
}

func TestDecoders(t *testing.T) {
	modeltest.Decoders(t, func(*testing.T) device.Device { return device.Reference() })
}

func TestLinearModules(t *testing.T) {
	f := modeltest.Open(t, device.Reference(), modeltest.Dir()+"/base", nil)
	got, err := model.LinearModules(f.Model)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 14 || got[0] != "model.layers.0.self_attn.q_proj" || got[13] != "model.layers.1.mlp.down_proj" {
		t.Errorf("linear modules are %q", got)
	}
}

func TestBadConfig(t *testing.T) {
	const sizes = `"vocab_size":96,"hidden_size":64,"intermediate_size":96,"num_hidden_layers":2,"num_attention_heads":4`
	for _, c := range []struct{ config, want string }{
		{`{`, "config.json: unexpected end"},
		{`{"model_type":"mamba",` + sizes + `}`, `model_type "mamba" is not known`},
		{`{"model_type":"llama"}`, "vocab_size is 0, expected 1 to"},
		{`{"model_type":"llama",` + sizes + `,"num_key_value_heads":3}`, "num_attention_heads 4 is no multiple of num_key_value_heads 3"},
		{`{"model_type":"llama",` + sizes + `,"hidden_act":"relu"}`, `hidden_act is "relu"`},
		{`{"model_type":"llama",` + sizes + `,"rope_scaling":{"type":"ntk","factor":2}}`, `rope_type "ntk" is not known`},
		{`{"model_type":"llama",` + sizes + `,"rope_scaling":{"type":"linear"}}`, `factor is 0, expected 1 or more`},
		{`{"model_type":"phi3",` + sizes + `,"rope_scaling":{"type":"su","short_factor":[1]}}`, `short_factor has 1 values and long_factor 0, expected 8`},
		{`{"model_type":"qwen2",` + sizes + `,"layer_types":["full_attention"]}`, `layer_types has 1 entries for 2 layers`},
		{`{"model_type":"qwen3",` + sizes + `,"layer_types":["full_attention","chunked_attention"]}`, `layer_types[1] is "chunked_attention"`},
		{`{"model_type":"gemma2",` + sizes + `,"sliding_window":null}`, `layer 0 has a sliding window, and sliding_window has no size`},
		{`{"model_type":"gemma3_text",` + sizes + `,"use_bidirectional_attention":true}`, `use_bidirectional_attention is not known`},
		{`{"model_type":"gemma3",` + sizes + `,"text_config":{"hidden_size":"a"}}`, `text_config: json: cannot`},
		{`{"model_type":"llama",` + sizes + `,"rope_scaling":{"rope_type":"llama3","factor":8}}`, "low_freq_factor 0"},
		{`{"model_type":"llama",` + sizes + `,"num_hidden_layers":1000000}`, "num_hidden_layers is 1000000, expected 1 to 1024"},
		{`{"model_type":"bert",` + sizes + `,"num_attention_heads":5}`, "hidden_size 64 is no multiple of num_attention_heads 5"},
		{`{"model_type":"bert",` + sizes + `,"position_embedding_type":"relative_key"}`, `position_embedding_type is "relative_key"`},
		{`{"model_type":"bert",` + sizes + `,"type_vocab_size":-1}`, "type_vocab_size is -1, expected 1 to"},
		{`{"model_type":"bert",` + sizes + `,"layer_norm_eps":0}`, "the norms' epsilon is 0"},
		{`{"model_type":"bert",` + sizes + `,"hidden_dropout_prob":1}`, "hidden_dropout_prob is 1, expected 0 up to 1"},
		{`{"model_type":"roberta",` + sizes + `,"max_position_embeddings":2}`, "max_position_embeddings is 2, and positions begin with 2"},
		{`{"model_type":"modernbert",` + sizes + `,"classifier_pooling":"max"}`, `classifier_pooling is "max"`},
		{`{"model_type":"modernbert",` + sizes + `,"local_attention":1}`, "layer 1 has a sliding window, and sliding_window has no size"},
		{`{"model_type":"modernbert",` + sizes + `,"layer_types":["full_attention"]}`, "layer_types has 1 entries for 2 layers"},
		{`{"model_type":"distilbert","vocab_size":96,"dim":64,"hidden_dim":96,"n_layers":2,"n_heads":4,"activation":"mish"}`, `activation "mish" is not known`},
	} {
		_, err := model.New([]byte(c.config))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %q", c.config, err, c.want)
		}
	}
}

func TestEncoders(t *testing.T) {
	modeltest.Encoders(t, func(*testing.T) device.Device { return device.Reference() })
}

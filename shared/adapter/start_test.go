package adapter_test

import (
	"path/filepath"
	"strings"
	"testing"

	"graft/shared/adapter"
	"graft/shared/adapter/adaptertest"
	"graft/shared/device"
	"graft/shared/model"
	"graft/shared/model/modeltest"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// TestStartsFromTheBase compares scale·B·A of the first values of PiSSA and OLoRA with PEFT's: the factors themselves are
// unique but for signs. Subspace iteration comes near to the decomposition as its rounds grow.
func TestStartsFromTheBase(t *testing.T) {
	want := modeltest.OpenTensors(t, filepath.Join(adaptertest.Dir(), "expected.safetensors"))
	f := modeltest.Open(t, device.Reference(), modeltest.Dir()+"/base", nil)
	parts, err := model.PartsOf(f.Model)
	if err != nil {
		t.Fatal(err)
	}
	base := func(name string, _ tensor.Shape) ([]float32, bool, error) {
		v, err := weights.Floats(f.Source, name)
		if err != nil {
			return nil, false, err
		}
		return v.Floats(), true, nil
	}
	const r, out, in = 4, 64, 96
	for _, c := range []struct {
		init, like string
		tolerance  float64
	}{
		{"pissa", "pissa", 1e-5},          // float32 of PyTorch's decomposition
		{"olora", "olora", 1e-5},          // idem
		{"pissa_niter_16", "pissa", 1e-3}, // singular values of a random matrix lie close together
	} {
		a, err := adapter.NewLoRA(adapter.LoRA{R: r, LoraAlpha: 6, TargetModules: adapter.Names{List: []string{"down_proj"}}, Layers: []int{0}, Init: c.init}, parts)
		if err != nil {
			t.Fatal(err)
		}
		const name = "base_model.model.model.layers.0.mlp.down_proj."
		read := func(what string, shape ...int) []float32 {
			v, ok, err := a.Init(name+what, shape, adapter.Start{Base: base})
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			return v
		}
		la, lb, product := read("lora_A.weight", r, in), read("lora_B.weight", out, r), make([]float32, out*in)
		for o := range out {
			for i := range in {
				for k := range r {
					product[o*in+i] += 1.5 * lb[o*r+k] * la[k*in+i]
				}
			}
		}
		modeltest.Near(t, c.init, product, modeltest.Floats(t, want, c.like+"/product"), c.tolerance)
	}
}

// TestRefusedByName holds options that change what tensors mean, and that are not computed, to an error with their name.
func TestRefusedByName(t *testing.T) {
	f := modeltest.Open(t, device.Reference(), modeltest.Dir()+"/base", nil)
	parts, err := model.PartsOf(f.Model)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ config, want string }{
		{`{"peft_type":"LORA","target_parameters":["mlp.experts"]}`, "target_parameters"},
		{`{"peft_type":"LORA","trainable_token_indices":[1]}`, "trainable_token_indices"},
		{`{"peft_type":"LORA","layer_replication":[[0,1]]}`, "layer_replication"},
		{`{"peft_type":"LORA","alora_invocation_tokens":[1]}`, "alora_invocation_tokens"},
		{`{"peft_type":"LORA","use_qalora":true}`, "use_qalora"},
		{`{"peft_type":"LORA","init_lora_weights":"pissa"}`, "path_initial_model_for_weight_conversion"},
		{`{"peft_type":"LORA","use_dora":true,"target_modules":["embed_tokens"]}`, "DoRA of model.embed_tokens"},
		{`{"peft_type":"LORA","task_type":"SEQ_CLS","target_modules":["lm_head"]}`, "lm_head is no part of a classifier"},
		{`{"peft_type":"IA3","target_modules":["embed_tokens"]}`, "IA3 of model.embed_tokens"},
		{`{"peft_type":"IA3","target_modules":["c_attn"]}`, "no linear layer of the model is meant"},
		{`{"peft_type":"PREFIX_TUNING"}`, "num_virtual_tokens is 0"},
		{`{"peft_type":"PREFIX_TUNING","num_virtual_tokens":3,"token_dim":64}`, "token_dim is 64, expected 32"},
		{`{"peft_type":"PROMPT_TUNING","num_virtual_tokens":3,"token_dim":32}`, "token_dim is 32, expected 64"},
		{`{"peft_type":"PROMPT_TUNING","num_virtual_tokens":64}`, "leaves no position"},
		{`{"peft_type":"P_TUNING","num_virtual_tokens":3,"num_transformer_submodules":2}`, "num_transformer_submodules is 2"},
		{`{"peft_type":"ADALORA"}`, `peft_type "ADALORA" is not known`},
	} {
		if _, err := adapter.Parse([]byte(c.config), parts); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %q", c.config, err, c.want)
		}
	}
	common := adapter.Common{TaskType: adapter.CausalLM, Encode: func(string) []int32 { return nil }}
	for want, m := range map[string]adapter.Method{
		`encoder_reparameterization_type is "LSTM"`:    adapter.PTuning{NumVirtualTokens: 3, Encoder: "LSTM"},
		"does not start from a text":                   adapter.PrefixTuning{NumVirtualTokens: 2, PrefixProjection: true, InitKV: make([]float32, 2*128)},
		"init_text has no tokens":                      adapter.PrefixTuning{NumVirtualTokens: 2, InitText: " "},
		"prompt_tuning_init_text has no tokens":        adapter.PromptTuning{NumVirtualTokens: 2, Init: adapter.Text},
		`init_weights is "ones"`:                       adapter.PrefixTuning{NumVirtualTokens: 2, InitWeights: "ones"},
		`init_lora_weights is "eva"`:                   adapter.LoRA{Init: "eva"},
		`init_lora_weights is "pissa_niter_x"`:         adapter.LoRA{Init: "pissa_niter_x"},
		"and use_dora is true":                         adapter.LoRA{Init: "olora", UseDora: true},
		"last_n_layers is 3, expected 1 to 2":          adapter.LastLayers{N: 3},
		"num_virtual_tokens is 0, expected 1 to 65536": adapter.PTuning{},
	} {
		if _, err := m.New(common, parts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: error %v, expected %q", m, err, want)
		}
	}
}

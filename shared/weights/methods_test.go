package weights

import (
	"fmt"
	"testing"

	"graft/shared/tensor"
)

// TestUnsupported: a checkpoint quantised by what is not read is refused by the method's name, with advice.
func TestUnsupported(t *testing.T) {
	source := func(names ...string) Source {
		var items []Item
		for _, n := range names {
			items = append(items, ItemOf(n, tensor.FromFloats([]float32{1}, 1)))
		}
		return Collected(items)
	}
	const q = "model.layers.0.self_attn.q_proj"
	plain := source(q + ".weight")
	for _, c := range []struct {
		src    Source
		config string // quantization_config
		want   string
	}{
		{plain, `{"quant_method":"gptq","bits":4}`, "quantised by GPTQ"},
		{source(q+".qweight", q+".qzeros"), `{"quant_method":"awq","bits":4}`, "quantised by AWQ"},
		{plain, `{"quant_method":"compressed-tensors"}`, "quantised by compressed-tensors"},
		{plain, `{"quant_method":"exl2","bits":3.5}`, "quantised by EXL2"},
		{plain, `{"quant_method":"fp8"}`, "quantised by FP8"},
		{plain, `{"quant_method":"spqr"}`, "quantised by spqr"},
		{plain, `{"quant_method":"bitsandbytes","load_in_8bit":true}`, "quantised by LLM.int8"},
		{source(q+".weight", q+".SCB"), `{"quant_method":"bitsandbytes"}`, "q_proj.SCB: the checkpoint is quantised by LLM.int8"},
		{source(q+".qweight", q+".g_idx"), "null", "quantised by GPTQ"},
		{source(q + ".weight_packed"), "null", "quantised by compressed-tensors"},
		{source(q + ".q_weight"), "null", "quantised by EXL2"},
	} {
		wantError(t, Unsupported(c.src, fmt.Appendf(nil, `{"quantization_config":%s}`, c.config)), c.want, "which is not read", "--load-in-4bit")
	}
	for _, config := range []string{`{"quant_method":"bitsandbytes","load_in_4bit":true}`, "null"} {
		if err := Unsupported(plain, fmt.Appendf(nil, `{"quantization_config":%s}`, config)); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
	for _, config := range [][]byte{nil, []byte("{"), []byte(`{"quantization_config":7}`)} {
		if err := Unsupported(plain, config); err != nil {
			t.Errorf("%s: %v", config, err)
		}
	}
}

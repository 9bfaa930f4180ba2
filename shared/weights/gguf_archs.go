package weights

import "slices"

// ggufArchs has a row for each pair of a GGUF architecture and a model_type. Where several model types share an
// architecture, a file is taken for the first whose key it has.
var ggufArchs = []ggufArch{
	{arch: "llama", modelType: "mistral", class: "MistralForCausalLM", when: "attention.sliding_window", pairs: true, top: decoderTop,
		prefix: decoderPrefix, layer: llamaLayer, fields: slices.Concat(decoderFields, windowField), fixed: siluFixed},
	{arch: "llama", modelType: "llama", class: "LlamaForCausalLM", pairs: true, top: decoderTop, prefix: decoderPrefix,
		layer: llamaLayer, fields: decoderFields, fixed: siluFixed},
	{arch: "qwen2", modelType: "qwen2", class: "Qwen2ForCausalLM", top: decoderTop, prefix: decoderPrefix,
		layer: llamaLayer, fields: decoderFields, fixed: qwenFixed},
	{arch: "qwen3", modelType: "qwen3", class: "Qwen3ForCausalLM", top: decoderTop, prefix: decoderPrefix,
		layer: llamaLayer, fields: decoderFields, fixed: qwenFixed},
	{arch: "gemma2", modelType: "gemma2", class: "Gemma2ForCausalLM", plusOne: true, top: decoderTop, prefix: decoderPrefix,
		layer: gemmaLayer, fields: gemma2Fields, fixed: gemmaFixed, sized: gemma2Sized},
	{arch: "gemma3", modelType: "gemma3_text", class: "Gemma3ForCausalLM", plusOne: true, top: decoderTop, prefix: decoderPrefix,
		layer: gemmaLayer, fields: gemma3Fields, fixed: gemmaFixed, sized: gemma3Sized},
	{arch: "phi3", modelType: "phi3", class: "Phi3ForCausalLM", top: decoderTop, prefix: decoderPrefix,
		layer: phi3Layer, fields: slices.Concat(decoderFields, windowField), fixed: siluFixed},
	{arch: "bert", modelType: "bert", class: "BertModel", readOnly: true, top: bertTop, prefix: "bert.encoder.layer.",
		layer: bertLayer, fields: bertFields, fixed: []fixedField{{"hidden_act", "gelu"}}},
}

// bertTypes is the table of token types, whose rows are their number.
const bertTypes = "token_types"

// What most decoders share.
const decoderPrefix = "model.layers."

var (
	decoderTop = []ggufName{
		{"token_embd", "model.embed_tokens"},
		{"output_norm", "model.norm"},
		{"output", "lm_head"},
		{"cls.output", "score"},
	}
	llamaLayer = []ggufName{
		{"attn_norm", "input_layernorm"},
		{"attn_q", "self_attn.q_proj"},
		{"attn_k", "self_attn.k_proj"},
		{"attn_v", "self_attn.v_proj"},
		{"attn_output", "self_attn.o_proj"},
		{"attn_q_norm", "self_attn.q_norm"},
		{"attn_k_norm", "self_attn.k_norm"},
		{"ffn_norm", "post_attention_layernorm"},
		{"ffn_gate", "mlp.gate_proj"},
		{"ffn_up", "mlp.up_proj"},
		{"ffn_down", "mlp.down_proj"},
	}
	decoderFields = []ggufField{
		{meta: "context_length", config: "max_position_embeddings", need: true},
		{meta: "embedding_length", config: "hidden_size", need: true},
		{meta: "block_count", config: "num_hidden_layers", need: true},
		{meta: "feed_forward_length", config: "intermediate_size", need: true},
		{meta: "attention.head_count", config: "num_attention_heads", need: true},
		{meta: "attention.head_count_kv", config: "num_key_value_heads"},
		{meta: "attention.layer_norm_rms_epsilon", config: "rms_norm_eps", kind: realField, need: true, otherwise: 1e-6},
		{meta: "rope.freq_base", config: "rope_theta", kind: realField, otherwise: 10000.0},
	}
	windowField = []ggufField{{meta: "attention.sliding_window", config: "sliding_window", kind: limitField}}

	bertTop = []ggufName{
		{"token_embd", "bert.embeddings.word_embeddings"},
		{bertTypes, "bert.embeddings.token_type_embeddings"},
		{"position_embd", "bert.embeddings.position_embeddings"},
		{"token_embd_norm", "bert.embeddings.LayerNorm"},
		{"cls", "bert.pooler.dense"},
		{"cls.output", "classifier"},
	}
	bertLayer = []ggufName{
		{"attn_q", "attention.self.query"},
		{"attn_k", "attention.self.key"},
		{"attn_v", "attention.self.value"},
		{"attn_output", "attention.output.dense"},
		{"attn_output_norm", "attention.output.LayerNorm"},
		{"ffn_up", "intermediate.dense"},
		{"ffn_down", "output.dense"},
		{"layer_output_norm", "output.LayerNorm"},
	}
	bertFields = []ggufField{
		{meta: "context_length", config: "max_position_embeddings", need: true},
		{meta: "embedding_length", config: "hidden_size", need: true},
		{meta: "block_count", config: "num_hidden_layers", need: true},
		{meta: "feed_forward_length", config: "intermediate_size", need: true},
		{meta: "attention.head_count", config: "num_attention_heads", need: true},
		{meta: "attention.layer_norm_epsilon", config: "layer_norm_eps", kind: realField, need: true},
	}

	siluFixed = []fixedField{{"hidden_act", "silu"}}
	qwenFixed = []fixedField{{"hidden_act", "silu"}, {"use_sliding_window", false}}
)

// Gemma: norms behind attention and feed-forward, too.
var (
	gemmaLayer = []ggufName{
		{"attn_norm", "input_layernorm"},
		{"attn_q", "self_attn.q_proj"},
		{"attn_k", "self_attn.k_proj"},
		{"attn_v", "self_attn.v_proj"},
		{"attn_output", "self_attn.o_proj"},
		{"attn_q_norm", "self_attn.q_norm"},
		{"attn_k_norm", "self_attn.k_norm"},
		{"post_attention_norm", "post_attention_layernorm"},
		{"ffn_norm", "pre_feedforward_layernorm"},
		{"ffn_gate", "mlp.gate_proj"},
		{"ffn_up", "mlp.up_proj"},
		{"ffn_down", "mlp.down_proj"},
		{"post_ffw_norm", "post_feedforward_layernorm"},
	}
	gemma2Fields = slices.Concat(decoderFields, windowField, []ggufField{
		{meta: "attn_logit_softcapping", config: "attn_logit_softcapping", kind: realField, otherwise: 50.0},
		{meta: "final_logit_softcapping", config: "final_logit_softcapping", kind: realField, otherwise: 30.0},
	})
	gemma3Fields = append(slices.Concat(decoderFields[:len(decoderFields)-1], windowField), []ggufField{
		{meta: "rope.freq_base", config: "rope_theta", kind: realField, otherwise: 1e6},
		{meta: "rope.freq_base_swa", config: "rope_local_base_freq", kind: realField, otherwise: 1e4},
		{meta: "final_logit_softcapping", config: "final_logit_softcapping", kind: realField},
	}...)
	gemmaFixed = []fixedField{{"hidden_activation", "gelu_pytorch_tanh"}, {"use_bidirectional_attention", false}}
)

// gemma2Sized: every other layer has a window. Only the model of 46 layers scales scores by hidden/heads.
func gemma2Sized(s archSizes) []fixedField {
	return []fixedField{{"layer_types", layerTypes(s.layers, 2)}, {"query_pre_attn_scalar", s.scoreScalar(46)}}
}

// gemma3Sized: all but every sixth layer have a window. Only the model of 62 layers scales scores by hidden/heads.
func gemma3Sized(s archSizes) []fixedField {
	return []fixedField{{"layer_types", layerTypes(s.layers, 6)}, {"sliding_window_pattern", 6}, {"query_pre_attn_scalar", s.scoreScalar(62)}}
}

func (s archSizes) scoreScalar(largest int) int {
	if s.layers == largest {
		return s.hidden / s.heads
	}
	return s.dim
}

// layerTypes are windows but for every period-th layer.
func layerTypes(layers, period int) []string {
	types := make([]string, layers)
	for i := range types {
		types[i] = "sliding_attention"
		if (i+1)%period == 0 {
			types[i] = "full_attention"
		}
	}
	return types
}

// phi3Layer has one projection for queries, keys and values, and one for gate and up.
var phi3Layer = []ggufName{
	{"attn_norm", "input_layernorm"},
	{"attn_qkv", "self_attn.qkv_proj"},
	{"attn_output", "self_attn.o_proj"},
	{"ffn_norm", "post_attention_layernorm"},
	{"ffn_up", "mlp.gate_up_proj"},
	{"ffn_down", "mlp.down_proj"},
}

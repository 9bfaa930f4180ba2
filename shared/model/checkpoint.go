package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/weights"
)

// Checkpoint is a view of src under the names m asks for. A checkpoint of the body alone, such as those of sentence
// embeddings, leaves the first part of the names out, and old ones of BERT call a norm's weight and bias gamma and beta.
func Checkpoint(m Model, src weights.Source) weights.Source {
	prefix := Prefix(m) + "."
	src = weights.Renamed(src, textName)
	bare := !slices.ContainsFunc(src.Names(), func(n string) bool { return strings.HasPrefix(n, prefix) })
	return weights.Renamed(src, func(name string) string {
		if module, ok := strings.CutSuffix(name, ".gamma"); ok {
			name = module + ".weight"
		} else if module, ok := strings.CutSuffix(name, ".beta"); ok {
			name = module + ".bias"
		}
		if bare {
			name = prefix + name
		}
		return name
	})
}

// textName is a tensor's name in the model of texts where the checkpoint is of one that also sees: its language_model. What
// it sees with is left out.
func textName(name string) string {
	for _, seen := range []string{"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."} {
		if strings.HasPrefix(name, seen) {
			return ""
		}
	}
	if rest, ok := strings.CutPrefix(name, "language_model."); ok {
		return rest
	}
	if rest, ok := strings.CutPrefix(name, "model.language_model."); ok {
		return "model." + rest
	}
	return name
}

// TextConfig is the config.json of the part of a model that reads texts, where it also sees; else config as it is.
func TextConfig(config []byte) ([]byte, error) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(config, &whole); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	text, ok := whole["text_config"]
	if !ok || string(whole["model_type"]) != `"gemma3"` {
		return config, nil
	}
	c, err := ParseConfig(config)
	if err != nil {
		return nil, err
	}
	part := map[string]any{ // what transformers leaves out of text_config where it is the class's own
		"vocab_size": c.VocabSize, "hidden_size": c.HiddenSize, "intermediate_size": c.IntermediateSize, "num_hidden_layers": c.NumHiddenLayers,
		"num_attention_heads": c.NumAttentionHeads, "num_key_value_heads": c.NumKeyValueHeads, "head_dim": c.HeadDim,
		"sliding_window": c.SlidingWindow, "max_position_embeddings": c.MaxPositionEmbeddings,
	}
	if err := json.Unmarshal(text, &part); err != nil {
		return nil, fmt.Errorf("config.json: text_config: %w", err)
	}
	for _, key := range []string{"bos_token_id", "eos_token_id", "pad_token_id", "dtype", "torch_dtype", "quantization_config", "id2label", "label2id"} {
		if v, ok := whole[key]; ok && string(v) != "null" {
			part[key] = v
		}
	}
	part["model_type"], part["architectures"] = "gemma3_text", []string{"Gemma3ForCausalLM"}
	return json.MarshalIndent(part, "", "  ")
}

// Prefix is what the names of all weights of m's body begin with, up to the first dot: "model", "bert".
func Prefix(m Model) string {
	g, prefix := graph.New(), ""
	m.Hidden(nn.Root(g, &nn.Scope{}), nn.NewInputs(g, 1))
	g.Leaves(func(_ graph.Value, k graph.Kind, name string) bool {
		if k == graph.Weight {
			prefix, _, _ = strings.Cut(name, ".")
		}
		return k != graph.Weight
	})
	return prefix
}

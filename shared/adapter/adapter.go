// Package adapter adapts frozen models, in the file format of Hugging Face PEFT.
//
// An adapter is a directory: adapter_config.json says its kind and sizes, adapter_model.safetensors holds its
// tensors under PEFT's names, and graft.json beside them holds what PEFT leaves out and every user of the
// adapter needs: labels, padding token, pooling, which base it was trained on. An adapter without graft.json
// still loads.
//
// A kind changes a model through the hooks of package nn alone. It sees a layer's input and output, never the
// base weight, so every kind works with every weight format. Kinds are rows of one table, one file each.
package adapter

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// TaskType is PEFT's task_type.
type TaskType string

const (
	SeqCls   TaskType = "SEQ_CLS"
	CausalLM TaskType = "CAUSAL_LM"
)

// Adapter is one adapter's configuration, bound to the modules of a model. Its tensors are leaves of the graphs
// its hooks record into, under the names they have in adapter_model.safetensors.
type Adapter interface {
	// Hooks record the adapter's part. kind is graph.Param where it is trained, graph.Weight where it is used.
	Hooks(kind graph.Kind) nn.Hooks
	// Init gives the first value of a tensor of the adapter, drawn from r; ok is false for a trained copy of a
	// base weight, which starts as what BaseName names.
	Init(name string, shape tensor.Shape, r *rand.Rand) (values []float32, ok bool)
	// BaseName is the checkpoint name of the base weight that the adapter's tensor replaces, "" for none.
	BaseName(name string) string
	// Task is the task the adapter was trained for.
	Task() TaskType
	// Merge changes the base weight of a checkpoint name, as float32, into the one that answers like base and
	// adapter together, and reports whether it differs. tensors are the adapter's.
	Merge(name string, w *tensor.Tensor, tensors weights.Source) (changed bool, err error)
	// MarshalConfig writes adapter_config.json as PEFT does: keys sorted, indented by two.
	MarshalConfig() ([]byte, error)
}

// kinds has a row for each peft_type of adapter_config.json.
var kinds = []struct {
	peftType string
	parse    func(config []byte, m *model.Parts) (Adapter, error)
}{
	{"LORA", parseLoRA},
}

// Parse reads adapter_config.json for a model.
func Parse(config []byte, m *model.Parts) (Adapter, error) {
	var head struct {
		PeftType string `json:"peft_type"`
	}
	if err := json.Unmarshal(config, &head); err != nil {
		return nil, fmt.Errorf("adapter_config.json: %w", err)
	}
	var known []string
	for _, k := range kinds {
		if k.peftType == head.PeftType {
			a, err := k.parse(config, m)
			if err != nil {
				return nil, fmt.Errorf("adapter_config.json: %w", err)
			}
			return a, nil
		}
		known = append(known, k.peftType)
	}
	return nil, fmt.Errorf("adapter_config.json: peft_type %q is not known, expected one of %q", head.PeftType, known)
}

// marshal writes v as Python's json.dumps(indent=2, sort_keys=True) does.
func marshal(v map[string]any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ") // maps are written with sorted keys
	return append(b, '\n'), err
}

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
	"strings"

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
// its hooks record into, under the names they have in adapter_model.safetensors; those of a Storer, while they are
// trained, under names of their own.
type Adapter interface {
	// Hooks record the adapter's part. kind is graph.Param where it is trained, graph.Weight where it is used.
	Hooks(kind graph.Kind) nn.Hooks
	// Init gives the first value of a trained tensor; ok is false for a trained copy of a base weight, which starts as
	// what BaseName names.
	Init(name string, shape tensor.Shape, s Start) (values []float32, ok bool, err error)
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

// Start is what first values are made from.
type Start struct {
	Rand *rand.Rand // the tensor's own
	Base BaseWeights
}

// BaseWeights gives a base weight by checkpoint name as float32; ok is false where there is none.
type BaseWeights func(name string, shape tensor.Shape) (values []float32, ok bool, err error)

// weight is a base weight that must be there.
func (b BaseWeights) weight(name string, shape tensor.Shape) ([]float32, error) {
	if b != nil {
		v, ok, err := b(name, shape)
		if ok || err != nil {
			return v, err
		}
	}
	return nil, fmt.Errorf("%s: the base has no such weight", name)
}

// Virtual are the positions an adapter puts before those of every sequence.
type Virtual struct {
	Rows int // virtual tokens, which pass through the model as others do (dataset.Sequence.Prompt)
	Keys int // keys and values of every layer's attention (dataset.Batch.Shift)
}

// Prompter is an adapter that takes positions.
type Prompter interface{ Virtual() Virtual }

// VirtualOf is what a takes, nothing for nil.
func VirtualOf(a Adapter) Virtual {
	if p, ok := a.(Prompter); ok {
		return p.Virtual()
	}
	return Virtual{}
}

// Deriver is an adapter whose hooks ask for weights that no file holds: leaves whose names begin with Derived.
type Deriver interface {
	// Derive computes one from the base and the adapter's tensors, which are nil for an adapter that begins to be trained.
	Derive(name string, shape tensor.Shape, base BaseWeights, tensors weights.Source) ([]float32, error)
}

// Derive gives write the value of every derived weight that g asks for.
func Derive(d Deriver, g *graph.Graph, base BaseWeights, tensors weights.Source, write func(name string, t *tensor.Tensor) error) error {
	var err error
	g.Leaves(func(v graph.Value, _ graph.Kind, name string) bool {
		if !strings.HasPrefix(name, Derived) {
			return true
		}
		var values []float32
		if values, err = d.Derive(name, v.Shape(), base, tensors); err == nil {
			err = write(name, tensor.FromFloats(values, v.Shape()...))
		}
		return err == nil
	})
	return err
}

// Derived begins the names of derived weights.
const Derived = "derived."

// Storer is an adapter whose trained tensors are not those of adapter_model.safetensors.
type Storer interface {
	// Stored computes the file's tensors; read gives a trained or derived tensor by name.
	// Trained tensors that it leaves out and that InFile are stored as they are.
	Stored(read func(name string, shape ...int) (*tensor.Tensor, error)) (map[string]*tensor.Tensor, error)
}

// InFile reports whether a name is one of adapter_model.safetensors.
func InFile(name string) bool {
	return strings.HasPrefix(name, wrapped) || name == promptEmbeddings
}

// kinds has a row for each peft_type of adapter_config.json.
var kinds = []struct {
	peftType string
	parse    func(config []byte, m *model.Parts) (Adapter, error)
}{
	{"LORA", parseLoRA},
	{"IA3", parseIA3},
	{"PREFIX_TUNING", parsePrefixTuning},
	{"PROMPT_TUNING", parsePromptTuning},
	{"P_TUNING", parsePTuning},
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

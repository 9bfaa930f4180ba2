package adapter

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/model"
	"graft/shared/tensor"
)

// Bias is the method of training biases alone (BitFit, Ben Zaken et al. 2022). It is saved as a LORA that PEFT loads: of a
// model with biases as bias="all" with no layer that has LoRA; of one without, as Llama, as a bias given to each linear
// layer (lora_bias) over a LoRA of rank 1 whose matrices are zeros.
type Bias struct {
	TargetModules, Exclude Names // of a model without biases; empty: all linear layers
	Layers                 []int
	ModulesToSave          []string
}

// New binds it to a model.
func (b Bias) New(c Common, m *model.Parts) (Adapter, error) {
	l := LoRA{TaskType: c.TaskType, BaseModel: c.BaseModel, ModulesToSave: c.more(b.ModulesToSave)}
	if slices.ContainsFunc(m.Weights, func(name string) bool { return strings.HasSuffix(name, ".bias") }) {
		if !b.TargetModules.empty() || len(b.Layers) > 0 {
			return nil, fmt.Errorf("target_modules and layers_to_transform: the model has biases, and all of them are trained")
		}
		l.Bias, l.TargetModules.Pattern = "all", Dummy
		return NewLoRA(l, m)
	}
	l.R, l.LoraAlpha, l.LoraBias, l.TargetModules, l.Exclude, l.Layers = 1, 1, true, b.TargetModules, b.Exclude, b.Layers
	if l.TargetModules.empty() {
		l.TargetModules.Pattern = AllLinear
	}
	a, err := NewLoRA(l, m)
	if err != nil {
		return nil, err
	}
	added := addedBias{a.(*lora)}
	added.biasOnly = true
	return added, nil
}

// addedBias is a lora whose matrices stay zeros.
type addedBias struct{ *lora }

var _ Storer = addedBias{}

// Stored adds the zeros.
func (b addedBias) Stored(read func(string, ...int) (*tensor.Tensor, error)) (map[string]*tensor.Tensor, error) {
	out := map[string]*tensor.Tensor{}
	for path, m := range b.modules {
		shape, err := b.m.Shape(path + ".weight")
		if err != nil {
			return nil, err
		}
		out[prefix+path+".lora_A.weight"] = tensor.Make(tensor.Of(tensor.F32, m.r, shape[1]))
		out[prefix+path+".lora_B.weight"] = tensor.Make(tensor.Of(tensor.F32, shape[0], m.r))
	}
	return out, nil
}

package adapter

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/model"
	"graft/shared/tensor"
)

// NewBias is an adapter of biases alone (BitFit, Ben Zaken et al. 2022). It is saved as a LORA that PEFT loads: of a model
// with biases as bias="all" with no layer that has LoRA; of one without, as Llama, as a bias given to each linear layer
// (lora_bias) over a LoRA of rank 1 whose matrices are zeros.
func NewBias(l LoRA, m *model.Parts) (Adapter, error) {
	if slices.ContainsFunc(m.Weights, func(name string) bool { return strings.HasSuffix(name, ".bias") }) {
		if !l.TargetModules.empty() {
			return nil, fmt.Errorf("target_modules %v: the model has biases, and all of them are trained", l.TargetModules)
		}
		return NewLoRA(LoRA{TaskType: l.TaskType, BaseModel: l.BaseModel, Bias: "all", ModulesToSave: l.ModulesToSave, TargetModules: Names{Pattern: Dummy}}, m)
	}
	l = LoRA{TaskType: l.TaskType, BaseModel: l.BaseModel, R: 1, LoraAlpha: 1, LoraBias: true, ModulesToSave: l.ModulesToSave,
		TargetModules: l.TargetModules, Exclude: l.Exclude, Layers: l.Layers}
	if l.TargetModules.empty() {
		l.TargetModules.Pattern = AllLinear
	}
	a, err := NewLoRA(l, m)
	if err != nil {
		return nil, err
	}
	b := a.(*lora)
	b.biasOnly = true
	return addedBias{b}, nil
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

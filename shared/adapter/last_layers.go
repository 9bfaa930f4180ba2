package adapter

import (
	"fmt"

	"graft/shared/model"
)

// NewLastLayers is an adapter that trains the last n layers of a model whole, and nothing else but a head. It is saved as
// a LORA that PEFT loads: modules_to_save with the layers' names, and no layer that has LoRA. A base in 4 bits can be
// trained so, but PEFT opens the result on the unquantised base only, whose layers have room for it.
func NewLastLayers(n int, l LoRA, m *model.Parts) (Adapter, error) {
	layers := m.Layers()
	if n < 1 || n > len(layers) {
		return nil, fmt.Errorf("last_n_layers is %d, expected 1 to %d", n, len(layers))
	}
	l = LoRA{TaskType: l.TaskType, BaseModel: l.BaseModel, TargetModules: Names{Pattern: Dummy}, ModulesToSave: append(l.ModulesToSave[:len(l.ModulesToSave):len(l.ModulesToSave)], layers[len(layers)-n:]...)}
	return NewLoRA(l, m)
}

package adapter

import (
	"fmt"

	"graft/shared/model"
)

// LastLayers is the method of training the last layers of a model whole, and nothing else but a head. It is saved as a
// LORA that PEFT loads: modules_to_save with the layers' names, and no layer that has LoRA.
type LastLayers struct {
	N             int // last_n_layers
	ModulesToSave []string
}

// New binds it to a model.
func (l LastLayers) New(c Common, m *model.Parts) (Adapter, error) {
	layers := m.Layers()
	if l.N < 1 || l.N > len(layers) {
		return nil, fmt.Errorf("last_n_layers is %d, expected 1 to %d", l.N, len(layers))
	}
	return NewLoRA(LoRA{TaskType: c.TaskType, BaseModel: c.BaseModel, TargetModules: Names{Pattern: Dummy},
		ModulesToSave: append(c.more(l.ModulesToSave), layers[len(layers)-l.N:]...)}, m)
}

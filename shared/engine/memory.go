package engine

import (
	"fmt"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/tensor"
)

// MemoryPlan is the memory of reading and continuing texts, in bytes, known before any of it is allocated.
type MemoryPlan struct {
	Context  int `json:"context"` // tokens there is room for
	Base     int `json:"base"`    // weights
	Adapter  int `json:"adapter"`
	Cache    int `json:"cache"`       // keys and values
	PerToken int `json:"per_token"`   // of the cache
	Arena    int `json:"activations"` // temporaries of the largest pass
	Scratch  int `json:"scratch"`     // kernels' own
}

// Total is the sum of all parts.
func (p MemoryPlan) Total() int { return p.Base + p.Adapter + p.Cache + p.Arena + p.Scratch }

// PlanMemory adds up what generating with the base, and the adapter unless nil, takes with room for context tokens (0: the most the
// model reads), whose keys and values are kept as cache. Nothing is allocated.
func (b *Base) PlanMemory(a *Adapter, context int, cache tensor.DType) (MemoryPlan, error) {
	most := b.Model.Config().MaxPositionEmbeddings
	if context == 0 {
		context = most
	}
	if context < 1 || context > most {
		return MemoryPlan{}, fmt.Errorf("context of %d tokens, expected 1 to the model's %d", context, most)
	}
	r := newReader(b, context, cache)
	defer r.Close()
	if err := r.adopt(a); err != nil {
		return MemoryPlan{}, err
	}
	dev := b.Device()
	prog, err := r.record(size(min(context, prefillRows)), 1).Compile(dev.Supports, graph.Options{})
	if err != nil {
		return MemoryPlan{}, err
	}
	plan := MemoryPlan{Context: context, Arena: prog.Arena}
	for _, s := range prog.Slots {
		switch {
		case s.Kind == graph.State:
			plan.Cache += s.Size()
		case s.Kind == graph.Weight && r.memory.Has(s.Name):
			plan.Adapter += s.Size()
		case s.Kind == graph.Weight && s.Const == nil:
			plan.Base += s.Size()
		}
	}
	plan.PerToken = plan.Cache / context
	if d, ok := dev.(device.Sizer); ok {
		plan.Scratch, err = d.ScratchSize(prog)
	}
	return plan, err
}

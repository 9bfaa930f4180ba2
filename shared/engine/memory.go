package engine

import (
	"fmt"

	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/nn"
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
	prog, err := r.record(size(min(context, prefillRows)), 1).Compile(b.Device().Supports, graph.Options{})
	if err != nil {
		return MemoryPlan{}, err
	}
	plan, err := b.planProgram(prog, r.memory.Has)
	plan.Context, plan.PerToken = context, plan.Cache/context
	return plan, err
}

// PlanPasses adds up what classifying texts or making vectors of them takes, without an adapter. Nothing is allocated.
func (b *Base) PlanPasses() (MemoryPlan, error) {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{DType: b.storage(), Activations: b.options.Activations})
	rows := min(maxRows, b.Model.Config().MaxPositionEmbeddings)
	g.Output("hidden", b.Model.Hidden(p, nn.NewInputs(g, dataset.Bucket(rows))))
	prog, err := g.Compile(b.Device().Supports, graph.Options{})
	if err != nil {
		return MemoryPlan{}, err
	}
	return b.planProgram(prog, func(string) bool { return false })
}

// planProgram adds up the slots of a program. adapted tells which weights are an adapter's.
func (b *Base) planProgram(prog *graph.Program, adapted func(name string) bool) (plan MemoryPlan, err error) {
	plan.Arena = prog.Arena
	for _, s := range prog.Slots {
		switch {
		case s.Kind == graph.State:
			plan.Cache += s.Size()
		case s.Kind == graph.Weight && adapted(s.Name):
			plan.Adapter += s.Size()
		case s.Kind == graph.Weight && s.Const == nil:
			plan.Base += s.Size()
		}
	}
	if d, ok := b.Device().(device.Sizer); ok {
		plan.Scratch, err = d.ScratchSize(prog)
	}
	return plan, err
}

package door

import (
	"fmt"
	"slices"

	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/engine"
)

// need adds up the memory of tasks, with room for context tokens of a text that is generated.
func (m *opened) need(tasks []string, context int) (n api.MemoryNeed, err error) {
	n = api.MemoryNeed{Weights: m.loading.Total, Limit: m.limit}
	add := func(p engine.MemoryPlan) {
		n.Activations, n.Scratch = max(n.Activations, int64(p.Arena)), max(n.Scratch, int64(p.Scratch))
		n.Cache, n.PerToken = max(n.Cache, int64(p.Cache)), max(n.PerToken, int64(p.PerToken))
	}
	if slices.Contains(tasks, api.TaskGenerate) {
		p, err := m.base.PlanMemory(nil, context, m.cache)
		if err != nil {
			return n, err
		}
		add(p)
	}
	if len(tasks) > 1 || tasks[0] != api.TaskGenerate {
		p, err := m.base.PlanPasses()
		if err != nil {
			return n, err
		}
		add(p)
	}
	m.total(&n)
	return n, nil
}

// total completes a need by what is the same for all.
func (m *opened) total(n *api.MemoryNeed) {
	n.Adapters = 0
	for _, a := range m.adapters {
		n.Adapters += a.info.Bytes
	}
	n.Engine = m.engine()
	n.Total = n.Weights + n.Adapters + n.Cache + n.Activations + n.Scratch + n.Engine
}

func (m *opened) engine() int64 {
	if m.host.Memory == nil {
		return 0
	}
	return m.host.Memory()
}

// fits holds a need against the limit.
func (m *opened) fits(n api.MemoryNeed) error {
	if m.limit == 0 || n.Total <= m.limit {
		return nil
	}
	return api.Errorf(api.NoMemory, "%d bytes of memory are needed (weights %d, adapters %d, cache %d, activations %d, scratch %d, engine %d), and %d are allowed",
		n.Total, n.Weights, n.Adapters, n.Cache, n.Activations, n.Scratch, n.Engine, m.limit)
}

func (m *opened) plan(r *api.PlanRequest) (*api.MemoryNeed, error) {
	cache, ok := caches[r.CacheType]
	if !ok {
		return nil, fmt.Errorf("cache_type %q, expected f16, f32 or q8_0", r.CacheType)
	}
	a, err := m.named(r.Adapter)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(m.info.Tasks, api.TaskGenerate) {
		return &m.info.Memory, nil
	}
	context := r.Context
	if context == 0 {
		context = min(defaultContext, m.info.Context)
	}
	p, err := m.base.PlanMemory(a.engine(), context, cache)
	if err != nil {
		return nil, err
	}
	n := m.info.Memory
	n.Cache, n.PerToken = int64(p.Cache), int64(p.PerToken)
	n.Activations, n.Scratch = max(n.Activations, int64(p.Arena)), max(n.Scratch, int64(p.Scratch))
	m.total(&n)
	return &n, nil
}

// usage is what the device holds now, nothing where it does not count.
func (m *opened) usage() device.Usage {
	if d, ok := m.device.(device.Metered); ok {
		return d.Usage()
	}
	return device.Usage{}
}

func (d *Door) state() *api.EngineState {
	s := &api.EngineState{Adapters: []string{}, Handles: []int{}}
	m := d.model
	if m == nil {
		if d.host.Memory != nil {
			s.Memory.Engine = d.host.Memory()
		}
		return s
	}
	s.Open, s.Loaded = m.info.Name, m.loading.Done()
	for _, a := range m.list().Adapters {
		s.Adapters = append(s.Adapters, a.Name)
	}
	for h := range m.writings {
		s.Handles = append(s.Handles, h)
	}
	slices.Sort(s.Handles)
	u := m.usage()
	s.Memory = api.MemoryState{Engine: m.engine(), Buffers: int64(u.Buffers), Arena: int64(u.Arena), Scratch: int64(u.Scratch), Peak: int64(u.Peak)}
	return s
}

package door

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/engine"
	"graft/shared/tensor"
)

// loaded is an adapter under its name.
type loaded struct {
	info       api.AdapterInfo
	adapter    *engine.Adapter
	classifier *engine.Classifier // of a SEQ_CLS adapter
}

// engine is the adapter, nil for none.
func (a *loaded) engine() *engine.Adapter {
	if a == nil {
		return nil
	}
	return a.adapter
}

func (a *loaded) close() error {
	if a.classifier == nil {
		return nil
	}
	return a.classifier.Close()
}

// maxAdapters is how many adapters can be loaded at once.
const maxAdapters = 256

func (m *opened) loadAdapter(r *api.LoadAdapterRequest) (*api.AdapterInfo, error) {
	old := m.adapters[r.Name]
	switch {
	case r.Name == "":
		return nil, errors.New("the adapter has no name")
	case old == nil && len(m.adapters) == maxAdapters:
		return nil, fmt.Errorf("%d adapters are loaded, which is the most", maxAdapters)
	case m.busy(r.Name):
		return nil, fmt.Errorf("adapter %q is in use: a text is being written with it", r.Name)
	}
	dir, err := newDirectory(m.host.Files, r.Files)
	if err != nil {
		return nil, err
	}
	in, err := (&Door{host: m.host}).inspect(&api.InspectRequest{Files: r.Files})
	if err != nil {
		return nil, err
	}
	if in.Kind != "adapter" {
		return nil, fmt.Errorf("the files are a %s, expected an adapter", in.Kind)
	}
	a := &loaded{info: api.AdapterInfo{Name: r.Name, PEFTType: in.PEFTType, Labels: in.Labels}}
	if a.adapter, err = m.base.OpenAdapter(dir, r.AnyBase); err != nil {
		return nil, api.Wrap(api.Mismatch, err)
	}
	a.info.TaskType = string(a.adapter.Adapter.Task())
	for _, name := range a.adapter.Tensors.Names() {
		if s, ok := a.adapter.Tensors.Spec(name); ok {
			a.info.Bytes += int64(tensor.F32.Size(s.Shape.Len())) // as programs hold them
		}
	}
	need, err := m.with(a)
	if err != nil {
		return nil, err
	}
	if err := m.ready(a); err != nil {
		return nil, api.Wrap(api.Mismatch, err)
	}
	if old != nil {
		if err := m.unloadAdapter(r.Name); err != nil {
			return nil, err
		}
	}
	m.adapters[r.Name] = a
	answer := a.info
	answer.Memory = &need
	return &answer, nil
}

// with is the memory that is needed once a is loaded.
func (m *opened) with(a *loaded) (api.MemoryNeed, error) {
	n := m.info.Memory
	m.total(&n)
	if old := m.adapters[a.info.Name]; old != nil {
		n.Adapters, n.Total = n.Adapters-old.info.Bytes, n.Total-old.info.Bytes
	}
	n.Adapters, n.Total = n.Adapters+a.info.Bytes, n.Total+a.info.Bytes
	return n, m.fits(n)
}

// ready holds the adapter to the base, and brings the tensors of one that classifies into memory; the others' come when a
// text is first written with them.
func (m *opened) ready(a *loaded) (err error) {
	if a.adapter.Adapter.Task() == adapter.SeqCls {
		if a.classifier, err = m.base.Classifier(a.adapter); err == nil {
			a.info.Labels = a.classifier.Labels()
		}
		return err
	}
	_, err = m.base.PlanMemory(a.adapter, 1, m.cache)
	return err
}

func (m *opened) unloadAdapter(name string) error {
	a, err := m.named(name)
	switch {
	case err != nil:
		return err
	case a == nil:
		return errors.New("the adapter has no name")
	case m.busy(name):
		return fmt.Errorf("adapter %q is in use: a text is being written with it", name)
	}
	errs := []error{a.close(), m.release(func(s *seat) bool { return s.adapter == name })}
	for key, e := range m.embedders {
		if e.adapter == name {
			errs = append(errs, e.Close())
			delete(m.embedders, key)
		}
	}
	delete(m.adapters, name)
	return errors.Join(errs...)
}

// named is the adapter of a name, nil for "".
func (m *opened) named(name string) (*loaded, error) {
	if name == "" {
		return nil, nil
	}
	if a := m.adapters[name]; a != nil {
		return a, nil
	}
	return nil, api.Errorf(api.NotFound, "adapter %q is not loaded", name)
}

func (m *opened) list() *api.AdapterList {
	l := &api.AdapterList{Adapters: []api.AdapterInfo{}}
	for _, a := range m.adapters {
		l.Adapters = append(l.Adapters, a.info)
	}
	slices.SortFunc(l.Adapters, func(a, b api.AdapterInfo) int { return cmp.Compare(a.Name, b.Name) })
	return l
}

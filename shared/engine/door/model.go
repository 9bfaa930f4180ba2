package door

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"graft/shared/api"
	"graft/shared/device"
	"graft/shared/engine"
	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// opened is the open model and all that is made of it.
type opened struct {
	host    Host
	base    *engine.Base
	device  device.Device
	info    api.ModelInfo
	limit   int64 // of memory, 0: none
	cache   tensor.DType
	context int // the most tokens of one text that is written
	loading *engine.Loading

	adapters  map[string]*loaded
	own       *engine.Classifier // of the base's own head, nil until it is asked
	embedders map[string]embedder
	writings  map[int]*writing
	handles   int     // handed out so far
	seats     []*seat // generators, idle or busy
}

// caches are the types that keys and values can be kept in.
var caches = map[string]tensor.DType{"": tensor.F16, "f16": tensor.F16, "f32": tensor.F32, "q8_0": tensor.Q8_0}

// defaultContext is the room for tokens of one text where the request does not say it.
const defaultContext = 2048

func (d *Door) open(r *api.OpenRequest) (*api.ModelInfo, error) {
	if d.model != nil {
		return nil, fmt.Errorf("%s is open: close it first", d.model.info.Name)
	}
	cache, ok := caches[r.CacheType]
	switch {
	case !ok:
		return nil, fmt.Errorf("cache_type %q, expected f16, f32 or q8_0", r.CacheType)
	case r.Activations != 0 && r.Activations != 8:
		return nil, fmt.Errorf("activations %d, expected 0 or 8", r.Activations)
	case r.MemoryLimit < 0 || r.Threads < 0 || r.Context < 0:
		return nil, fmt.Errorf("memory_limit %d, threads %d, context %d: expected none below 0", r.MemoryLimit, r.Threads, r.Context)
	}
	dir, err := newDirectory(d.host.Files, r.Files)
	if err != nil {
		return nil, err
	}
	dev, err := d.host.OpenDevice(r.Threads)
	if err != nil {
		return nil, api.Wrap(api.Unsupported, err)
	}
	base, err := engine.Open(dir, dev, engine.Options{Name: r.Name, LoadIn4Bit: r.LoadIn4Bit, Activations: r.Activations})
	if err != nil {
		return nil, errors.Join(err, dev.Close())
	}
	m := &opened{host: d.host, base: base, device: dev, limit: r.MemoryLimit, cache: cache,
		adapters: map[string]*loaded{}, embedders: map[string]embedder{}, writings: map[int]*writing{}}
	if err := m.describe(r); err != nil {
		m.close()
		return nil, err
	}
	d.model = m
	return &m.info, nil
}

// describe fills the info, and refuses what does not fit the limit.
func (m *opened) describe(r *api.OpenRequest) error {
	c := m.base.Model.Config()
	m.info = api.ModelInfo{Name: r.Name, Architecture: c.ModelType, Format: formatOf(r.Files), Context: c.MaxPositionEmbeddings,
		Tasks: tasks(m.base.Model, m.base.Source), Chat: m.base.ChatTemplate != ""}
	if slices.Contains(m.info.Tasks, api.TaskClassify) {
		m.info.Labels = c.Labels()
	}
	wanted := m.info.Tasks
	if len(r.Tasks) > 0 {
		wanted = r.Tasks
	}
	for _, t := range wanted {
		// Any model that reads texts classifies once it has an adapter for it.
		if !slices.Contains(m.info.Tasks, t) && t != api.TaskClassify {
			return api.Errorf(api.Unsupported, "task %q, expected some of %q", t, m.info.Tasks)
		}
	}
	context := r.Context
	if context == 0 {
		context = min(defaultContext, m.info.Context)
	}
	if context > m.info.Context {
		return fmt.Errorf("context of %d tokens, expected at most the model's %d", context, m.info.Context)
	}
	m.context = context
	generates := slices.Contains(wanted, api.TaskGenerate)
	var err error
	if m.loading, err = m.base.Loading(generates); err != nil {
		return err
	}
	need, err := m.need(wanted, context)
	if err != nil {
		return err
	}
	m.info.Memory = need
	return m.fits(need)
}

// tasks are what a model can do without an adapter.
func tasks(m model.Model, src weights.Source) []string {
	var all []string
	if s, ok := src.Spec(model.HeadOf(m).Output + ".weight"); ok && len(s.Shape) == 2 {
		all = append(all, api.TaskClassify)
	}
	if _, ok := m.(model.Decoder); ok {
		all = append(all, api.TaskGenerate)
	}
	return append(all, api.TaskEmbed)
}

func formatOf(files []api.File) string {
	if slices.ContainsFunc(files, func(f api.File) bool { return strings.HasSuffix(f.Name, ".gguf") }) {
		return "gguf"
	}
	return "safetensors"
}

func (m *opened) load(r *api.LoadRequest) (*api.Loaded, error) {
	if r.Bytes < 0 {
		return nil, fmt.Errorf("bytes %d, expected 0 or more", r.Bytes)
	}
	l := m.loading
	if err := l.Load(r.Bytes); err != nil {
		return nil, err
	}
	a := &api.Loaded{Done: l.Done(), Loaded: l.Loaded, Total: l.Total}
	for _, p := range l.Ahead(r.Bytes) {
		if f, ok := p.File.(*file); ok {
			a.Next = append(a.Next, api.Range{ID: f.id, Offset: p.Offset, Bytes: p.Bytes})
		}
	}
	return a, nil
}

// close frees all. Errors of the device are of no use to who has done with it, but are told.
func (m *opened) close() error {
	var errs []error
	for _, s := range m.seats {
		errs = append(errs, s.generator.Close())
	}
	for _, e := range m.embedders {
		errs = append(errs, e.Close())
	}
	for _, a := range m.adapters {
		errs = append(errs, a.close())
	}
	if m.own != nil {
		errs = append(errs, m.own.Close())
	}
	return errors.Join(append(errs, m.base.Close(), m.device.Close())...)
}

package device

import (
	"context"
	"fmt"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// Memory is a set of named buffers on a device that several programs share: a model's weights, trained
// parameters, caches. Programs bound to it see the same bytes under the same name.
type Memory struct {
	// Fetch gives the weights that are not there yet when a program is first run, nil for none.
	Fetch func(name string, s tensor.Spec) (Buffer, error)

	dev     Device
	parent  *Memory // where weights are looked for that are not here, nil for nowhere
	buffers map[string]Buffer
}

// NewMemory returns an empty set.
func NewMemory(d Device) *Memory { return &Memory{dev: d, buffers: map[string]Buffer{}} }

// Child returns an empty set whose programs also see the weights of m: a frozen base shared by several adapters, each
// with parameters and state of its own. It is closed before m.
func (m *Memory) Child() *Memory {
	return &Memory{dev: m.dev, parent: m, buffers: map[string]Buffer{}}
}

// weight returns a weight's buffer, of the set itself or of its parent, fetching it if need be; nil if there is none.
func (m *Memory) weight(s graph.Slot) (Buffer, error) {
	if b := m.buffers[s.Name]; b != nil {
		return b, nil
	}
	if m.parent != nil {
		return m.parent.weight(s)
	}
	if m.Fetch == nil {
		return nil, nil
	}
	b, err := m.Fetch(s.Name, s.Spec)
	if err != nil {
		return nil, err
	}
	return b, m.Set(s.Name, b)
}

// Ready fetches a weight now, if it is not there, rather than when a program that wants it is first run.
func (m *Memory) Ready(name string, s tensor.Spec) error {
	_, err := m.weight(graph.Slot{Name: name, Spec: s})
	return err
}

// Device is the device the memory is on.
func (m *Memory) Device() Device { return m.dev }

// Has reports whether a buffer of that name is there.
func (m *Memory) Has(name string) bool { return m.buffers[name] != nil }

// Set gives the set b under a name and closes what had the name before.
func (m *Memory) Set(name string, b Buffer) error {
	old := m.buffers[name]
	m.buffers[name] = b
	if old != nil {
		return old.Close()
	}
	return nil
}

// Need returns the buffer of that name, allocating size bytes of zeros if there is none. A buffer that is too
// small is replaced by a larger one of zeros.
func (m *Memory) Need(name string, size int) (Buffer, error) {
	if b := m.buffers[name]; b != nil && b.Size() >= size {
		return b, nil
	}
	b, err := m.dev.Alloc(size)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, m.Set(name, b)
}

// Write sets the bytes of a tensor, allocating its buffer if need be.
func (m *Memory) Write(name string, t *tensor.Tensor) error {
	b, err := m.Need(name, t.Size())
	if err != nil {
		return err
	}
	if _, err := b.WriteAt(t.Data, 0); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Read returns the bytes of a name as a tensor of that spec.
func (m *Memory) Read(name string, s tensor.Spec) (*tensor.Tensor, error) {
	b := m.buffers[name]
	if b == nil {
		return nil, fmt.Errorf("device: there is no buffer %s", name)
	}
	t := tensor.Make(s)
	if _, err := b.ReadAt(t.Data, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// Drop closes the buffers that keep does not want.
func (m *Memory) Drop(keep func(name string) bool) error {
	var first error
	for name, b := range m.buffers {
		if keep(name) {
			continue
		}
		if err := b.Close(); err != nil && first == nil {
			first = err
		}
		delete(m.buffers, name)
	}
	return first
}

// Close frees every buffer.
func (m *Memory) Close() error { return m.Drop(func(string) bool { return false }) }

// Run is a compiled program bound to a Memory.
type Run struct {
	Program *graph.Program
	exec    Executable
	mem     *Memory
	bound   map[string]Buffer
}

// Load compiles what g records for the memory's device. Slots are bound when the program runs: a weight or
// parameter must be in the memory by then; state, inputs and outputs are allocated.
func (m *Memory) Load(g *graph.Graph) (*Run, error) {
	p, err := g.Compile(m.dev.Supports, graph.Options{})
	if err != nil {
		return nil, err
	}
	e, err := m.dev.Compile(p)
	if err != nil {
		return nil, err
	}
	for _, s := range p.Slots {
		if s.Const != nil && !m.Has(s.Name) {
			if err := m.Write(s.Name, s.Const); err != nil {
				return nil, err
			}
		}
	}
	return &Run{p, e, m, map[string]Buffer{}}, nil
}

// Do writes the inputs, and those that follow from them, runs the program once and leaves its outputs in the memory under their names.
func (r *Run) Do(ctx context.Context, inputs map[string]*tensor.Tensor) error {
	for name, t := range inputs {
		if err := r.mem.Write(name, t); err != nil {
			return err
		}
	}
	for _, s := range r.Program.Slots {
		b := r.mem.buffers[s.Name]
		switch s.Kind {
		case graph.State, graph.Output:
			var err error
			if b, err = r.mem.Need(s.Name, s.Size()); err != nil {
				return err
			}
		case graph.Weight:
			var err error
			if b, err = r.mem.weight(s); err != nil {
				return err
			}
		case graph.Input:
			t := inputs[s.Name]
			if s.Derive != nil {
				if t = s.Derive(inputs); t != nil {
					if err := r.mem.Write(s.Name, t); err != nil {
						return err
					}
					b = r.mem.buffers[s.Name]
				}
			}
			if t == nil || !t.Shape.Equal(s.Shape) || t.DType != s.DType {
				return fmt.Errorf("device: input %s: expected %v, got %v", s.Name, s.Spec, describe(t))
			}
		}
		if b == nil {
			return fmt.Errorf("device: %v %s has no value", s.Kind, s.Name)
		}
		if r.bound[s.Name] != b {
			if err := r.exec.Bind(s.Name, b); err != nil {
				return err
			}
			r.bound[s.Name] = b
		}
	}
	return r.exec.Run(ctx)
}

func describe(t *tensor.Tensor) string {
	if t == nil {
		return "nothing"
	}
	return t.Spec.String()
}

// Output reads a named output of the last run.
func (r *Run) Output(name string) (*tensor.Tensor, error) {
	for _, s := range r.Program.Slots {
		if s.Name == name {
			return r.mem.Read(name, s.Spec)
		}
	}
	return nil, fmt.Errorf("device: the program has no output %s", name)
}

// Close frees the program; the memory stays.
func (r *Run) Close() error { return r.exec.Close() }

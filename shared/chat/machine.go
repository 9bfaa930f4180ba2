package chat

import (
	"time"
)

// A machine renders one template once.
type machine struct {
	src    string
	limits Limits
	steps  int // left
	memory int // left
	calls  int // macros we are in

	filters map[string]filter // the tables: filters, tests, methodsOf
	tests   map[string]test
	methods func(Value) map[string]method
	names   map[string]Value // what the template can see from outside
	now     time.Time
	today   string

	out   *builder
	frame *frame
}

// A frame holds the variables of the template, or of one call of a macro.
type frame struct {
	slots []Value // nil: not set
	up    *frame  // of the code around
}

// work accounts for an operation on n bytes. A nil machine has no limits.
func (m *machine) work(n int) error {
	if m == nil {
		return nil
	}
	m.steps -= 1 + n/8 // a step takes as long as looking at some 8 characters
	if m.steps < 0 {
		return limitf("more than %d steps", m.limits.Steps)
	}
	return nil
}

// alloc accounts for n bytes of memory, and for the time to fill it.
func (m *machine) alloc(n int) error {
	m.memory -= n
	if m.memory < 0 || n < 0 {
		return limitf("more than %d bytes", m.limits.Memory)
	}
	return m.work(n)
}

// allocItems accounts for n items of a list.
func (m *machine) allocItems(n int) error { return m.alloc(32 + 16*n) }

// made returns the text of an operation, accounted for.
func (m *machine) made(x *text) (Value, error) {
	if err := m.alloc(x.size()); err != nil {
		return nil, err
	}
	return x, nil
}

// listOf makes a list, accounted for.
func (m *machine) listOf(items []Value) (Value, error) {
	if err := m.allocItems(len(items)); err != nil {
		return nil, err
	}
	return &list{items}, nil
}

// load reads a variable, nil if it is not set.
func (m *machine) load(r ref) Value {
	f := m.frame
	for range r.up {
		f = f.up
	}
	return f.slots[r.slot]
}

func (m *machine) store(r ref, v Value) {
	f := m.frame
	for range r.up {
		f = f.up
	}
	f.slots[r.slot] = v
}

// capture runs f and returns what it wrote.
func (m *machine) capture(f func() (signal, error)) (*text, signal, error) {
	outer := m.out
	var b builder
	m.out = &b
	s, err := f()
	m.out = outer
	if err != nil {
		return nil, s, err
	}
	return b.text(), s, nil
}

// write puts x out.
func (m *machine) write(x *text) error {
	if m.out.len()+len(x.s) > m.limits.Output {
		return limitf("output of more than %d bytes", m.limits.Output)
	}
	m.out.addText(x)
	return m.work(x.size())
}

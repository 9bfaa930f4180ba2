package devicetest

import (
	"bytes"
	"fmt"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/tensor"
)

// session is one program on one device with all its slots bound.
type session struct {
	t    *testing.T
	dev  device.Device
	prog *graph.Program
	exec device.Executable
	bufs map[string]device.Buffer

	shared map[string]bool // by name: the memory is another session's
}

// newSession compiles g and binds zeros to every slot. A device without a kernel for one of g's ops skips the test.
func newSession(t *testing.T, dev device.Device, g *graph.Graph, o graph.Options) *session {
	t.Helper()
	if g.Err() != nil {
		t.Fatalf("recording: %v", g.Err())
	}
	if lack := missing(dev, g); lack != "" {
		t.Skip(lack)
	}
	p, err := g.Compile(dev.Supports, o)
	if err != nil {
		t.Fatalf("graph: %v", err)
	}
	s := &session{t: t, dev: dev, prog: p, bufs: map[string]device.Buffer{}, shared: map[string]bool{}}
	if s.exec, err = dev.Compile(p); err != nil {
		t.Fatalf("%s: compile: %v", dev.Name(), err)
	}
	for _, slot := range p.Slots {
		b, err := dev.Alloc(slot.Size())
		if err != nil {
			t.Fatalf("%s: alloc %d: %v", dev.Name(), slot.Size(), err)
		}
		s.bufs[slot.Name] = b
	}
	return s
}

// missing tells the first op of g that a device has no kernel for, "" for none.
func missing(dev device.Device, g *graph.Graph) string {
	for i := range g.Len() {
		n := g.Node(i)
		if _, fused := n.Op().(graph.Fused); fused || n.Op() == nil {
			continue
		}
		var specs []tensor.Spec
		for _, v := range n.In() {
			specs = append(specs, v.Spec())
		}
		if !dev.Supports(n.Op(), specs) {
			return fmt.Sprintf("%s has no kernel for %s over %v", dev.Name(), n.Op().Name(), specs)
		}
	}
	return ""
}

// slot is what the program knows of a name. Leaves that the program does not need have no slot.
func (s *session) slot(name string) (graph.Slot, bool) {
	for _, slot := range s.prog.Slots {
		if slot.Name == name {
			return slot, true
		}
	}
	return graph.Slot{}, false
}

// write sets a slot's bytes.
func (s *session) write(name string, t *tensor.Tensor) {
	s.t.Helper()
	if _, ok := s.slot(name); !ok {
		return
	}
	if _, err := s.bufs[name].WriteAt(t.Data, 0); err != nil {
		s.t.Fatalf("%s: write %s: %v", s.dev.Name(), name, err)
	}
}

// read gets a slot's bytes.
func (s *session) read(name string) *tensor.Tensor {
	s.t.Helper()
	slot, ok := s.slot(name)
	if !ok {
		s.t.Fatalf("the program has no slot %s", name)
	}
	t := tensor.Make(slot.Spec)
	if _, err := s.bufs[name].ReadAt(t.Data, 0); err != nil {
		s.t.Fatalf("%s: read %s: %v", s.dev.Name(), name, err)
	}
	return t
}

// run computes the program once. Outputs hold NaN before it, so that a kernel that adds to them is seen. Slots are
// bound at the first run, when weights have their bytes: a device may lay them out anew then.
func (s *session) run() {
	s.t.Helper()
	for _, slot := range s.prog.Slots {
		if slot.Kind == graph.Output {
			nan := tensor.Tensor{Spec: slot.Spec, Data: bytes.Repeat([]byte{0xff}, slot.Size())}
			s.write(slot.Name, &nan)
		}
	}
	s.bind()
	if err := s.exec.Run(s.t.Context()); err != nil {
		s.t.Fatalf("%s: run: %v", s.dev.Name(), err)
	}
}

// outputs reads all outputs.
func (s *session) outputs() map[string]*tensor.Tensor {
	s.t.Helper()
	out := map[string]*tensor.Tensor{}
	for _, slot := range s.prog.Slots {
		if slot.Kind == graph.Output {
			out[slot.Name] = s.read(slot.Name)
		}
	}
	return out
}

// replace gives a slot other memory.
func (s *session) replace(name string, b device.Buffer) {
	s.t.Helper()
	if err := s.bufs[name].Close(); err != nil {
		s.t.Fatalf("%s: close %s: %v", s.dev.Name(), name, err)
	}
	s.bufs[name] = b
}

// share uses the memory another session has for a name; that session closes it.
func (s *session) share(name string, with *session) {
	s.t.Helper()
	s.replace(name, with.bufs[name])
	s.shared[name] = true
}

// bind binds every slot.
func (s *session) bind() {
	s.t.Helper()
	for _, slot := range s.prog.Slots {
		if err := s.exec.Bind(slot.Name, s.bufs[slot.Name]); err != nil {
			s.t.Fatalf("%s: bind %s: %v", s.dev.Name(), slot.Name, err)
		}
	}
}

func (s *session) close() {
	s.t.Helper()
	if err := s.exec.Close(); err != nil {
		s.t.Errorf("%s: close: %v", s.dev.Name(), err)
	}
	for name, b := range s.bufs {
		if s.shared[name] {
			continue
		}
		if err := b.Close(); err != nil {
			s.t.Errorf("%s: close %s: %v", s.dev.Name(), name, err)
		}
	}
}

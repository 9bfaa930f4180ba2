package door

import (
	"context"
	"errors"
	"fmt"

	"graft/shared/api"
	"graft/shared/engine"
)

// seat is a generator with its cache. One text is written in it at a time; what it has read stays for the next, which may begin
// alike.
type seat struct {
	generator *engine.Generator
	adapter   string
	busy      bool
	used      int // handle of its last text
}

// writing is a text that is being written in a seat.
type writing struct {
	*engine.Writing
	seat *seat
}

// maxWritings is how many texts can be written at once, and so how many seats there are at most.
const maxWritings = 8

// promptRows is how many tokens of a prompt one step reads: few enough that a host can cancel soon, enough to fill the kernels.
const promptRows = 128

// maxStep is the most tokens of one step.
const maxStep = 1024

// busy reports whether a text is being written with an adapter.
func (m *opened) busy(adapter string) bool {
	for _, s := range m.seats {
		if s.busy && s.adapter == adapter {
			return true
		}
	}
	return false
}

// release closes the idle seats that want wants.
func (m *opened) release(want func(*seat) bool) error {
	var errs []error
	var stay []*seat
	for _, s := range m.seats {
		if s.busy || !want(s) {
			stay = append(stay, s)
			continue
		}
		errs = append(errs, s.generator.Close())
	}
	m.seats = stay
	return errors.Join(errs...)
}

// take gives an idle seat with an adapter, which becomes busy.
func (m *opened) take(name string) (*seat, error) {
	a, err := m.named(name)
	if err != nil {
		return nil, err
	}
	if len(m.writings) >= maxWritings {
		return nil, fmt.Errorf("%d texts are being written, which is the most: step them to their ends or cancel some", maxWritings)
	}
	var best *seat
	for _, s := range m.seats {
		if !s.busy && s.adapter == name && (best == nil || s.used > best.used) {
			best = s
		}
	}
	if best == nil {
		if err := m.space(); err != nil {
			return nil, err
		}
		best = &seat{generator: m.base.Generator(a.engine(), m.cache), adapter: name}
		best.generator.Limit(m.context)
		m.seats = append(m.seats, best)
	}
	best.busy = true
	return best, nil
}

// space sees to it that there is memory for one more seat: seats that were idle for longest give theirs.
func (m *opened) space() error {
	for {
		n := m.info.Memory
		m.total(&n)
		n.Cache *= int64(len(m.seats) + 1)
		n.Total += n.Cache - m.info.Memory.Cache
		err := m.fits(n)
		if err == nil && len(m.seats) < maxWritings {
			return nil
		}
		var oldest *seat
		for _, s := range m.seats {
			if !s.busy && (oldest == nil || s.used < oldest.used) {
				oldest = s
			}
		}
		if oldest == nil {
			return err
		}
		if err := m.release(func(s *seat) bool { return s == oldest }); err != nil {
			return err
		}
	}
}

// begin readies the answer to a request in a seat.
func (m *opened) begin(r api.GenerateRequest) (*seat, *engine.Writing, error) {
	s, err := m.take(r.Adapter)
	if err != nil {
		return nil, nil, err
	}
	w, err := s.generator.Start(r)
	if err != nil {
		s.busy = false
		return nil, nil, err
	}
	return s, w, nil
}

func (m *opened) start(r *api.GenerateRequest) (*api.Started, error) {
	s, w, err := m.begin(*r)
	if err != nil {
		return nil, err
	}
	m.handles++
	s.used = m.handles
	m.writings[m.handles] = &writing{w, s}
	_, of := w.Read()
	return &api.Started{Handle: m.handles, PromptTokens: of}, nil
}

func (m *opened) step(ctx context.Context, r *api.StepRequest) (*api.Stepped, error) {
	w := m.writings[r.Handle]
	switch {
	case w == nil:
		return nil, api.Errorf(api.NotFound, "handle %d: no text is being written under it", r.Handle)
	case r.Tokens < 0 || r.Tokens > maxStep:
		return nil, fmt.Errorf("tokens %d, expected at most %d", r.Tokens, maxStep)
	}
	a := &api.Stepped{Chunks: []api.Chunk{}}
	for range max(r.Tokens, 1) {
		c, ok, err := w.Step(ctx, promptRows)
		if err != nil {
			return nil, errors.Join(err, m.cancel(r.Handle))
		}
		if !ok {
			break
		}
		a.Chunks = append(a.Chunks, c)
		if a.Done = c.FinishReason != ""; a.Done {
			break
		}
	}
	a.Read, a.Of = w.Read()
	if a.Done {
		g := w.Generation()
		a.Generation = &g
		return a, m.cancel(r.Handle)
	}
	return a, nil
}

// cancel ends a text.
func (m *opened) cancel(handle int) error {
	if w := m.writings[handle]; w != nil {
		w.seat.busy = false
		delete(m.writings, handle)
	}
	return nil
}

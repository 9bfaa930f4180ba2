package engine

import (
	"context"
	"fmt"

	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Session is one sequence being read and continued: its keys and values stay on the device.
type Session struct {
	base    *Base
	adapter *Adapter
	memory  *device.Memory
	cache   tensor.DType
	context int // rows of the cache
	length  int // tokens fed so far
	passes  map[int]*device.Run
}

// prefillRows is the most prompt tokens of one pass: enough to keep matrix products busy, few enough that the pass's
// temporaries stay small.
const prefillRows = 512

// Session readies the base, and the adapter unless nil, to read up to context tokens. Keys and values are kept as cache.
func (b *Base) Session(a *Adapter, context int, cache tensor.DType) (*Session, error) {
	most := b.Model.Config().MaxPositionEmbeddings
	if context < 1 || context > most {
		return nil, fmt.Errorf("context of %d tokens, expected 1 to the model's %d", context, most)
	}
	s := &Session{base: b, adapter: a, memory: b.Memory.Child(), cache: cache, context: context, passes: map[int]*device.Run{}}
	if a != nil {
		if err := b.attach(a, s.record(1), s.memory); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// record records a pass over rows rows that gives the logits after the row "last".
func (s *Session) record(rows int) *graph.Graph {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{Hooks: s.adapter.hooks(), DType: s.base.storage(), Activations: s.base.options.Activations})
	in := nn.NewInputs(g, rows)
	in.Cache = &nn.Cache{Rows: s.context, DType: s.cache, Slots: g.Leaf(graph.Input, "slots", tensor.I32, rows)}
	hidden := s.base.Model.Hidden(p, in)
	if rows > 1 {
		hidden = op.Gather(hidden, g.Leaf(graph.Input, "last", tensor.I32, 1))
	}
	g.Output("logits", model.Logits(s.base.Model, p, hidden))
	return g
}

// Len is the number of tokens fed so far, Context how many there is room for.
func (s *Session) Len() int     { return s.length }
func (s *Session) Context() int { return s.context }

// Rewind forgets all but the first n tokens.
func (s *Session) Rewind(n int) { s.length = min(s.length, max(n, 0)) }

// Feed reads ids, at least one, and returns the logits [vocab_size] of the token after the last. They are valid
// until the next call.
func (s *Session) Feed(ctx context.Context, ids []int32) ([]float32, error) {
	if len(ids) == 0 {
		return nil, fmt.Errorf("no tokens to read")
	}
	if s.length+len(ids) > s.context {
		return nil, fmt.Errorf("%d tokens after %d, and there is room for %d", len(ids), s.length, s.context)
	}
	vocab := int32(s.base.Model.Config().VocabSize)
	for i, id := range ids {
		if id < 0 || id >= vocab {
			return nil, fmt.Errorf("token %d is %d, expected 0 to %d", i, id, vocab-1)
		}
	}
	var logits []float32
	for len(ids) > 0 {
		n := min(len(ids), prefillRows)
		var err error
		if logits, err = s.pass(ctx, ids[:n]); err != nil {
			return nil, err
		}
		s.length, ids = s.length+n, ids[n:]
	}
	return logits, nil
}

func (s *Session) pass(ctx context.Context, ids []int32) ([]float32, error) {
	rows := len(ids)
	if rows > 1 {
		rows = dataset.Bucket(rows)
	}
	run := s.passes[rows]
	if run == nil {
		var err error
		if run, err = s.memory.Load(s.record(rows)); err != nil {
			return nil, err
		}
		s.passes[rows] = run
	}
	column := func(v func(i int) int, pad int32) *tensor.Tensor {
		c := make([]int32, rows)
		for i := range c {
			c[i] = pad
			if i < len(ids) {
				c[i] = int32(v(i))
			}
		}
		return tensor.FromInts(c, rows)
	}
	at := func(i int) int { return s.length + i }
	in := map[string]*tensor.Tensor{
		"tokens":    column(func(i int) int { return int(ids[i]) }, 0),
		"positions": column(at, 0),
		"lo":        column(func(int) int { return 0 }, 0),
		"hi":        column(func(i int) int { return at(i) + 1 }, 0),
		"slots":     column(at, -1),
	}
	if rows > 1 {
		in["last"] = tensor.FromInts([]int32{int32(len(ids) - 1)}, 1)
	}
	if err := run.Do(ctx, in); err != nil {
		return nil, err
	}
	out, err := run.Output("logits")
	if err != nil {
		return nil, err
	}
	return out.Floats(), nil
}

// Close frees the session; the base stays.
func (s *Session) Close() error {
	var first error
	for _, p := range s.passes {
		if err := p.Close(); err != nil && first == nil {
			first = err
		}
	}
	if err := s.memory.Close(); err != nil && first == nil {
		first = err
	}
	return first
}

package engine

import (
	"context"
	"errors"
	"iter"
	"maps"

	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/device"
	"graft/shared/generate"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// reader runs passes over tokens of sequences whose keys and values lie in one cache. It keeps the programs, one for each
// size of pass.
type reader struct {
	base   *Base
	hooks  func(g *graph.Graph, rows int) nn.Hooks
	memory *device.Memory // of adapters and the cache
	cache  tensor.DType   // of keys and values
	rows   int            // of the cache
	index  bool           // the hooks ask for the variant of each row
	passes map[[2]int]*device.Run
	copies map[int]*device.Run
}

// newReader readies a cache of that many rows and type.
func newReader(b *Base, rows int, cache tensor.DType) *reader {
	return &reader{base: b, memory: b.Memory.Child(), cache: cache, rows: rows, passes: map[[2]int]*device.Run{}, copies: map[int]*device.Run{}}
}

// adopt readies one adapter, or none if nil, for every row.
func (r *reader) adopt(a *Adapter) error {
	r.hooks = func(*graph.Graph, int) nn.Hooks { return a.hooks() }
	if a == nil {
		return nil
	}
	return r.base.attach(a, r.record(1, 1), r.memory)
}

// adoptAll readies adapters of which each row names one, below zero none.
func (r *reader) adoptAll(all []*Adapter) error {
	members := make([]*adapter.Directory, len(all))
	for i, a := range all {
		r.hooks = func(*graph.Graph, int) nn.Hooks { return a.hooks() }
		g := r.record(1, 1)
		if err := g.Err(); err != nil {
			return err
		}
		if err := a.Check(g); err != nil {
			return err
		}
		members[i] = a.Directory
	}
	group, err := adapter.NewGroup(members)
	if err != nil {
		return err
	}
	r.index = len(all) > 0
	r.hooks = func(g *graph.Graph, rows int) nn.Hooks {
		if !r.index {
			return nn.Hooks{}
		}
		return group.Hooks(g.Leaf(graph.Input, "variant", tensor.I32, rows))
	}
	return group.Tensors(r.memory.Write)
}

// record records a pass over rows rows that gives logits of some of them; of the only one if rows is 1.
func (r *reader) record(rows, logits int) *graph.Graph {
	g := graph.New()
	p := nn.Root(g, &nn.Scope{Hooks: r.hooks(g, rows), DType: r.base.storage(), Activations: r.base.options.Activations})
	in := nn.NewInputs(g, rows)
	in.Cache = &nn.Cache{Rows: r.rows, DType: r.cache, Slots: g.Leaf(graph.Input, "slots", tensor.I32, rows)}
	hidden := r.base.Model.Hidden(p, in)
	if rows > 1 {
		hidden = op.Gather(hidden, g.Leaf(graph.Input, "last", tensor.I32, logits))
	}
	g.Output("logits", model.Logits(r.base.Model, p, hidden))
	return g
}

// size is the number of rows of the program that reads n: all small ones, which are said one token at a time, and a few
// larger ones.
func size(n int) int {
	if n <= 4 {
		return n
	}
	return dataset.Bucket(n)
}

// Pass is that of generate.Passes.
func (r *reader) Pass(ctx context.Context, rows []generate.Row, last []int) ([][]float32, error) {
	n, logits := size(len(rows)), size(max(len(last), 1))
	run := r.passes[[2]int{n, logits}]
	if run == nil {
		var err error
		if run, err = r.memory.Load(r.record(n, logits)); err != nil {
			return nil, err
		}
		r.passes[[2]int{n, logits}] = run
	}
	column := func(v func(generate.Row) int32, pad int32) *tensor.Tensor {
		c := make([]int32, n)
		for i := range c {
			c[i] = pad
			if i < len(rows) {
				c[i] = v(rows[i])
			}
		}
		return tensor.FromInts(c, n)
	}
	in := map[string]*tensor.Tensor{
		"tokens":    column(func(r generate.Row) int32 { return r.Token }, 0),
		"positions": column(func(r generate.Row) int32 { return r.Position }, 0),
		"lo":        column(func(r generate.Row) int32 { return r.Lo }, 0),
		"hi":        column(func(r generate.Row) int32 { return r.Hi }, 0),
		"slots":     column(func(r generate.Row) int32 { return r.Slot }, -1),
	}
	if r.index {
		in["variant"] = column(func(r generate.Row) int32 { return int32(r.Variant) }, -1)
	}
	if n > 1 {
		in["last"] = indices(last, logits)
	}
	if err := run.Do(ctx, in); err != nil {
		return nil, err
	}
	if len(last) == 0 {
		return nil, nil
	}
	out, err := run.Output("logits")
	if err != nil {
		return nil, err
	}
	all, each := make([][]float32, len(last)), out.Shape.Cols()
	for i := range all {
		all[i] = out.Floats()[i*each:][:each]
	}
	return all, nil
}

// indices are row numbers as a program's input of n of them, filled up with the first row.
func indices(of []int, n int) *tensor.Tensor {
	c := make([]int32, n)
	for i, v := range of {
		c[i] = int32(v)
	}
	return tensor.FromInts(c, n)
}

// Copy is that of generate.Passes.
func (r *reader) Copy(ctx context.Context, from, to, n int) error {
	most := dataset.Bucket(n)
	run := r.copies[most]
	if run == nil {
		g := graph.New()
		source, target := g.Leaf(graph.Input, "from", tensor.I32, most), g.Leaf(graph.Input, "to", tensor.I32, most)
		r.record(1, 1).Leaves(func(v graph.Value, k graph.Kind, name string) bool {
			if k == graph.State {
				state := g.Leaf(k, name, v.Spec().DType, v.Shape()...)
				g.Keep(op.Write(state, op.Gather(state, source), target))
			}
			return true
		})
		var err error
		if run, err = r.memory.Load(g); err != nil {
			return err
		}
		r.copies[most] = run
	}
	sources, targets := make([]int32, most), make([]int32, most)
	for i := range most {
		sources[i], targets[i] = int32(from+i), int32(to+i)
		if i >= n {
			sources[i], targets[i] = -1, -1
		}
	}
	return run.Do(ctx, map[string]*tensor.Tensor{"from": tensor.FromInts(sources, most), "to": tensor.FromInts(targets, most)})
}

// Close frees the programs and the cache.
func (r *reader) Close() error {
	return closed(r.memory, maps.Values(r.passes), maps.Values(r.copies))
}

// closed frees programs, and then the memory they work on.
func closed(m *device.Memory, programs ...iter.Seq[*device.Run]) error {
	var errs []error
	for _, runs := range programs {
		for run := range runs {
			errs = append(errs, run.Close())
		}
	}
	return errors.Join(append(errs, m.Close())...)
}

// Package grad differentiates a recorded graph by recording more of it.
//
// Reverse mode: nodes are visited from the last to the first, each asked to record the gradients toward those
// operands that lead to a wanted value. What leads to none is not differentiated, so a frozen weight costs
// nothing: nothing of its gradient reaches the program.
package grad

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/op"
)

// Options change how gradients are recorded.
type Options struct {
	// Recompute tells for a node of a numbered block (graph.Block) whether its results are computed again in
	// the backward pass instead of being kept from the forward pass. Nil keeps everything. See All and Cheap.
	Recompute func(n graph.Node) bool
}

// All computes whole blocks again and keeps only what crosses their borders: the least memory, a third more
// computation (Chen et al. 2016).
func All(graph.Node) bool { return true }

// Cheap computes again what costs little beside a matrix product: norms, activations, rotations, dropout, sums.
func Cheap(n graph.Node) bool {
	switch n.Op().Name() {
	case "matmul", "attention", "linear_cross_entropy":
		return false
	}
	return true
}

// Of records the gradients of y, weighted by dy of y's shape, with respect to wrt. The gradient of a value that
// y does not depend on is the zero Value.
func Of(y, dy graph.Value, wrt []graph.Value, o Options) []graph.Value {
	g := y.Graph()
	w := walk{g: g, grads: map[int]graph.Value{y.ID(): dy}, need: reach(g, 0, y.NodeIndex()+1, wrt), recompute: o.Recompute}
	w.back(0, y.NodeIndex()+1)
	out := make([]graph.Value, len(wrt))
	for i, v := range wrt {
		out[i] = w.grads[v.ID()]
	}
	return out
}

// reach marks the values computed by nodes [from, to) that depend on a value of wrt, and those values.
func reach(g *graph.Graph, from, to int, wrt []graph.Value) []bool {
	need := make([]bool, g.Values())
	for _, v := range wrt {
		need[v.ID()] = true
	}
	for i := from; i < to; i++ {
		n := g.Node(i)
		if n.Detached() {
			continue
		}
		any := false
		for _, v := range n.In() {
			any = any || need[v.ID()]
		}
		if any {
			for _, v := range n.Out() {
				need[v.ID()] = true
			}
		}
	}
	return need
}

// walk is one pass from the last node to the first.
type walk struct {
	g         *graph.Graph
	grads     map[int]graph.Value // by value
	need      []bool              // by value, for those recorded before the walk
	recompute func(graph.Node) bool
	again     map[int]graph.Value // what was computed again, by the value it repeats
	block     int                 // the block again belongs to
}

func (w *walk) back(from, to int) {
	for i := to - 1; i >= from; i-- {
		n := w.g.Node(i)
		if n.Op() == nil || w.g.Err() != nil {
			continue
		}
		in, out := n.In(), n.Out()
		dout, live := make([]graph.Value, len(out)), false
		for j, v := range out {
			dout[j] = w.grads[v.ID()]
			live = live || dout[j].Valid()
		}
		want, any := make([]bool, len(in)), false
		for j, v := range in {
			want[j] = w.need[v.ID()]
			any = any || want[j]
		}
		if !live || !any {
			continue
		}
		if w.recompute != nil && n.Block() != 0 && n.Block() != w.block {
			w.replay(n.Block(), i)
		}
		leave := w.g.At(n.Path())
		din := w.gradient(n.Op(), w.current(in), w.current(out), dout, want)
		for j, v := range in {
			switch {
			case !want[j]:
			case !din[j].Valid():
				w.g.Fail(fmt.Errorf("%s has no gradient toward operand %d", n.Op().Name(), j))
			case w.grads[v.ID()].Valid():
				w.grads[v.ID()] = op.Add(w.grads[v.ID()], din[j])
			default:
				w.grads[v.ID()] = din[j]
			}
		}
		leave()
	}
}

// gradient asks the op, or differentiates its definition.
func (w *walk) gradient(o graph.Op, in, out, dout []graph.Value, want []bool) []graph.Value {
	if d, ok := o.(graph.Differentiable); ok {
		return d.Gradient(in, out, dout, want)
	}
	f, ok := o.(graph.Fused)
	if !ok {
		return make([]graph.Value, len(in))
	}
	from := w.g.Len()
	results := f.Expand(in)
	to := w.g.Len()
	var wrt []graph.Value
	for j, v := range in {
		if want[j] {
			wrt = append(wrt, v)
		}
	}
	inner := walk{g: w.g, grads: map[int]graph.Value{}, need: reach(w.g, from, to, wrt)}
	for j := range out {
		if dout[j].Valid() {
			inner.grads[results[j].ID()] = dout[j]
		}
	}
	inner.back(from, to)
	din := make([]graph.Value, len(in))
	for j, v := range in {
		if want[j] {
			din[j] = inner.grads[v.ID()]
		}
	}
	return din
}

// replay records again the nodes up to last of one block, from the values that enter it. What no gradient needs
// is dropped when the graph is compiled.
func (w *walk) replay(block, last int) {
	w.block, w.again = block, map[int]graph.Value{}
	first := last
	for first > 0 && (w.g.Node(first-1).Block() == block || w.g.Node(first-1).Op() == nil) {
		first--
	}
	for i := first; i <= last; i++ {
		n := w.g.Node(i)
		if n.Op() == nil || !w.recompute(n) {
			continue
		}
		if _, ok := n.Op().(graph.Overwriter); ok {
			w.g.Fail(fmt.Errorf("%s: %s overwrites its operand and can't be computed again", n.Path(), n.Op().Name()))
			return
		}
		leave := w.g.At(n.Path())
		again := graph.Apply(n.Op(), w.current(n.In())...)
		leave()
		for j, v := range n.Out() {
			w.again[v.ID()] = again[j]
		}
	}
}

// current gives for each value the one computed again, if there is one.
func (w *walk) current(vs []graph.Value) []graph.Value {
	out := make([]graph.Value, len(vs))
	for i, v := range vs {
		out[i] = v
		if a, ok := w.again[v.ID()]; ok {
			out[i] = a
		}
	}
	return out
}

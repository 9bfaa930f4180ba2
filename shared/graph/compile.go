package graph

import (
	"fmt"

	"graft/shared/tensor"
)

// Program is a flat list of steps over numbered values whose memory is planned.
type Program struct {
	Values []Placed
	Steps  []Step
	Slots  []Slot // leaves and outputs: what is bound to memory before a run
	Arena  int    // bytes of memory for temporaries
	Live   int    // the most bytes of temporaries any step needs at once: no plan can be smaller
}

// Placed is a value and where it is.
type Placed struct {
	tensor.Spec
	Slot   int // index into Program.Slots, -1 for a temporary
	Offset int // in the arena, for a temporary
}

// Step is one op over values of the program.
type Step struct {
	Op      Op
	In, Out []int
	Path    string
	Barrier bool // the step needs results of steps since the last barrier, or reuses their memory
}

// Slot is memory a host binds by name.
type Slot struct {
	Name string
	Kind Kind
	tensor.Spec
	Const  *tensor.Tensor // the data of a constant, nil for what a host gives
	Derive Derivation     // of an input that follows from others, nil for what a host gives
}

// Supports tells whether a device has a kernel for an op over operands of these specs.
type Supports func(op Op, in []tensor.Spec) bool

// Options change what Compile makes.
type Options struct {
	Unplanned bool // every temporary gets memory of its own, to compare with
}

// Compile turns the record into a program for a device that has kernels for what supports says. Fused ops it
// lacks are replaced by their definition; any other op it lacks is an error.
func (g *Graph) Compile(supports Supports, o Options) (*Program, error) {
	for pass := 0; ; pass++ {
		if g.err != nil {
			return nil, g.err
		}
		if pass > 32 {
			return nil, fmt.Errorf("graph: expansion of fused ops has no end")
		}
		next, changed, err := g.lower(supports)
		if err != nil {
			return nil, err
		}
		g = next
		if !changed {
			break
		}
	}
	if g.err != nil {
		return nil, g.err
	}
	p := g.flatten()
	if err := p.check(); err != nil {
		return nil, err
	}
	p.plan(o.Unplanned)
	p.barriers()
	return p, nil
}

// needed marks the nodes that outputs and kept values depend on.
func (g *Graph) needed() []bool {
	need := make([]bool, len(g.nodes))
	for _, o := range g.outputs {
		need[g.values[o.value].node] = true
	}
	for _, v := range g.kept {
		need[g.values[v].node] = true
	}
	for i := len(g.nodes) - 1; i >= 0; i-- {
		n := g.nodes[i]
		if !need[i] {
			continue
		}
		for _, a := range g.args[n.args : n.args+n.nargs] {
			need[g.values[a].node] = true
		}
	}
	return need
}

// lower copies what is needed into a new graph, with unsupported fused ops replaced by their definition in place.
func (g *Graph) lower(supports Supports) (*Graph, bool, error) {
	need, out, changed := g.needed(), New(), false
	to := make([]Value, len(g.values))
	for i, n := range g.nodes {
		if !need[i] {
			continue
		}
		leave := out.At(g.paths[n.path])
		if n.op == nil {
			l := g.leaves[g.values[n.outs].leaf]
			s := g.values[n.outs].spec
			to[n.outs] = out.Leaf(l.kind, l.name, s.DType, s.Shape...)
			out.leaves[len(out.leaves)-1].data, out.leaves[len(out.leaves)-1].derive = l.data, l.derive
			leave()
			continue
		}
		in := make([]Value, n.nargs)
		specs := make([]tensor.Spec, n.nargs)
		for j, a := range g.args[n.args : n.args+n.nargs] {
			in[j], specs[j] = to[a], g.values[a].spec
		}
		var res []Value
		switch fused, ok := n.op.(Fused); {
		case supports(n.op, specs):
			res = Apply(n.op, in...)
		case ok:
			changed = true
			res = fused.Expand(in)
		default:
			return nil, false, fmt.Errorf("%s: %s over %v: the device has no kernel for it", g.paths[n.path], n.op.Name(), specs)
		}
		for j := range int(n.nouts) {
			to[int(n.outs)+j] = res[j]
		}
		leave()
	}
	for _, o := range g.outputs {
		out.Output(o.name, to[o.value])
	}
	for _, v := range g.kept {
		out.Keep(to[v])
	}
	return out, changed, nil
}

// flatten lists the nodes of a graph in which everything is needed.
func (g *Graph) flatten() *Program {
	p := &Program{Values: make([]Placed, len(g.values))}
	for _, l := range g.leaves {
		p.Slots = append(p.Slots, Slot{l.name, l.kind, g.values[l.value].spec, l.data, l.derive})
	}
	for i, v := range g.values {
		p.Values[i] = Placed{Spec: v.spec, Slot: int(v.leaf)}
	}
	for _, o := range g.outputs {
		p.Values[o.value].Slot = len(p.Slots)
		p.Slots = append(p.Slots, Slot{Name: o.name, Kind: Output, Spec: g.values[o.value].spec})
	}
	for _, n := range g.nodes {
		if n.op == nil {
			continue
		}
		s := Step{Op: n.op, Path: g.paths[n.path], In: make([]int, n.nargs), Out: make([]int, n.nouts)}
		for j := range s.In {
			s.In[j] = int(g.args[int(n.args)+j])
		}
		for j := range s.Out {
			s.Out[j] = int(n.outs) + j
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

// check holds a program to the limits of the command format.
func (p *Program) check() error {
	for _, s := range p.Steps {
		if n := len(s.In) + len(s.Out); n > MaxOperands {
			return fmt.Errorf("%s: %s has %d operands and results, the command format has room for %d", s.Path, s.Op.Name(), n, MaxOperands)
		}
		if n := len(s.Op.Attrs()); n > MaxAttrs {
			return fmt.Errorf("%s: %s has %d attributes, the command format has room for %d", s.Path, s.Op.Name(), n, MaxAttrs)
		}
	}
	return nil
}

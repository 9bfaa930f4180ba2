package graph

// Node is a read-only view of one recorded step, for passes over a graph such as differentiation.
type Node struct {
	g *Graph
	i int32
}

// Len is the number of nodes. A node's operands are results of nodes before it.
func (g *Graph) Len() int { return len(g.nodes) }

// Node returns the i-th node.
func (g *Graph) Node(i int) Node { return Node{g, int32(i)} }

// Op is nil for a leaf.
func (n Node) Op() Op { return n.g.nodes[n.i].op }

// In are the operands.
func (n Node) In() []Value {
	d := n.g.nodes[n.i]
	in := make([]Value, d.nargs)
	for j := range in {
		in[j] = Value{n.g, n.g.args[int(d.args)+j]}
	}
	return in
}

// Out are the results.
func (n Node) Out() []Value {
	d := n.g.nodes[n.i]
	out := make([]Value, d.nouts)
	for j := range out {
		out[j] = Value{n.g, d.outs + int32(j)}
	}
	return out
}

// Block is the number set by Graph.Block when the node was recorded.
func (n Node) Block() int { return int(n.g.nodes[n.i].block) }

// Detached reports whether gradients stop at the node (Graph.Detach).
func (n Node) Detached() bool { return n.g.nodes[n.i].detached }

// Path is the path set by Graph.At when the node was recorded.
func (n Node) Path() string { return n.g.paths[n.g.nodes[n.i].path] }

// NodeIndex is the index of the node v is a result of.
func (v Value) NodeIndex() int { return int(v.g.values[v.id].node) }

// ID numbers the values of a graph from 0 in the order they were recorded.
func (v Value) ID() int { return int(v.id) }

// Kind tells where v comes from; for the result of an op that overwrites a leaf, it is the leaf's.
func (v Value) Kind() Kind {
	if l := v.g.values[v.id].leaf; l >= 0 {
		return v.g.leaves[l].kind
	}
	return Temp
}

// Values is the number of values recorded so far.
func (g *Graph) Values() int { return len(g.values) }

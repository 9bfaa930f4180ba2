// Package graph records a computation and turns the record into a program.
//
// Recording runs nothing. A Graph is a list of nodes; each node applies an Op to earlier Values. Leaves are the
// values that come from outside: weights, trained parameters, state kept between runs, inputs. Compile drops
// what no output needs, replaces fused ops a device lacks, plans the memory of all temporaries, and gives a
// Program: a flat list of steps over numbered values, which Encode writes in the command format.
//
// Mistakes while recording are kept, as by bufio.Scanner: the first one is Err, with the path at which it was
// made, and every later call does nothing. So model code has neither panics nor "if err".
package graph

import (
	"fmt"

	"graft/shared/tensor"
)

// Kind tells where a value comes from.
type Kind uint8

const (
	Temp   Kind = iota // computed, lives inside one run
	Weight             // given, never changes
	Param              // trained
	State              // kept on the device between runs: caches, optimiser moments, gradient sums
	Input              // given anew for each run
	Output             // computed, read by the host after a run
)

var kindNames = [...]string{"temp", "weight", "param", "state", "input", "output"}

func (k Kind) String() string { return kindNames[k] }

type node struct {
	op          Op // nil for a leaf
	args, nargs int32
	outs, nouts int32
	path, block int32
	detached    bool
}

type value struct {
	spec tensor.Spec
	node int32
	leaf int32 // index into Graph.leaves of the storage this value has or takes over, -1 for a temporary
}

type leaf struct {
	name   string
	kind   Kind
	value  int32
	data   *tensor.Tensor // of a constant
	derive Derivation     // of a derived input
}

// Graph is a recorder. It is used by one goroutine at a time.
type Graph struct {
	nodes   []node
	values  []value
	args    []int32
	leaves  []leaf
	names   map[string]int32 // leaf by name
	outputs []leaf
	kept    []int32
	paths   []string
	block   int32
	detach  bool
	err     error
}

// New returns an empty graph.
func New() *Graph {
	return &Graph{names: map[string]int32{}, paths: []string{""}}
}

// Value names one result of one node. The zero Value is no value.
type Value struct {
	g  *Graph
	id int32
}

// Valid reports whether v names a value.
func (v Value) Valid() bool { return v.g != nil }

// Graph is the recorder v belongs to.
func (v Value) Graph() *Graph { return v.g }

// Spec is the type and shape of v.
func (v Value) Spec() tensor.Spec { return v.g.values[v.id].spec }

// Shape is the shape of v.
func (v Value) Shape() tensor.Shape { return v.g.values[v.id].spec.Shape }

// Err is the first mistake made while recording.
func (g *Graph) Err() error { return g.err }

// Fail keeps err as the graph's mistake unless there is one already.
func (g *Graph) Fail(err error) {
	if g.err == nil {
		if p := g.paths[len(g.paths)-1]; p != "" {
			err = fmt.Errorf("%s: %w", p, err)
		}
		g.err = err
	}
}

// At sets the path that later nodes and errors carry, and returns the way back:
//
//	defer g.At("layers.3.mlp")()
func (g *Graph) At(path string) (leave func()) {
	old := g.paths[len(g.paths)-1]
	g.paths = append(g.paths, path)
	return func() { g.paths = append(g.paths, old) }
}

// Block sets the number of the stretch of nodes recorded from here on, 0 for none. Package grad can compute a
// stretch again in the backward pass in place of keeping its values. It returns the way back.
func (g *Graph) Block(n int) (leave func()) {
	old := g.block
	g.block = int32(n)
	return func() { g.block = old }
}

// Detach marks what is recorded from here on as constant to differentiation: gradients do not flow through it, as
// under PyTorch's no_grad. It returns the way back.
func (g *Graph) Detach() (leave func()) {
	old := g.detach
	g.detach = true
	return func() { g.detach = old }
}

// Leaf returns the value of that name, which is bound to memory before a run. Asked for again with the same
// kind and spec, it is the same value.
func (g *Graph) Leaf(kind Kind, name string, dt tensor.DType, shape ...int) Value {
	spec := tensor.Spec{DType: dt, Shape: shape}
	if i, ok := g.names[name]; ok {
		have := g.values[g.leaves[i].value].spec
		if g.leaves[i].kind != kind || have.DType != dt || !have.Shape.Equal(shape) {
			g.Fail(fmt.Errorf("%s is asked for as %v %v, and earlier as %v %v", name, kind, spec, g.leaves[i].kind, have))
		}
		return Value{g, g.leaves[i].value}
	}
	if err := spec.Check(); err != nil {
		g.Fail(fmt.Errorf("%s: %w", name, err))
	}
	id := int32(len(g.values))
	g.names[name] = int32(len(g.leaves))
	g.values = append(g.values, value{spec, int32(len(g.nodes)), int32(len(g.leaves))})
	g.leaves = append(g.leaves, leaf{name: name, kind: kind, value: id})
	g.nodes = append(g.nodes, node{outs: id, nouts: 1, path: int32(len(g.paths) - 1)})
	return Value{g, id}
}

// Constant returns a weight whose data the record itself gives, such as a table of frequencies. The name stands
// for the data: graphs that share memory give it to equal data only.
func (g *Graph) Constant(name string, t *tensor.Tensor) Value {
	v := g.Leaf(Weight, name, t.DType, t.Shape...)
	g.leaves[g.names[name]].data = t
	return v
}

// Data is the data of a constant, nil for any other value.
func (g *Graph) Data(v Value) *tensor.Tensor {
	if i := g.values[v.id].leaf; i >= 0 {
		return g.leaves[i].data
	}
	return nil
}

// Derivation computes an input from the other inputs of a run, nil where one it needs is not there.
type Derivation func(inputs map[string]*tensor.Tensor) *tensor.Tensor

// Derived returns an input whose value follows from other inputs, such as the window a layer sees from the range of a
// row: device.Run computes it, whoever gives the others need not know of it. The name stands for the derivation.
func (g *Graph) Derived(name string, f Derivation, dt tensor.DType, shape ...int) Value {
	v := g.Leaf(Input, name, dt, shape...)
	g.leaves[g.names[name]].derive = f
	return v
}

// Leaves calls yield for every leaf in the order they were recorded.
func (g *Graph) Leaves(yield func(v Value, k Kind, name string) bool) {
	for _, l := range g.leaves {
		if !yield(Value{g, l.value}, l.kind, l.name) {
			return
		}
	}
}

// Apply records op over in and returns its results. After a mistake it returns the op's first operand, so that
// recording can go on to its end.
func Apply(op Op, in ...Value) []Value {
	g := in[0].g
	if g == nil {
		panic("BUG: graph: " + op.Name() + " of no value")
	}
	if g.err != nil {
		return failed(op, in[0])
	}
	specs := make([]tensor.Spec, len(in))
	for i, v := range in {
		if v.g != g {
			panic(fmt.Sprintf("BUG: graph: operand %d of %s belongs to another graph", i, op.Name()))
		}
		specs[i] = v.Spec()
	}
	outs, err := op.Infer(specs)
	if err != nil {
		g.Fail(fmt.Errorf("%s: %w", op.Name(), err))
		return failed(op, in[0])
	}
	n := node{op: op, args: int32(len(g.args)), nargs: int32(len(in)), outs: int32(len(g.values)), nouts: int32(len(outs)),
		path: int32(len(g.paths) - 1), block: g.block, detached: g.detach}
	for _, v := range in {
		g.args = append(g.args, v.id)
	}
	results := make([]Value, len(outs))
	over, _ := op.(Overwriter)
	for i, s := range outs {
		results[i] = Value{g, int32(len(g.values))}
		v := value{s, int32(len(g.nodes)), -1}
		if over != nil {
			if from := over.Overwrites()[i]; from >= 0 {
				v.leaf = g.values[in[from].id].leaf
				if v.leaf < 0 || g.leaves[v.leaf].kind == Weight || g.leaves[v.leaf].kind == Input {
					g.Fail(fmt.Errorf("%s: operand %d is overwritten, which only parameters and state may be", op.Name(), from))
				}
			}
		}
		g.values = append(g.values, v)
	}
	g.nodes = append(g.nodes, n)
	return results
}

// Apply1 is Apply for an op with one result.
func Apply1(op Op, in ...Value) Value { return Apply(op, in...)[0] }

// failed gives an op as many results as it could have.
func failed(op Op, v Value) []Value {
	out := make([]Value, MaxOperands)
	for i := range out {
		out[i] = v
	}
	return out
}

// Output marks v, a computed value, to be readable under a name after a run.
func (g *Graph) Output(name string, v Value) {
	switch {
	case g.err != nil:
	case g.values[v.id].leaf >= 0:
		g.Fail(fmt.Errorf("output %s: the value lives in %s already", name, g.leaves[g.values[v.id].leaf].name))
	default:
		for _, o := range g.outputs {
			if o.name == name || o.value == v.id {
				g.Fail(fmt.Errorf("output %s: the name or the value is an output already", name))
				return
			}
		}
		if _, ok := g.names[name]; ok {
			g.Fail(fmt.Errorf("output %s: a leaf has that name", name))
			return
		}
		g.outputs = append(g.outputs, leaf{name: name, kind: Output, value: v.id})
	}
}

// Keep marks v, the result of an op that overwrites a leaf, as wanted for that effect.
func (g *Graph) Keep(v ...Value) {
	for _, v := range v {
		g.kept = append(g.kept, v.id)
	}
}

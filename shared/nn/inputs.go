package nn

import (
	"strconv"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Inputs are what a forward pass starts from: T rows of packed sequences, laid back to back without padding
// between them. Each is I32 [T].
type Inputs struct {
	Tokens    graph.Value
	Positions graph.Value // of the row in its sequence
	Lo, Hi    graph.Value // the keys a row attends: rows lo to hi-1, of the pass, or of the cache if there is one
	Cache     *Cache      // nil where sequences are seen whole, as in training and classification
}

// Tokens is the input of a pass over rows rows that Inputs.Tokens is.
func Tokens(g *graph.Graph, rows int) graph.Value {
	return g.Leaf(graph.Input, "tokens", tensor.I32, rows)
}

// NewInputs asks for the inputs of a pass over rows rows by their usual names.
func NewInputs(g *graph.Graph, rows int) Inputs {
	leaf := func(name string) graph.Value { return g.Leaf(graph.Input, name, tensor.I32, rows) }
	return Inputs{Tokens: Tokens(g, rows), Positions: leaf("positions"), Lo: leaf("lo"), Hi: leaf("hi")}
}

// Window is the inputs of a layer whose rows attend the last size keys of what they would, their own among them; size 0
// is no limit.
func (in Inputs) Window(size int) Inputs {
	if size > 0 {
		in.Lo = in.derive("lo.last."+strconv.Itoa(size), func(lo, hi []int32, row int) int32 { return max(lo[row], hi[row]-int32(size)) })
	}
	return in
}

// derive is an input of a value a row that follows from the range the row attends.
func (in Inputs) derive(name string, f func(lo, hi []int32, row int) int32) graph.Value {
	return in.Lo.Graph().Derived(name, func(inputs map[string]*tensor.Tensor) *tensor.Tensor {
		lo, hi := inputs["lo"], inputs["hi"]
		if lo == nil || hi == nil || lo.Shape.Len() != hi.Shape.Len() {
			return nil
		}
		v := make([]int32, lo.Shape.Len())
		for i := range v {
			v[i] = f(lo.Ints(), hi.Ints(), i)
		}
		return tensor.FromInts(v, len(v))
	}, tensor.I32, in.Lo.Shape()...)
}

// Cache keeps the keys and values of earlier positions of several sequences, a row each, on the device.
type Cache struct {
	Rows  int          // room for so many positions over all sequences, and those of the adapter's KV hook before them
	Limit int          // positions one sequence may have, 0 for Rows
	DType tensor.DType // of keys and values
	Slots graph.Value  // I32 [T]: the cache row each row of the pass is written to, -1 for none
}

// limit is the most positions a sequence may come to.
func (c *Cache) limit() int {
	if c.Limit > 0 {
		return c.Limit
	}
	return c.Rows
}

// update writes the pass's keys and values [T,n] of one layer, and those every row attends to the first rows, and
// returns the whole caches [Rows,n].
func (c *Cache) update(layer int, k, v graph.Value, prefix [2]graph.Value) (keys, values graph.Value) {
	return c.write("cache.k.", layer, k, prefix[0]), c.write("cache.v.", layer, v, prefix[1])
}

func (c *Cache) write(name string, layer int, x, prefix graph.Value) graph.Value {
	g := x.Graph()
	state := g.Leaf(graph.State, name+strconv.Itoa(layer), c.DType, c.Rows, x.Shape().Cols())
	if prefix.Valid() {
		state = op.Write(state, prefix, count(g, 0, prefix.Shape()[0]))
	}
	return op.Write(state, x, c.Slots)
}

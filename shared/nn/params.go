// Package nn is the parts models are written with.
//
// A model records its forward pass through Params, which hands out weights by path where they are used, and
// through the functions of this package. Adapters see a layer's input and output, never its weights, through
// Hooks; so a kind of adapter works with every architecture and every weight format.
package nn

import (
	"strconv"

	"graft/shared/graph"
	"graft/shared/tensor"
)

// Hooks are the places where an adapter changes a frozen model. A nil hook changes nothing.
type Hooks struct {
	// Weight gives the leaf that stands for the weight of that checkpoint name, where it is not the base's own:
	// a trained copy of a module (modules_to_save), a trained bias. ok is false for the base's own.
	Weight func(name string) (leaf string, kind graph.Kind, ok bool)
	// Input sees what enters a linear layer, x [T,in], and returns what shall enter.
	Input func(p Params, x graph.Value) graph.Value
	// Linear sees a linear layer's input x [T,in] and output y [T,out], which has the bias [out] (the zero Value for
	// none) in it, and returns the output to use.
	Linear func(p Params, x, y, bias graph.Value) graph.Value
	// Embed sees what a table gave for index I32 [T], x [T,hidden]. The table of tokens is the one whose index is
	// Inputs.Tokens.
	Embed func(p Params, index, x graph.Value) graph.Value
	// KV gives keys and values [n,width] of a layer, n the same in all, that every row attends before those of its
	// sequence, whatever window the layer has; zero Values for none. The host counts positions, and rows of keys, from n on (dataset.Batch.Shift).
	KV func(p Params, layer, width int) (keys, values graph.Value)
	// Output is whether Linear changes the output layer "lm_head", so that a loss can't be computed without its logits.
	Output bool
}

// Scope is what holds for every part of a recorded model.
type Scope struct {
	Hooks Hooks
	// DType is the storage type of a base weight, nil for F32. Parameters are always F32.
	DType func(name string, shape tensor.Shape) tensor.DType
	// Activations is the least precision of activations a product with a block-format weight may use:
	// 0 for float32, else the bits of a block-scaled integer (16 or 8). See op.MatMul.
	Activations int
	// Train is whether the pass is differentiated: dropout works, and losses bring their gradients.
	Train bool
}

// Params hands out the weights of one part of a model by path.
type Params struct {
	g     *graph.Graph
	path  string
	scope *Scope
}

// Root returns the params of a whole model recorded into g.
func Root(g *graph.Graph, s *Scope) Params { return Params{g: g, scope: s} }

// Graph is the recorder.
func (p Params) Graph() *graph.Graph { return p.g }

// Scope is what holds for the whole model.
func (p Params) Scope() *Scope { return p.scope }

// Path is where in the model p is, as in the checkpoint: "model.layers.3.self_attn".
func (p Params) Path() string { return p.path }

// Sub returns the params of the part of that name.
func (p Params) Sub(name string) Params {
	if p.path != "" {
		name = p.path + "." + name
	}
	p.path = name
	return p
}

// Index returns the params of the i-th part of a list.
func (p Params) Index(i int) Params { return p.Sub(strconv.Itoa(i)) }

// Get returns the weight of that name and shape. A missing or misshapen weight is found when it is loaded.
func (p Params) Get(name string, shape ...int) graph.Value {
	full := p.Sub(name).path
	if h := p.scope.Hooks.Weight; h != nil {
		if leaf, kind, ok := h(full); ok {
			return p.g.Leaf(kind, leaf, tensor.F32, shape...)
		}
	}
	dt := tensor.F32
	if p.scope.DType != nil {
		dt = p.scope.DType(full, shape)
	}
	return p.g.Leaf(graph.Weight, full, dt, shape...)
}

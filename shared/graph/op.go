package graph

import (
	"math"

	"graft/shared/tensor"
)

// Op is what one node computes. Ops live in package op, one file each; a device knows them by Name.
type Op interface {
	// Name is the op's name in the command format: "rmsnorm".
	Name() string
	// Infer checks the operands and gives the specs of the results, without computing anything.
	Infer(in []tensor.Spec) ([]tensor.Spec, error)
	// Attrs are the op's constants in the order the command format has them, at most MaxAttrs.
	Attrs() []Attr
}

// Primitive is an op defined by a Go loop, the reference every device is held to.
type Primitive interface {
	Op
	// Eval computes out, which holds zeros, or the operand it overwrites.
	Eval(out, in []*tensor.Tensor)
}

// Fused is an op defined by smaller ops, for devices that have no kernel for it. It needs no Eval.
type Fused interface {
	Op
	Expand(in []Value) []Value
}

// Differentiable is an op with a gradient of its own. A Fused op without one is differentiated through Expand.
type Differentiable interface {
	Op
	// Gradient records the gradient toward each operand: the zero Value for none. out are the op's results,
	// dout their gradients, of which some may be the zero Value. want says which operands' gradients are asked for.
	Gradient(in, out, dout []Value, want []bool) []Value
}

// Overwriter is an op whose results take the storage of operands. Those operands are leaves that live on between
// runs (Param, State), or results that took such a leaf's storage.
type Overwriter interface {
	Op
	// Overwrites gives for each result the index of the operand whose storage it takes, -1 for none.
	Overwrites() []int
}

// MaxAttrs is the room for constants in a command, MaxOperands that for operands and results together.
const (
	MaxAttrs    = 8
	MaxOperands = 14
)

// Attr is one constant of an op: a 32-bit integer or float.
type Attr struct {
	Name  string
	Float bool
	Bits  uint32
}

// Int, Float and Bool make attributes.
func Int(name string, v int) Attr       { return Attr{name, false, uint32(int32(v))} }
func Float(name string, v float32) Attr { return Attr{name, true, math.Float32bits(v)} }
func Bool(name string, v bool) Attr {
	if v {
		return Attr{name, false, 1}
	}
	return Attr{name, false, 0}
}

package op

import (
	"slices"

	"graft/shared/graph"
)

//go:generate go run ./internal/gen -o ../../kernels/include/ops.h -sum ../../kernels/cpu/ops_sum.h

// A Row is one op of the command format.
type Row struct {
	In, Out []string // names of operands and results; one ending in "?" may be left out
	Op      graph.Op // its zero value, for the name and the names and types of the attributes
}

// table lists the ops in the order of their codes, which start at 1. Append only: programs and kernels know an op
// by its code.
var table = []Row{
	{names("a", "b"), names("y"), add{}},
	{names("a", "b"), names("y"), mul{}},
	{names("x"), names("y"), scale{}},
	{names("x", "s"), names("y"), scaleRows{}},
	{names("a", "b"), names("y"), rowDot{}},
	{names("x"), names("y"), sum{}},
	{names("x"), names("y"), sumRows{}},
	{names("x"), names("y"), broadcast{}},
	{names("a", "b", "c?"), names("y"), matMul{}},
	{names("y", "x", "a", "b", "scale", "index"), names("z"), lora{}},
	{names("x", "w"), names("y"), rmsNorm{}},
	{names("x", "w", "dy"), names("dx", "dw"), rmsNormGrad{}},
	{names("x", "w", "b"), names("y"), layerNorm{}},
	{names("x", "w", "dy"), names("dx", "dw", "db"), layerNormGrad{}},
	{names("x", "pos", "inv_freq"), names("y"), rope{}},
	{names("q", "k", "v", "lo", "hi"), names("o", "lse"), attention{}},
	{names("q", "k", "v", "o", "lse", "do", "lo", "hi"), names("dq", "dk", "dv"), attentionGrad{}},
	{names("gate", "up"), names("y"), glu{}},
	{names("gate", "up", "dy"), names("dgate", "dup"), gluGrad{}},
	{names("x"), names("y"), activation{}},
	{names("x", "dy"), names("dx"), activationGrad{}},
	{names("x"), names("y"), softmax{}},
	{names("y", "dy"), names("dx"), softmaxGrad{}},
	{names("logits", "target"), names("loss"), crossEntropy{}},
	{names("logits", "target", "dloss"), names("dlogits"), crossEntropyGrad{}},
	{names("h", "w", "target"), names("loss", "dh"), linearCrossEntropy{}},
	{names("h", "w", "target", "dloss"), names("dw"), linearCrossEntropyGradW{}},
	{names("table", "index"), names("y"), gather{}},
	{names("x", "index"), names("y"), scatterAdd{}},
	{names("cache", "x", "index"), names("cache"), write{}},
	{names("x", "seed"), names("y"), dropout{}},
	{names("p", "m", "v", "g", "hyper"), names("p", "m", "v"), adamW{}},
	{names("acc", "g", "keep"), names("acc"), accumulate{}},
	{names("x"), names("y"), sumSquares{}},
	{names("total"), names("scale", "norm"), clipScale{}},
	{names("x"), names("y"), cast{}},
	{names("x"), names("y"), argmax{}},
	{names("x"), names("y"), columns{}},
	{names("x"), names("y"), columnsGrad{}},
	{names("p", "m", "g", "hyper"), names("p", "m"), lion{}},
	{names("p", "m", "m_scale", "v", "v_scale", "g", "hyper"), names("p", "m", "m_scale", "v", "v_scale"), adamW8Bit{}},
	{names("p", "rows", "cols", "g", "hyper"), names("p", "rows", "cols"), adafactor{}},
	{names("p", "v", "g", "hyper"), names("p", "v"), adafactorVector{}},
	{names("x"), names("y"), normalize{}},
	{names("p", "u", "hyper"), names("p"), descend{}},
	{names("x"), names("y"), focal{}},
	{names("x", "dy"), names("dx"), focalGrad{}},
	{names("x", "s", "seed"), names("y"), noise{}},
	{names("x"), names("y"), rsqrt{}},
}

// loops are the ops without a kernel in C: a device that runs C takes their Go loops between its kernels. An op whose
// kernel is written leaves the list.
var loops = names("lion", "adamw_8bit", "adafactor", "adafactor_vector", "normalize", "descend", "focal", "focal_grad", "noise")

// HasKernel reports whether kernels/ has the op.
func (r Row) HasKernel() bool { return !slices.Contains(loops, r.Op.Name()) }

func names(names ...string) []string { return names }

// Table returns the ops in the order of their codes.
func Table() []Row { return table }

// Codes gives each op's number in the command format by its name.
func Codes() map[string]int {
	codes := make(map[string]int, len(table))
	for i, r := range table {
		codes[r.Op.Name()] = i + 1
	}
	return codes
}

package train

import (
	"fmt"
	"slices"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// optimizer is a rule by which parameters follow their gradients.
type optimizer struct {
	names []string // values of optim; the first is the usual one
	// state lists what is kept of a parameter between steps; all begins as zeros.
	state func(p param) []leaf
	// numbers are the second and third of a step's numbers, which op.AdamW calls hyper.
	numbers func(a Arguments, step int) (second, third float64)
	// record records the update of one parameter.
	record func(u update)
}

// optimizers has a row for each optim.
var optimizers = []optimizer{
	{[]string{"adamw_torch", "adamw_torch_fused", "adamw"}, adamWState, adamNumbers, recordAdamW},
	{[]string{"adamw_bnb_8bit", "adamw_8bit"}, adamW8BitState, adamNumbers, recordAdamW8Bit},
	{[]string{"lion_32bit", "lion"}, lionState, adamNumbers, recordLion},
	{[]string{"adafactor"}, adafactorState, adafactorNumbers, recordAdafactor},
	{[]string{"muon"}, muonState, adamNumbers, recordMuon},
}

func optimizerNames() (names []string) {
	for _, o := range optimizers {
		names = append(names, o.names...)
	}
	return names
}

// Optimizers names the values of optim, each first by its usual name.
func Optimizers() []string { return optimizerNames() }

// optimizer is the row of optim. Check has seen that there is one.
func (a Arguments) optimizer() optimizer {
	i := slices.IndexFunc(optimizers, func(o optimizer) bool { return slices.Contains(o.names, a.Optim) })
	return optimizers[max(i, 0)]
}

// leaf is one tensor of state.
type leaf struct {
	name string
	tensor.Spec
}

// leaf is a tensor of a parameter's state: F32 of its shape, if no other is given.
func (p param) leaf(kind string, shape ...int) leaf {
	if shape == nil {
		shape = p.Shape
	}
	return leaf{kind + "." + p.name, tensor.Of(tensor.F32, shape...)}
}

// update is the update of one parameter being recorded.
type update struct {
	g     *graph.Graph
	a     Arguments
	p     param
	sum   graph.Value // the summed gradient
	scale graph.Value // [1] what it is multiplied by
	hyper graph.Value // [4] see op.AdamW
	decay float32     // weight decay
}

// leaves are the parameter and its state.
func (u update) leaves(state []leaf) []graph.Value {
	v := []graph.Value{u.g.Leaf(graph.Param, u.p.name, tensor.F32, u.p.Shape...)}
	for _, l := range state {
		v = append(v, u.g.Leaf(graph.State, l.name, l.DType, l.Shape...))
	}
	return v
}

// recordUpdate records one optimiser step over summed gradients. Input "hyper" F32 [4] is the learning rate, the
// optimiser's two numbers, and 0, in whose place the gradients' scale comes. Output: "grad_norm" [1].
func (o *Options) recordUpdate(params []param) *graph.Graph {
	g, a := graph.New(), o.Arguments
	var total graph.Value
	sums := make([]graph.Value, len(params))
	for i, p := range params {
		sums[i] = g.Leaf(graph.State, p.gradient(), tensor.F32, p.Shape...)
		if sq := op.SumSquares(sums[i]); total.Valid() {
			total = op.Add(total, sq)
		} else {
			total = sq
		}
	}
	scale, norm := op.ClipScale(total, float32(a.MaxGradNorm))
	g.Output("grad_norm", norm)
	last := g.Constant("last_of_four", tensor.FromFloats([]float32{0, 0, 0, 1}, 4))
	hyper := op.Add(g.Leaf(graph.Input, "hyper", tensor.F32, 4), op.Mul(last, scale))
	scaled := map[float64]graph.Value{1: hyper} // by the group's rate
	for i, p := range params {
		group := o.group(p)
		h, ok := scaled[group.Rate]
		if !ok {
			rate := g.Constant(fmt.Sprintf("rate.%g", group.Rate), tensor.FromFloats([]float32{float32(group.Rate), 1, 1, 1}, 4))
			h = op.Mul(hyper, rate)
			scaled[group.Rate] = h
		}
		a.optimizer().record(update{g, a, p, sums[i], scale, h, float32(a.WeightDecay * group.Decay)})
	}
	return g
}

// hyper is the input of the update of a step, counted from 1.
func (a Arguments) hyper(step int, rate float64) []float32 {
	second, third := a.optimizer().numbers(a, step)
	return []float32{float32(rate), float32(second), float32(third), 0}
}

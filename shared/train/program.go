package train

import (
	"fmt"

	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// param is one trained tensor: the leaf of that name.
type param struct {
	name string
	tensor.Spec
}

// momentum, variance and gradient are the state leaves that belong to a parameter.
func (p param) momentum() string { return "adamw.exp_avg." + p.name }
func (p param) variance() string { return "adamw.exp_avg_sq." + p.name }
func (p param) gradient() string { return "gradient." + p.name }

// recordPass records the loss of one batch and, to train, the gradients of its parameters added to their sums.
//
// Inputs beside the model's and the task's: "weights" F32 [items], what each loss counts in the step's; "keep" F32
// [1], 0 for a step's first batch, whose gradients start the sums, else 1; "seed" of dropout. Output: "loss" [1],
// and for an evaluation the items' "losses" and "logits".
func (o *Options) recordPass(s size, training bool) (*graph.Graph, []param) {
	g := graph.New()
	scope := nn.Scope{Hooks: o.hooks(), DType: o.DType, Activations: o.Arguments.Activations, Train: training}
	p, t := nn.Root(g, &scope), tasks[o.Task]
	hidden := o.Model.Hidden(p, nn.NewInputs(g, s.rows))
	if !training {
		if t.logits != nil {
			g.Output("logits", t.logits(o, p, hidden, s))
		} else {
			g.Output("losses", t.losses(o, p, hidden, s))
		}
		return g, nil
	}
	weights := g.Leaf(graph.Input, "weights", tensor.F32, s.items)
	loss := op.Sum(op.Mul(t.losses(o, p, hidden, s), weights))
	g.Output("loss", loss)
	params, leaves := parameters(g)
	if g.Err() != nil {
		return g, nil
	}
	one := g.Constant("one", tensor.FromFloats([]float32{1}, 1))
	keep := g.Leaf(graph.Input, "keep", tensor.F32, 1)
	for i, d := range grad.Of(loss, one, leaves, grad.Options{Recompute: o.recompute()}) {
		if !d.Valid() {
			g.Fail(fmt.Errorf("%s: the loss does not depend on it", params[i].name))
			break
		}
		sum := g.Leaf(graph.State, params[i].gradient(), tensor.F32, params[i].Shape...)
		g.Keep(op.Accumulate(sum, d, keep))
	}
	return g, params
}

// recompute says what the backward pass computes again.
func (o *Options) recompute() func(graph.Node) bool {
	switch o.Arguments.GradientCheckpointing {
	case "cheap":
		return grad.Cheap
	case "full":
		return grad.All
	}
	return nil
}

// parameters lists the trained leaves of g in the order they are first used.
func parameters(g *graph.Graph) (ps []param, leaves []graph.Value) {
	g.Leaves(func(v graph.Value, kind graph.Kind, name string) bool {
		if kind == graph.Param {
			ps, leaves = append(ps, param{name, v.Spec()}), append(leaves, v)
		}
		return true
	})
	return ps, leaves
}

// adamW is the optimiser's constants, without weight decay.
func (o *Options) adamW() op.AdamWConfig {
	a := o.Arguments
	return op.AdamWConfig{Beta1: float32(a.AdamBeta1), Beta2: float32(a.AdamBeta2), Eps: float32(a.AdamEpsilon)}
}

// recordUpdate records one optimiser step over summed gradients. Input "hyper" F32 [4] is the learning rate, the
// two bias corrections 1-β₁ᵗ and 1-β₂ᵗ, and 0, in whose place the gradients' scale comes. Output: "grad_norm" [1].
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
		leaf := func(k graph.Kind, name string) graph.Value { return g.Leaf(k, name, tensor.F32, p.Shape...) }
		group := o.group(p)
		c := o.adamW()
		c.WeightDecay = float32(a.WeightDecay * group.Decay)
		h, ok := scaled[group.Rate]
		if !ok {
			rate := g.Constant(fmt.Sprintf("rate.%g", group.Rate), tensor.FromFloats([]float32{float32(group.Rate), 1, 1, 1}, 4))
			h = op.Mul(hyper, rate)
			scaled[group.Rate] = h
		}
		w, m, v := op.AdamW(leaf(graph.Param, p.name), leaf(graph.State, p.momentum()), leaf(graph.State, p.variance()), sums[i], h, c)
		g.Keep(w, m, v)
	}
	return g
}

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

// gradient is the leaf of the summed gradient.
func (p param) gradient() string { return "gradient." + p.name }

// recordPass records the loss of one batch and, to train, the gradients of its parameters added to their sums.
//
// Inputs beside the model's and the task's: "weights" F32 [items], what each loss counts in the step's; "keep" F32
// [1], 0 for a step's first batch, whose gradients start the sums, else 1; "seed" of dropout. Output: "loss" [1],
// and for an evaluation the items' "losses" and "logits".
func (o *Options) recordPass(s size, training bool) (*graph.Graph, []param) {
	g := graph.New()
	scope := nn.Scope{Hooks: o.hooks(), DType: o.DType, Activations: o.Arguments.Activations, Train: training}
	if training && o.Arguments.NEFTuneNoiseAlpha > 0 {
		scope.Hooks = noisy(scope.Hooks, g, s.rows)
	}
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

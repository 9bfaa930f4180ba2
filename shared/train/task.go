package train

import (
	"graft/shared/adapter"
	"graft/shared/dataset"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// size is what the programs of a pass are compiled for: rows of tokens, and items with a loss: sequences of SEQ_CLS,
// learnable tokens of CAUSAL_LM.
type size struct{ rows, items int }

// task is one kind of training: how its loss is recorded and fed. tasks has a row for each.
type task struct {
	// items is the number of items of a batch that have a loss.
	items func(b *dataset.Batch) int
	// losses records each item's loss [items], from last hidden states [rows,hidden].
	losses func(o *Options, p nn.Params, hidden graph.Value, s size) graph.Value
	// logits records what an evaluation reads [items,labels], the zero Value where losses are enough.
	logits func(o *Options, p nn.Params, hidden graph.Value, s size) graph.Value
	// feed gives the task's inputs; weights are the items' own, not normalised.
	feed func(b *dataset.Batch, items int) (inputs map[string]*tensor.Tensor, weights []float32)
}

var tasks = map[adapter.TaskType]task{
	adapter.SeqCls:   {sequences, classLosses, classLogits, feedClasses},
	adapter.CausalLM: {learnable, tokenLosses, nil, feedTokens},
}

func sequences(b *dataset.Batch) int { return len(b.Pool) }

func classLogits(o *Options, p nn.Params, hidden graph.Value, s size) graph.Value {
	return model.Score(o.Model, p, hidden, s.items, len(o.Labels))
}

func classLosses(o *Options, p nn.Params, hidden graph.Value, s size) graph.Value {
	targets := p.Graph().Leaf(graph.Input, "targets", tensor.I32, s.items)
	losses := op.CrossEntropy(classLogits(o, p, hidden, s), targets, float32(o.Arguments.LabelSmoothingFactor))
	if gamma := o.Arguments.FocalGamma; gamma > 0 {
		losses = op.Focal(losses, float32(gamma))
	}
	return losses
}

func feedClasses(b *dataset.Batch, items int) (map[string]*tensor.Tensor, []float32) {
	b.PadSequences(items)
	return map[string]*tensor.Tensor{"pool": tensor.FromInts(b.Pool, items), "targets": tensor.FromInts(b.Labels, items)}, b.LabelWeights
}

func learnable(b *dataset.Batch) int {
	n := 0
	for _, t := range b.Targets {
		if t >= 0 {
			n++
		}
	}
	return n
}

// tokenLosses computes logits for the learnable rows only.
func tokenLosses(o *Options, p nn.Params, hidden graph.Value, s size) graph.Value {
	rows := p.Graph().Leaf(graph.Input, "learn", tensor.I32, s.items)
	targets := p.Graph().Leaf(graph.Input, "targets", tensor.I32, s.items)
	return model.Losses(o.Model, p, op.Gather(hidden, rows), targets)
}

func feedTokens(b *dataset.Batch, items int) (map[string]*tensor.Tensor, []float32) {
	rows, targets, weights := make([]int32, items), make([]int32, items), make([]float32, items)
	n := 0
	for i, t := range b.Targets {
		if t >= 0 {
			rows[n], targets[n], weights[n] = int32(i), t, b.Weights[i]
			n++
		}
	}
	for ; n < items; n++ {
		rows[n], targets[n] = -1, -1
	}
	return map[string]*tensor.Tensor{"learn": tensor.FromInts(rows, items), "targets": tensor.FromInts(targets, items)}, weights
}

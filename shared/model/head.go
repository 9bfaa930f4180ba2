package model

import (
	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// Head is the classification head of transformers' …ForSequenceClassification.
type Head struct {
	// Output is the path of its last layer, whose "weight" has a row for each label.
	Output string
	// Pooling is what it judges a sequence by: "last_non_pad", the last token that is not the padding token; "cls", the
	// first; "mean", all.
	Pooling string
	// Record gives the logits [n,labels] of n packed sequences from the hidden states [T,hidden_size] of all. The last
	// layer is not adapted: PEFT keeps it whole.
	Record func(p nn.Params, hidden graph.Value, n, labels int) graph.Value
}

// HeadOf is the head of a model: its own, or "score", a linear layer without bias over the last token that is not
// padding.
func HeadOf(m Model) Head {
	if own, ok := m.(interface{ Head() Head }); ok {
		return own.Head()
	}
	return Head{"score", "last_non_pad", func(p nn.Params, hidden graph.Value, n, labels int) graph.Value {
		return op.Linear(nn.Last(hidden, n), p.Sub("score").Get("weight", labels, m.Config().HiddenSize))
	}}
}

// Score records the logits [n,labels] that m's head gives n packed sequences.
func Score(m Model, p nn.Params, hidden graph.Value, n, labels int) graph.Value {
	return HeadOf(m).Record(p, hidden, n, labels)
}

// classify is the last layer of an encoder's head, at path, over x [n,width].
func classify(p nn.Params, path string, x graph.Value, labels int) graph.Value {
	p = p.Sub(path)
	return op.Add(op.Linear(x, p.Get("weight", labels, x.Shape().Cols())), p.Get("bias", labels))
}

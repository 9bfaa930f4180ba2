// Package model records the architectures, one file each, readable top to bottom.
//
// A Model holds no weights and computes nothing: it records its forward pass with the parts of package nn, in
// the words of the checkpoint. The weights it wants, with their shapes, fall out of recording.
package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// Model is one architecture with its sizes.
type Model interface {
	Config() Config
	// Hidden records a pass over T rows and returns the last hidden states, normalised, [T,hidden_size].
	Hidden(p nn.Params, in nn.Inputs) graph.Value
	// Output is the weight [vocab_size,hidden_size] that turns hidden states into logits.
	Output(p nn.Params) graph.Value
}

// architectures has a row for each model_type of config.json.
var architectures = []struct {
	modelType string
	new       func(Config) (Model, error)
}{
	{"llama", newLlama},
}

// New returns the model config.json describes.
func New(config []byte) (Model, error) {
	c, err := ParseConfig(config)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, a := range architectures {
		if a.modelType == c.ModelType {
			return a.new(c)
		}
		known = append(known, a.modelType)
	}
	return nil, fmt.Errorf("config.json: model_type %q is not known, expected one of %q", c.ModelType, known)
}

// Logits are the scores of the next token [T,vocab_size] of hidden states [T,hidden_size].
func Logits(m Model, p nn.Params, hidden graph.Value) graph.Value {
	y := p.Product(hidden, m.Output(p))
	if h := p.Scope().Hooks; h.Output {
		return h.Linear(p.Sub(Output), hidden, y, graph.Value{})
	}
	return y
}

// Score is the classification head of transformers' …ForSequenceClassification: a linear layer without bias over
// the hidden state of each sequence's row rows (I32 [n]); the result is [n,labels].
func Score(m Model, p nn.Params, hidden, rows graph.Value, labels int) graph.Value {
	p = p.Sub("score")
	return op.Linear(op.Gather(hidden, rows), p.Get("weight", labels, m.Config().HiddenSize))
}

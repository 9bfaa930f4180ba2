// Package model records the architectures, one file each, readable top to bottom.
//
// A Model holds no weights and computes nothing: it records its forward pass with the parts of package nn, in
// the words of the checkpoint. The weights it wants, with their shapes, fall out of recording.
package model

import (
	"fmt"
	"slices"

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
	return p.Product(hidden, m.Output(p))
}

// Score is the classification head of transformers' …ForSequenceClassification: a linear layer without bias over
// the hidden state of each sequence's row rows (I32 [n]); the result is [n,labels].
func Score(m Model, p nn.Params, hidden, rows graph.Value, labels int) graph.Value {
	p = p.Sub("score")
	return op.Linear(op.Gather(hidden, rows), p.Get("weight", labels, m.Config().HiddenSize))
}

// LinearModules lists the paths of m's linear layers, without the output layer, in the order they are used: what
// PEFT's target_modules="all-linear" stands for.
func LinearModules(m Model) ([]string, error) {
	var paths []string
	scope := nn.Scope{Hooks: nn.Hooks{Linear: func(p nn.Params, _, y graph.Value) graph.Value {
		paths = append(paths, p.Path())
		return y
	}}}
	g := graph.New()
	m.Hidden(nn.Root(g, &scope), nn.NewInputs(g, 1))
	return slices.Clip(paths), g.Err()
}

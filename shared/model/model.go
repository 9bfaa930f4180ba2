// Package model records the architectures, one file each, readable top to bottom.
//
// A Model holds no weights and computes nothing: it records its forward pass with the parts of package nn, in
// the words of the checkpoint. The weights it wants, with their shapes, fall out of recording.
package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
)

// Model is one architecture with its sizes.
type Model interface {
	Config() Config
	// Hidden records a pass over T rows and returns the last hidden states, normalised, [T,hidden_size].
	Hidden(p nn.Params, in nn.Inputs) graph.Value
}

// Decoder is a Model that says what comes next. It can be given a cache.
type Decoder interface {
	Model
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
	y := p.Product(hidden, OutputOf(m, p))
	if h := p.Scope().Hooks; h.Output {
		return h.Linear(p.Sub(Output), hidden, y, graph.Value{})
	}
	return y
}

// OutputOf is the weight [vocab_size,hidden_size] of a Decoder's output layer. Asking another model for it is a mistake.
func OutputOf(m Model, p nn.Params) graph.Value {
	d, ok := m.(Decoder)
	if !ok {
		p.Graph().Fail(fmt.Errorf("a %s reads texts and does not continue them", m.Config().ModelType))
		return p.Get("none", m.Config().VocabSize, m.Config().HiddenSize)
	}
	return d.Output(p)
}

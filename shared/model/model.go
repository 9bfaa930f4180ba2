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
}

// Decoder is a Model that says what comes next. It can be given a cache.
type Decoder interface {
	Model
	// Output is the weight [vocab_size,hidden_size] that turns hidden states into logits.
	Output(p nn.Params) graph.Value
}

// IsDecoder tells whether m says what comes next.
func IsDecoder(m Model) bool {
	_, ok := m.(Decoder)
	return ok
}

// architectures has a row for each model_type of config.json. defaults sets what it has where config.json is silent.
var architectures = []struct {
	modelType string
	name      string // what people call such models
	new       func(Config) (Model, error)
	defaults  func(*Config)
}{
	{"llama", "Llama 1 to 3, TinyLlama, SmolLM", newLlama, nil},
	{"mistral", "Mistral", newMistral, mistralDefaults},
	{"qwen2", "Qwen 2, Qwen 2.5", newQwen2, qwenDefaults},
	{"qwen3", "Qwen 3", newQwen3, qwen3Defaults},
	{"gemma2", "Gemma 2", newGemma2, gemma2Defaults},
	{"gemma3_text", "Gemma 3", newGemma3, gemma3Defaults},
	{"gemma3", "Gemma 3 that also sees, its texts", newGemma3, gemma3VisionDefaults},
	{"phi3", "Phi-3, Phi-4-mini", newPhi3, phi3Defaults},
	{"bert", "BERT", newBERT, bertDefaults},
	{"roberta", "RoBERTa", newRoBERTa, robertaDefaults},
	{"xlm-roberta", "XLM-RoBERTa", newRoBERTa, robertaDefaults},
	{"distilbert", "DistilBERT", newDistilBERT, distilBERTDefaults},
	{"modernbert", "ModernBERT", newModernBERT, modernBERTDefaults},
}

// Types lists the model types there are and what people call such models.
func Types() (types [][2]string) {
	for _, a := range architectures {
		types = append(types, [2]string{a.modelType, a.name})
	}
	return types
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

// logitCap is what logits x are held below, as cap·tanh(x/cap); 0 for no cap.
func logitCap(m Model) float32 {
	if c, ok := m.(interface{ LogitCap() float32 }); ok {
		return c.LogitCap()
	}
	return 0
}

// Logits are the scores of the next token [T,vocab_size] of hidden states [T,hidden_size].
func Logits(m Model, p nn.Params, hidden graph.Value) graph.Value {
	x := p.Product(hidden, OutputOf(m, p))
	if h := p.Scope().Hooks; h.Output {
		x = h.Linear(p.Sub(Output), hidden, x, graph.Value{})
	}
	if limit := logitCap(m); limit > 0 {
		x = op.Scale(op.Activation(op.Scale(x, 1/limit), op.Tanh), limit)
	}
	return x
}

// Losses are the cross-entropies [T] of the next tokens that hidden states [T,hidden_size] predict with targets (I32
// [T], below zero for none). Where nothing comes after the output layer the logits are never whole in memory.
func Losses(m Model, p nn.Params, hidden, targets graph.Value) graph.Value {
	if logitCap(m) > 0 || p.Scope().Hooks.Output {
		return op.CrossEntropy(Logits(m, p, hidden), targets, 0)
	}
	losses, _ := op.LinearCrossEntropy(hidden, OutputOf(m, p), targets, p.Scope().Activations)
	return losses
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

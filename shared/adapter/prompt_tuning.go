package adapter

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
)

// PromptTuning says what a new prompt is: embeddings that are trained and stand before those of the text
// (Lester et al. 2021).
type PromptTuning struct {
	TaskType         TaskType
	BaseModel        string
	NumVirtualTokens int
	Init             string  // prompt_tuning_init: "RANDOM" (default), "SAMPLE_VOCAB", "TEXT"
	InitText         string  // prompt_tuning_init_text
	InitTokens       []int32 // of InitText, with the tokenizer's special tokens
	ModulesToSave    []string
}

type promptTuning struct {
	promptConfig
	PromptInit string `json:"prompt_tuning_init"`
	InitText   string `json:"prompt_tuning_init_text"`

	m      *model.Parts
	tokens []int32
}

var (
	_ Adapter  = (*promptTuning)(nil)
	_ Prompter = (*promptTuning)(nil)
)

// The values of prompt_tuning_init.
const (
	Random      = "RANDOM"       // N(0,1)
	SampleVocab = "SAMPLE_VOCAB" // embeddings of tokens drawn from the vocabulary
	Text        = "TEXT"         // embeddings of a text's tokens
)

// NewPromptTuning binds a configuration to a model.
func NewPromptTuning(c PromptTuning, m *model.Parts) (Adapter, error) {
	a := &promptTuning{PromptInit: c.Init, InitText: c.InitText, m: m, tokens: c.InitTokens}
	a.whole = whole{c.ModulesToSave, c.TaskType, c.BaseModel, wrapped}
	a.NumVirtualTokens = c.NumVirtualTokens
	switch a.PromptInit {
	case "":
		a.PromptInit = Random
	case Random, SampleVocab:
	case Text:
		if len(c.InitTokens) == 0 {
			return nil, errNoTokens("prompt_tuning_init is TEXT and prompt_tuning_init_text")
		}
	default:
		return nil, fmt.Errorf("prompt_tuning_init is %q, expected RANDOM, SAMPLE_VOCAB or TEXT", c.Init)
	}
	return a, a.bind()
}

func parsePromptTuning(config []byte, m *model.Parts) (Adapter, error) {
	a := &promptTuning{m: m}
	if err := a.parse(config, a); err != nil {
		return nil, err
	}
	return a, a.bind()
}

func (a *promptTuning) bind() error {
	return a.promptConfig.bind(a.m, a.m.Config().HiddenSize, a.m.Config().NumAttentionHeads)
}

// Virtual is one row a virtual token.
func (a *promptTuning) Virtual() Virtual { return Virtual{Rows: a.NumVirtualTokens} }

func (a *promptTuning) Hooks(kind graph.Kind) nn.Hooks {
	return nn.Hooks{
		Weight: func(name string) (string, graph.Kind, bool) { return a.weight(name, kind) },
		Embed: func(p nn.Params, index, x graph.Value) graph.Value {
			return lay(p, index, x, a.table(p.Graph(), kind))
		},
	}
}

func (a *promptTuning) Init(name string, shape tensor.Shape, s Start) ([]float32, bool, error) {
	if name != promptEmbeddings {
		return nil, false, nil
	}
	tokens := a.tokens
	vocab, hidden := a.m.Config().VocabSize, shape[1]
	switch a.PromptInit {
	case SampleVocab:
		tokens = make([]int32, shape[0])
		for i := range tokens {
			tokens[i] = int32(s.Rand.IntN(vocab))
		}
	case Text:
	default:
		return normal(s.Rand, shape.Len(), 1), true, nil
	}
	table, err := s.Base.weight(a.m.Embedding+".weight", tensor.Shape{vocab, hidden})
	if err != nil {
		return nil, false, err
	}
	v := make([]float32, 0, shape.Len())
	for _, t := range repeated(tokens, shape[0]) {
		if t < 0 || int(t) >= vocab {
			return nil, false, fmt.Errorf("prompt_tuning_init_text: token %d, expected 0 to %d", t, vocab-1)
		}
		v = append(v, table[int(t)*hidden:][:hidden]...)
	}
	return v, true, nil
}

func (a *promptTuning) MarshalConfig() ([]byte, error) {
	more := map[string]any{"prompt_tuning_init": a.PromptInit}
	if a.PromptInit == Text { // PEFT wants all three
		more["prompt_tuning_init_text"], more["tokenizer_name_or_path"] = a.InitText, a.BaseModel
	}
	return a.marshal("PROMPT_TUNING", more)
}

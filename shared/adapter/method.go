package adapter

import "graft/shared/model"

// Method is how a new adapter is made: LoRA, IA3, PrefixTuning, PromptTuning, PTuning, Bias or LastLayers with their
// options.
type Method interface {
	// New binds the method to a model.
	New(c Common, m *model.Parts) (Adapter, error)
}

// Common is what every method is given.
type Common struct {
	TaskType      TaskType
	BaseModel     string   // base_model_name_or_path
	ModulesToSave []string // beside the method's own
	// Encode gives the tokens of a text with the tokenizer's special ones.
	Encode func(text string) []int32
	// KV gives the keys and values [n,2·layers·width] the base has for n tokens, as PREFIX_TUNING stores them.
	KV func(tokens []int32) ([]float32, error)
}

// more is the method's own modules and the common ones.
func (c Common) more(own []string) []string {
	return append(own[:len(own):len(own)], c.ModulesToSave...)
}

// New is NewLoRA.
func (l LoRA) New(c Common, m *model.Parts) (Adapter, error) {
	l.TaskType, l.BaseModel, l.ModulesToSave = c.TaskType, c.BaseModel, c.more(l.ModulesToSave)
	return NewLoRA(l, m)
}

// New is NewIA3.
func (a IA3) New(c Common, m *model.Parts) (Adapter, error) {
	a.TaskType, a.BaseModel, a.ModulesToSave = c.TaskType, c.BaseModel, c.more(a.ModulesToSave)
	return NewIA3(a, m)
}

// New is NewPrefixTuning, with the keys and values of InitText.
func (p PrefixTuning) New(c Common, m *model.Parts) (Adapter, error) {
	p.TaskType, p.BaseModel, p.ModulesToSave = c.TaskType, c.BaseModel, c.more(p.ModulesToSave)
	if p.InitText != "" && p.NumVirtualTokens > 0 {
		ids := c.Encode(p.InitText)
		if len(ids) == 0 {
			return nil, errNoTokens("init_text")
		}
		var err error
		if p.InitKV, err = c.KV(repeated(ids, p.NumVirtualTokens)); err != nil {
			return nil, err
		}
	}
	return NewPrefixTuning(p, m)
}

// New is NewPromptTuning, with the tokens of InitText.
func (p PromptTuning) New(c Common, m *model.Parts) (Adapter, error) {
	p.TaskType, p.BaseModel, p.ModulesToSave = c.TaskType, c.BaseModel, c.more(p.ModulesToSave)
	if p.Init == Text {
		p.InitTokens = c.Encode(p.InitText)
	}
	return NewPromptTuning(p, m)
}

// New is NewPTuning.
func (p PTuning) New(c Common, m *model.Parts) (Adapter, error) {
	p.TaskType, p.BaseModel, p.ModulesToSave = c.TaskType, c.BaseModel, c.more(p.ModulesToSave)
	return NewPTuning(p, m)
}

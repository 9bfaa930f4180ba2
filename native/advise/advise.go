// Package advise chooses how to fine-tune: from what is known of the data, the base and the machine it makes a method and its
// settings, with a reason and a source for each.
//
// There are two books of rules. Evidence follows published measurements (sources.go lists them). Article follows the table
// that practical guides pass on, by the number of rows alone; where measurements contradict it, the advice says so. Neither
// knows a machine: what memory and time a choice takes is planned and measured by the caller, who goes through Fallbacks until
// one fits.
package advise

import (
	"fmt"
	"time"
)

// Text is a sentence in English and Chinese.
type Text struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

// textf formats both languages with the same arguments.
func textf(en, zh string, args ...any) Text {
	return Text{fmt.Sprintf(en, args...), fmt.Sprintf(zh, args...)}
}

// Facts are what a choice follows from. A zero number is one that is not known.
type Facts struct {
	Task         string        `json:"task,omitempty"`                // SEQ_CLS or CAUSAL_LM
	Rows         int           `json:"rows,omitempty"`                // of the training data
	Labels       int           `json:"labels,omitempty"`              // of SEQ_CLS
	Smallest     int           `json:"smallest_class,omitempty"`      // rows of the smallest class
	Largest      int           `json:"largest_class,omitempty"`       // rows of the largest class
	LongTokens   int           `json:"long_tokens,omitempty"`         // 99 of 100 texts have no more
	LearntTokens int           `json:"learnt_tokens,omitempty"`       // of CAUSAL_LM, in all rows
	ModelType    string        `json:"model_type,omitempty"`          // of config.json
	Hidden       int           `json:"hidden_size,omitempty"`         // hidden_size
	Parameters   int           `json:"parameters,omitempty"`          // of the base
	PerRank      int           `json:"parameters_per_rank,omitempty"` // parameters that a rank of LoRA has in all linear layers
	Tenants      int           `json:"tenants,omitempty"`             // adapters that shall share one base; 0 or 1: one
	Budget       time.Duration `json:"-"`
}

// Setting is a key of a recipe and its value, as YAML has them.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Reason is a sentence of the advice and what it rests on.
type Reason struct {
	Text    Text     `json:"text"`
	Sources []Source `json:"sources"`
}

// Advice is a choice.
type Advice struct {
	Rules    string    `json:"rules"`
	Method   string    `json:"method"` // as the recipe's peft_type
	Settings []Setting `json:"settings"`
	Reasons  []Reason  `json:"reasons"`
	Doubts   []Reason  `json:"doubts"` // what speaks against it, and what to try beside it
}

// The books of rules.
const (
	Evidence = "evidence"
	Article  = "article"
)

// Rules names them.
var Rules = []string{Evidence, Article}

// Choose follows one of the books.
func Choose(f Facts, rules string) (*Advice, error) {
	if f.Rows < 1 {
		return nil, fmt.Errorf("advise: %d rows, expected at least 1", f.Rows)
	}
	switch rules {
	case Evidence:
		return byEvidence(f), nil
	case Article:
		return byArticle(f), nil
	}
	return nil, fmt.Errorf("advise: rules %q are not known, expected one of %q", rules, Rules)
}

// Get is the value of a setting, "" for none.
func (a *Advice) Get(key string) string {
	for _, s := range a.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// set gives a setting a value, in its place if it is there.
func (a *Advice) set(key string, value any) {
	for i, s := range a.Settings {
		if s.Key == key {
			a.Settings[i].Value = fmt.Sprint(value)
			return
		}
	}
	a.Settings = append(a.Settings, Setting{key, fmt.Sprint(value)})
}

func (a *Advice) because(t Text, sources ...Source) {
	a.Reasons = append(a.Reasons, Reason{t, sources})
}

func (a *Advice) doubt(t Text, sources ...Source) {
	a.Doubts = append(a.Doubts, Reason{t, sources})
}

// With is a copy of the advice with other settings.
func (a *Advice) With(settings ...Setting) *Advice {
	b := *a
	b.Settings = append([]Setting(nil), a.Settings...)
	b.Reasons = append([]Reason(nil), a.Reasons...)
	for _, s := range settings {
		b.set(s.Key, s.Value)
	}
	if m := b.Get("peft_type"); m != "" {
		b.Method = m
	}
	return &b
}

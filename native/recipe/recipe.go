// Package recipe reads what a training run is made of: a YAML file whose keys are Hugging Face's names.
//
// keys.go is the table of all keys, each with its help in English and Chinese; a command-line flag of the same name,
// with dashes for underscores, sets the same field. A key that is not in the table is an error that tells its line and
// the nearest one that is.
package recipe

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/adapter"
	"graft/shared/train"
)

// Recipe is one run. The zero value of a field is not always its default: start from Defaults.
type Recipe struct {
	Model     string // a directory or a GGUF file
	Tokenizer string // a directory with tokenizer.json; "": the model's
	Adapter   string // a PEFT directory to train further; "": a new adapter
	TrainFile string
	Valid     string
	Test      string
	OutputDir string
	Overwrite bool // start anew where an earlier run has left checkpoints
	Resume    bool

	Task             string // SEQ_CLS, CAUSAL_LM
	TextColumn       string
	LabelColumn      string
	PromptColumn     string
	CompletionColumn string
	MessagesColumn   string
	ValidationSplit  float64  // share of the training data, where there is no Valid
	Labels           []string // names in the order of their ids
	MaxLength        int      // tokens

	LoadIn4Bit  bool
	QuantType   string
	DoubleQuant bool

	Method        string // LORA, FULL
	Scratch       bool   // of FULL: from random weights
	R             int
	LoraAlpha     float64
	LoraDropout   float64
	TargetModules adapter.Names
	Exclude       adapter.Names
	ModulesToSave []string
	Bias          string
	LoraBias      bool
	UseRSLora     bool
	RankPattern   map[string]int
	AlphaPattern  map[string]float64
	Layers        []int

	train.Arguments
	Threads int // 0: one for each core
}

// The methods of training. QLORA in a recipe is LORA with load_in_4bit.
const (
	LoRA  = "LORA"
	QLoRA = "QLORA"
	Full  = "FULL"
)

// Defaults are those of transformers and PEFT.
func Defaults() Recipe {
	return Recipe{
		Task: string(adapter.SeqCls), TextColumn: "text", LabelColumn: "label", PromptColumn: "prompt",
		CompletionColumn: "completion", MessagesColumn: "messages", MaxLength: 512, QuantType: "nf4",
		Method: LoRA, R: 8, LoraAlpha: 8, Bias: "none", Arguments: train.Defaults(),
	}
}

// Check reports what can't be meant, and brings names into their usual form. What only the model can tell (names of
// modules) is checked where the model is known.
func (r *Recipe) Check() error {
	r.Task, r.Method, r.QuantType = strings.ToUpper(r.Task), strings.ToUpper(r.Method), strings.ToLower(r.QuantType)
	if r.Method == QLoRA {
		r.Method, r.LoadIn4Bit = LoRA, true
	}
	switch strings.ToLower(r.GradientCheckpointing) { // transformers' is a bool
	case "true":
		r.GradientCheckpointing = "full"
	case "false":
		r.GradientCheckpointing = "none"
	}
	for _, c := range []struct {
		key, got string
		want     []string
	}{
		{"task_type", r.Task, []string{string(adapter.SeqCls), string(adapter.CausalLM)}},
		{"peft_type", r.Method, []string{LoRA, QLoRA, Full}},
		{"bnb_4bit_quant_type", r.QuantType, []string{"nf4"}},
		{"bias", r.Bias, []string{"none", "all", "lora_only"}},
	} {
		if !slices.Contains(c.want, c.got) {
			return fmt.Errorf("%s is %q, expected one of %q", c.key, c.got, c.want)
		}
	}
	for _, c := range []struct {
		key string
		set bool
	}{
		{"model_name_or_path", r.Model != ""}, {"train_file", r.TrainFile != ""}, {"output_dir", r.OutputDir != ""},
	} {
		if !c.set {
			return fmt.Errorf("%s is not set", c.key)
		}
	}
	if !(r.ValidationSplit >= 0 && r.ValidationSplit < 1) {
		return fmt.Errorf("validation_split is %g, expected 0 to 1, without 1", r.ValidationSplit)
	}
	if r.MaxLength < 1 {
		return fmt.Errorf("max_length is %d, expected 1 or more", r.MaxLength)
	}
	if r.Threads < 0 {
		return fmt.Errorf("threads is %d, expected 0 or more", r.Threads)
	}
	if r.Method == Full && r.LoadIn4Bit {
		return fmt.Errorf("peft_type is FULL and load_in_4bit is true: a quantised base stays frozen; train it with LORA or unquantised")
	}
	if r.Scratch && r.Method != Full {
		return fmt.Errorf("from_scratch is true and peft_type %s: only a whole model (FULL) starts from random weights", r.Method)
	}
	if r.Adapter != "" && r.Method != LoRA {
		return fmt.Errorf("adapter_name_or_path is set and peft_type %s, expected LORA", r.Method)
	}
	if r.Resume && r.Overwrite {
		return fmt.Errorf("resume_from_checkpoint and overwrite_output_dir exclude each other")
	}
	return r.Arguments.Check()
}

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

	Method        string // one of Methods
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
	UseDora       bool

	InitLoraWeights   string  // "" or true, gaussian, pissa, pissa_niter_<n>, olora
	LoraPlusLRRatio   float64 // 0: 1
	NumVirtualTokens  int
	PrefixProjection  bool
	EncoderHiddenSize int    // 0: as wide as what it gives
	EncoderType       string // encoder_reparameterization_type
	InitWeights       string // of PREFIX_TUNING
	PromptInit        string
	InitText          string
	Feedforward       adapter.Names // of IA3
	LastNLayers       int

	train.Arguments
	Threads int // 0: one for each core
}

// Defaults are those of transformers and PEFT, but for the learning rate, which is the method's until Check sets it.
func Defaults() Recipe {
	r := Recipe{
		Task: string(adapter.SeqCls), TextColumn: "text", LabelColumn: "label", PromptColumn: "prompt",
		CompletionColumn: "completion", MessagesColumn: "messages", MaxLength: 512, QuantType: "nf4",
		Method: LoRA, R: 8, LoraAlpha: 8, Bias: "none", Arguments: train.Defaults(),
		NumVirtualTokens: 20, EncoderType: "MLP", LastNLayers: 2,
	}
	r.LearningRate = 0 // the method's
	return r
}

// Check reports what can't be meant, and brings names into their usual form. What only the model can tell (names of
// modules) is checked where the model is known.
func (r *Recipe) Check() error {
	r.Task, r.QuantType = strings.ToUpper(r.Task), strings.ToLower(r.QuantType)
	if err := r.checkMethod(); err != nil {
		return err
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
	if r.Resume && r.Overwrite {
		return fmt.Errorf("resume_from_checkpoint and overwrite_output_dir exclude each other")
	}
	return r.Arguments.Check()
}

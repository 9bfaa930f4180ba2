package recipe

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/adapter"
)

// LoRA, QLoRA and Full are the methods that others ask for by name.
const (
	LoRA  = "LORA"
	QLoRA = "QLORA"
	Full  = "FULL"
)

// methods has a row for each peft_type of a recipe: PEFT's own, and names of what PEFT has as options of LORA. rate is the
// learning rate where the recipe has none: what papers and PEFT's benchmark use, as far as the example's own runs bear it
// out (docs/results.md). set gives the options that the name stands for; made is the method, nil for all weights.
var methods = []struct {
	name string
	rate float64
	set  func(*Recipe)
	made func(*Recipe) adapter.Method
}{
	{LoRA, 2e-4, nil, (*Recipe).lora},
	{QLoRA, 2e-4, func(r *Recipe) { r.LoadIn4Bit = true }, (*Recipe).lora},
	{"DORA", 2e-4, func(r *Recipe) { r.UseDora = true }, (*Recipe).lora},
	{"RSLORA", 2e-4, func(r *Recipe) { r.UseRSLora = true }, (*Recipe).lora},
	{"PISSA", 2e-4, func(r *Recipe) { r.start("pissa") }, (*Recipe).lora},
	{"OLORA", 2e-4, func(r *Recipe) { r.start("olora") }, (*Recipe).lora},
	{"LORAPLUS", 2e-4, func(r *Recipe) {
		if r.LoraPlusLRRatio == 0 {
			r.LoraPlusLRRatio = 16
		}
	}, (*Recipe).lora},
	{"PREFIX_TUNING", 1e-2, nil, func(r *Recipe) adapter.Method {
		return adapter.PrefixTuning{NumVirtualTokens: r.NumVirtualTokens, PrefixProjection: r.PrefixProjection, EncoderHiddenSize: r.EncoderHiddenSize,
			InitWeights: strings.TrimPrefix(r.InitWeights, "random"), InitText: r.InitText, ModulesToSave: r.ModulesToSave}
	}},
	{"PROMPT_TUNING", 3e-2, nil, func(r *Recipe) adapter.Method {
		return adapter.PromptTuning{NumVirtualTokens: r.NumVirtualTokens, Init: r.PromptInit, InitText: r.InitText, ModulesToSave: r.ModulesToSave}
	}},
	{"P_TUNING", 1e-3, nil, func(r *Recipe) adapter.Method {
		return adapter.PTuning{NumVirtualTokens: r.NumVirtualTokens, EncoderHiddenSize: r.EncoderHiddenSize, Encoder: r.EncoderType, ModulesToSave: r.ModulesToSave}
	}},
	{"IA3", 5e-3, nil, func(r *Recipe) adapter.Method {
		return adapter.IA3{TargetModules: r.TargetModules, FeedforwardModules: r.Feedforward, Exclude: r.Exclude, ModulesToSave: r.ModulesToSave}
	}},
	{"BIAS", 1e-3, nil, func(r *Recipe) adapter.Method {
		return adapter.Bias{TargetModules: r.TargetModules, Exclude: r.Exclude, Layers: r.Layers, ModulesToSave: r.ModulesToSave}
	}},
	{"LAST_N_LAYERS", 5e-5, nil, func(r *Recipe) adapter.Method {
		return adapter.LastLayers{N: r.LastNLayers, ModulesToSave: r.ModulesToSave}
	}},
	{Full, 5e-5, nil, nil},
}

// start sets init_lora_weights, unless the recipe says more than the method's name.
func (r *Recipe) start(init string) {
	if !strings.HasPrefix(r.InitLoraWeights, init) {
		r.InitLoraWeights = init
	}
}

func (r *Recipe) lora() adapter.Method {
	return adapter.LoRA{R: r.R, LoraAlpha: r.LoraAlpha, LoraDropout: r.LoraDropout, UseRSLora: r.UseRSLora, UseDora: r.UseDora, Bias: r.Bias,
		LoraBias: r.LoraBias, Init: r.InitLoraWeights, TargetModules: r.TargetModules, Exclude: r.Exclude, ModulesToSave: r.ModulesToSave,
		RankPattern: r.RankPattern, AlphaPattern: r.AlphaPattern, Layers: r.Layers}
}

// AdapterMethod is how the recipe's adapter is made, nil for all weights. The recipe is checked before.
func (r *Recipe) AdapterMethod() adapter.Method {
	for _, m := range methods {
		if m.name == r.Method && m.made != nil {
			return m.made(r)
		}
	}
	return nil
}

// RateOf is a method's usual learning rate, 0 of one that is not known.
func RateOf(method string) float64 {
	for _, m := range methods {
		if m.name == method {
			return m.rate
		}
	}
	return 0
}

// Methods are the names a recipe's peft_type may have, in upper case.
func Methods() []string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = m.name
	}
	return names
}

// checkMethod brings the method and its options into their usual form.
func (r *Recipe) checkMethod() error {
	r.Method = strings.ReplaceAll(strings.ToUpper(r.Method), "-", "_")
	i := slices.Index(Methods(), r.Method)
	if i < 0 {
		return fmt.Errorf("peft_type is %q, expected one of %q", r.Method, Methods())
	}
	if r.LearningRate == 0 {
		r.LearningRate = methods[i].rate
	}
	if methods[i].set != nil { // what the name stands for is said by options, too
		methods[i].set(r)
		r.Method = LoRA
	}
	// A prefix of zeros learns better than PEFT's random one, in PEFT's benchmark and in the example (docs/results.md).
	if r.InitWeights = strings.ToLower(r.InitWeights); r.InitWeights == "" && !r.PrefixProjection && r.InitText == "" {
		r.InitWeights = "zero"
	}
	r.PromptInit = strings.ToUpper(r.PromptInit)
	r.EncoderType = strings.ToUpper(r.EncoderType)
	if r.PromptInit == "" {
		r.PromptInit = adapter.SampleVocab
		if r.InitText != "" {
			r.PromptInit = adapter.Text
		}
	}
	switch {
	case r.LoadIn4Bit && r.Method == Full:
		return fmt.Errorf("peft_type is FULL and load_in_4bit is true: a quantised base stays frozen; train it with LORA or unquantised")
	case r.LoadIn4Bit && r.Method == "LAST_N_LAYERS":
		return fmt.Errorf("peft_type is LAST_N_LAYERS and load_in_4bit is true: PEFT could not load whole layers onto a quantised base; train it with LORA or unquantised")
	case r.Scratch && r.Method != Full:
		return fmt.Errorf("from_scratch is true and peft_type %s: only a whole model (FULL) starts from random weights", r.Method)
	case r.Adapter != "" && r.Method == Full:
		return fmt.Errorf("adapter_name_or_path is set and peft_type FULL, expected the adapter's")
	}
	return nil
}

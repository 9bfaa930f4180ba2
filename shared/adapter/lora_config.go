package adapter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// loraConfig is adapter_config.json of peft_type LORA, with PEFT's names and defaults.
type loraConfig struct {
	whole
	R                 int         `json:"r"`
	LoraAlpha         float64     `json:"lora_alpha"`
	LoraDropout       float64     `json:"lora_dropout"`
	UseRSLora         bool        `json:"use_rslora"`
	UseDora           bool        `json:"use_dora"`
	LoraBias          bool        `json:"lora_bias"`
	Bias              string      `json:"bias"`
	TargetModules     Names       `json:"target_modules"`
	ExcludeModules    Names       `json:"exclude_modules"`
	LayersToTransform Ints        `json:"layers_to_transform"`
	LayersPattern     Strings     `json:"layers_pattern"`
	RankPattern       orderedNums `json:"rank_pattern"`
	AlphaPattern      orderedNums `json:"alpha_pattern"`
	FanInFanOut       bool        `json:"fan_in_fan_out"` // of the base's storage: the tensors are the same
	InitWeights       string      `json:"-"`              // of a new adapter
}

// unsupported are keys of PEFT's LoraConfig that change what the tensors mean and that Graft does not compute.
// Each is refused by name unless it has the value that turns it off.
var unsupported = []string{"layer_replication", "trainable_token_indices", "alora_invocation_tokens",
	"use_qalora", "target_parameters", "velora_config", "monteclora_config", "use_bdlora", "arrow_config", "kasa_config",
	"megatron_config"}

// mutating are values of init_lora_weights that change the base weight at load time too.
var mutating = []string{"pissa", "olora", "corda", "lora_ga", "loftq"}

// The bounds of what can be meant; a hostile file must not make the host allocate without end.
const maxRank = 1 << 14

func (c *loraConfig) check(raw map[string]json.RawMessage) error {
	for _, key := range unsupported {
		switch v := string(bytes.TrimSpace(raw[key])); v {
		case "", "null", "false", "{}", "[]":
		default:
			return fmt.Errorf("%s is %.60s, which is not supported", key, v)
		}
	}
	var init string
	if json.Unmarshal(raw["init_lora_weights"], &init) == nil {
		for _, m := range mutating {
			if strings.HasPrefix(init, m) {
				return fmt.Errorf("init_lora_weights is %q, which changes the base weights; convert the adapter to a plain LoRA first "+
					"(PEFT: save_pretrained with path_initial_model_for_weight_conversion)", init)
			}
		}
	}
	ranks := append([]float64{float64(c.R)}, slices.Collect(maps.Values(c.RankPattern.m))...)
	for _, r := range ranks {
		if r < 1 || r > maxRank || r != math.Trunc(r) {
			return fmt.Errorf("r is %g, expected a whole number from 1 to %d", r, maxRank)
		}
	}
	if c.LoraDropout < 0 || c.LoraDropout >= 1 {
		return fmt.Errorf("lora_dropout is %g, expected 0 up to 1", c.LoraDropout)
	}
	if !slices.Contains([]string{"none", "all", "lora_only"}, c.Bias) {
		return fmt.Errorf("bias is %q, expected \"none\", \"all\" or \"lora_only\"", c.Bias)
	}
	if math.IsNaN(c.LoraAlpha) || math.IsInf(c.LoraAlpha, 0) {
		return fmt.Errorf("lora_alpha is %g", c.LoraAlpha)
	}
	return nil
}

// rank and scale of one module: patterns first, in the order of the file.
func (c *loraConfig) rank(path string) (r int, scale float64, err error) {
	rv, err := c.RankPattern.find(path, float64(c.R))
	if err != nil {
		return 0, 0, fmt.Errorf("rank_pattern: %w", err)
	}
	alpha, err := c.AlphaPattern.find(path, c.LoraAlpha)
	if err != nil {
		return 0, 0, fmt.Errorf("alpha_pattern: %w", err)
	}
	if c.UseRSLora {
		return int(rv), alpha / math.Sqrt(rv), nil
	}
	return int(rv), alpha / rv, nil
}

// marshal writes the configuration for the widest range of PEFT versions: what is at its default and younger
// than PEFT 0.5 is left out, since versions before 0.14 stop at keys they do not know.
func (c *loraConfig) marshal() ([]byte, error) {
	target := any(c.TargetModules)
	m := map[string]any{
		"peft_type": "LORA", "task_type": c.TaskType, "base_model_name_or_path": c.BaseModel, "inference_mode": true,
		"r": c.R, "lora_alpha": c.LoraAlpha, "lora_dropout": c.LoraDropout, "bias": c.Bias, "target_modules": target,
		"modules_to_save": c.ModulesToSave, "fan_in_fan_out": c.FanInFanOut, "init_lora_weights": true,
		"layers_to_transform": c.LayersToTransform, "layers_pattern": c.LayersPattern, "revision": nil, "auto_mapping": nil,
	}
	for key, v := range map[string]struct {
		set   bool
		value any
	}{
		"use_rslora":      {c.UseRSLora, true},
		"use_dora":        {c.UseDora, true},
		"lora_bias":       {c.LoraBias, true},
		"exclude_modules": {!c.ExcludeModules.empty(), c.ExcludeModules},
		"rank_pattern":    {len(c.RankPattern.keys) > 0, c.RankPattern},
		"alpha_pattern":   {len(c.AlphaPattern.keys) > 0, c.AlphaPattern},
	} {
		if v.set {
			m[key] = v.value
		}
	}
	return marshal(m)
}

// orderedNums is a JSON object of numbers whose order counts: the first pattern that matches wins.
type orderedNums struct {
	keys []string
	m    map[string]float64
}

// UnmarshalJSON takes an object or null.
func (o *orderedNums) UnmarshalJSON(b []byte) error {
	*o = orderedNums{}
	if err := json.Unmarshal(b, &o.m); err != nil || o.m == nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if _, err := d.Token(); err != nil {
			return err
		}
		if k := key.(string); !slices.Contains(o.keys, k) {
			o.keys = append(o.keys, k)
		}
	}
	return nil
}

// MarshalJSON keeps the order.
func (o orderedNums) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.m[k])
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// find returns the value of the first key that matches the end of path as PEFT matches it, or other.
func (o orderedNums) find(path string, other float64) (float64, error) {
	for _, k := range o.keys {
		ok, err := fullMatch(`(?:.*\.)?(?:`+k+`)`, path)
		if err != nil {
			return 0, err
		}
		if ok {
			return o.m[k], nil
		}
	}
	return other, nil
}

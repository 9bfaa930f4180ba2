package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dlclark/regexp2"

	"graft/shared/model"
)

// Names is a JSON list of module names, or one string: a regular expression over whole paths. PEFT writes
// target_modules and exclude_modules so.
type Names struct {
	List    []string
	Pattern string
}

// UnmarshalJSON takes a list, a string or null.
func (n *Names) UnmarshalJSON(b []byte) error {
	*n = Names{}
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &n.Pattern)
	}
	return json.Unmarshal(b, &n.List)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (n Names) MarshalJSON() ([]byte, error) {
	if n.Pattern != "" {
		return json.Marshal(n.Pattern)
	}
	return json.Marshal(n.List)
}

func (n Names) empty() bool { return n.Pattern == "" && len(n.List) == 0 }

// AllLinear as a pattern stands for every linear layer but the output layer.
const AllLinear = "all-linear"

// matchTimeout bounds one match of a pattern from a file, which may backtrack without end.
const matchTimeout = 100 * time.Millisecond

// fullMatch reports whether the pattern, in Python's syntax, matches all of s.
func fullMatch(pattern, s string) (bool, error) {
	re, err := regexp2.Compile(`\A(?:`+pattern+`)\z`, regexp2.None)
	if err != nil {
		return false, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	re.MatchTimeout = matchTimeout
	ok, err := re.MatchString(s)
	if err != nil {
		return false, fmt.Errorf("pattern %q takes too long on %q", pattern, s)
	}
	return ok, nil
}

// match reports whether a path is named: by its last parts in a list, or as a whole by a pattern.
func (n Names) match(path string) (bool, error) {
	if n.Pattern != "" {
		return fullMatch(n.Pattern, path)
	}
	return slices.ContainsFunc(n.List, func(t string) bool { return path == t || strings.HasSuffix(path, "."+t) }), nil
}

// layerIndex is the number in ".….<name>.<number>." of a path, where name is one of patterns if there are any.
func layerIndex(path string, patterns []string) (int, bool) {
	parts := strings.Split(path, ".")
	for i := 1; i+1 < len(parts); i++ {
		n, err := strconv.Atoi(parts[i])
		if err == nil && (len(patterns) == 0 || slices.Contains(patterns, parts[i-1])) {
			return n, true
		}
	}
	return 0, false
}

// Dummy as a pattern stands for no layer, in PEFT's words: an adapter of whole modules or biases alone.
const Dummy = "dummy-target-modules"

// usual are names of the layers that methods change where no names are given: of each, the first whose names the model
// has. The first rows are PEFT's for Llama and most decoders, BERT, GPT-NeoX, GPT-2, DeBERTa, ModernBERT and DistilBERT.
var usual = []struct{ lora, ia3, feedforward []string }{
	{[]string{"q_proj", "v_proj"}, []string{"k_proj", "v_proj", "down_proj"}, []string{"down_proj"}},
	{[]string{"query", "value"}, []string{"key", "value", "output.dense"}, []string{"output.dense"}},
	{[]string{"query_key_value"}, []string{"query_key_value", "dense_4h_to_h"}, []string{"dense_4h_to_h"}},
	{[]string{"c_attn"}, []string{"c_attn", "mlp.c_proj"}, []string{"mlp.c_proj"}},
	{[]string{"query_proj", "value_proj"}, []string{"key_proj", "value_proj", "output.dense"}, []string{"output.dense"}},
	{[]string{"Wqkv"}, []string{"Wqkv", "mlp.Wo"}, []string{"mlp.Wo"}},
	{[]string{"q_lin", "v_lin"}, []string{"k_lin", "v_lin", "ffn.lin2"}, []string{"ffn.lin2"}},
	{[]string{"q_proj", "v_proj"}, []string{"k_proj", "v_proj", "fc2"}, []string{"fc2"}},
	{[]string{"qkv_proj"}, []string{"qkv_proj", "down_proj"}, []string{"down_proj"}},
}

// named reports whether each name means a layer of the model.
func named(names []string, m *model.Parts) bool {
	for _, n := range names {
		if !slices.ContainsFunc(m.Linear, func(path string) bool { return path == n || strings.HasSuffix(path, "."+n) }) {
			return false
		}
	}
	return true
}

// targets selects from the modules of a model those a LoRA configuration names, as PEFT does.
func (c *loraConfig) targets(m *model.Parts) ([]string, error) {
	if c.TargetModules.Pattern == Dummy {
		return nil, nil
	}
	if c.TargetModules.empty() {
		for _, u := range usual {
			if named(u.lora, m) {
				c.TargetModules.List = u.lora
				break
			}
		}
	}
	modules := m.Linear
	if c.TargetModules.Pattern != AllLinear {
		modules = append(slices.Clone(m.Linear), m.Embedding, model.Output)
	}
	var hit []string
	for _, path := range modules {
		ok := c.TargetModules.Pattern == AllLinear
		if !ok {
			var err error
			if ok, err = c.TargetModules.match(path); err != nil {
				return nil, fmt.Errorf("target_modules: %w", err)
			}
		}
		if !ok || c.saved(path) {
			continue
		}
		if !c.ExcludeModules.empty() {
			out, err := c.ExcludeModules.match(path)
			if err != nil {
				return nil, fmt.Errorf("exclude_modules: %w", err)
			}
			if out {
				continue
			}
		}
		if len(c.LayersToTransform) > 0 {
			n, ok := layerIndex(path, c.LayersPattern)
			if !ok || !slices.Contains(c.LayersToTransform, n) {
				continue
			}
		}
		if path == model.Output && c.TaskType == SeqCls {
			return nil, fmt.Errorf("target_modules: %s is no part of a classifier", path)
		}
		hit = append(hit, path)
	}
	if len(hit) == 0 {
		return nil, fmt.Errorf("target_modules %v: no linear layer of the model is meant; it has %s", c.TargetModules, strings.Join(lastNames(m.Linear), ", "))
	}
	return hit, nil
}

// lastNames are the distinct last parts of paths, in order.
func lastNames(paths []string) []string {
	var names []string
	for _, p := range paths {
		if n := p[strings.LastIndexByte(p, '.')+1:]; !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func (n Names) String() string {
	if n.Pattern != "" {
		return strconv.Quote(n.Pattern)
	}
	return fmt.Sprintf("%q", n.List)
}

// Ints is a JSON list of numbers, or one number.
type Ints []int

// UnmarshalJSON takes a list, a number or null.
func (v *Ints) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && (b[0] == '[' || b[0] == 'n') {
		return json.Unmarshal(b, (*[]int)(v))
	}
	*v = make(Ints, 1)
	return json.Unmarshal(b, &(*v)[0])
}

// Strings is a JSON list of strings, or one string.
type Strings []string

// UnmarshalJSON takes a list, a string or null.
func (v *Strings) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*v = make(Strings, 1)
		return json.Unmarshal(b, &(*v)[0])
	}
	return json.Unmarshal(b, (*[]string)(v))
}

package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// IA3 says what a new (IA)³ adapter is: a trained factor for each output of a linear layer or, of feed-forward modules,
// for each input (Liu et al. 2022). They start at 1.
type IA3 struct {
	TaskType           TaskType
	BaseModel          string
	TargetModules      Names // empty: keys, values and the feed-forward's second layer
	FeedforwardModules Names // of those; nil with TargetModules: none
	Exclude            Names
	ModulesToSave      []string
}

// ia3Config is adapter_config.json of peft_type IA3.
type ia3Config struct {
	whole
	TargetModules      Names `json:"target_modules"`
	ExcludeModules     Names `json:"exclude_modules"`
	FeedforwardModules Names `json:"feedforward_modules"`
	FanInFanOut        bool  `json:"fan_in_fan_out"`
}

type ia3 struct {
	ia3Config
	modules map[string]bool // by path: whether it scales inputs
}

var _ Adapter = (*ia3)(nil)

// NewIA3 binds a configuration to a model.
func NewIA3(c IA3, m *model.Parts) (Adapter, error) {
	return ia3Config{whole{c.ModulesToSave, c.TaskType, c.BaseModel, prefix}, c.TargetModules, c.Exclude, c.FeedforwardModules, false}.bind(m)
}

func parseIA3(config []byte, m *model.Parts) (Adapter, error) {
	c := ia3Config{whole: whole{before: prefix}}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, err
	}
	return c.bind(m)
}

func (c ia3Config) bind(m *model.Parts) (Adapter, error) {
	c.keepHead()
	c.ModulesToSave = slices.Clip(c.ModulesToSave)
	if c.TargetModules.empty() {
		for _, u := range usual {
			if named(u.ia3, m) {
				c.TargetModules.List, c.FeedforwardModules.List = u.ia3, u.feedforward
				break
			}
		}
	}
	// The rules that select layers are LoRA's.
	l := loraConfig{whole: c.whole, TargetModules: c.TargetModules, ExcludeModules: c.ExcludeModules}
	hit, err := l.targets(m)
	if err != nil {
		return nil, err
	}
	if c.TargetModules.Pattern == AllLinear {
		c.TargetModules = Names{List: lastNames(hit)}
	}
	a := &ia3{c, map[string]bool{}}
	for _, path := range hit {
		if path == m.Embedding || path == model.Output {
			return nil, fmt.Errorf("target_modules: IA3 of %s is not supported", path)
		}
		if a.modules[path], err = c.FeedforwardModules.match(path); err != nil {
			return nil, fmt.Errorf("feedforward_modules: %w", err)
		}
	}
	return a, nil
}

func (a *ia3) Hooks(kind graph.Kind) nn.Hooks {
	scaled := func(p nn.Params, x graph.Value, feedforward bool) graph.Value {
		if ff, ok := a.modules[p.Path()]; !ok || ff != feedforward {
			return x
		}
		g, n, name := p.Graph(), x.Shape().Cols(), prefix+p.Path()+".ia3_l"
		if feedforward { // stored as a row; the sum over one row is that row as a vector
			return op.Mul(x, op.SumRows(g.Leaf(kind, name, tensor.F32, 1, n)))
		}
		one := g.Constant("column."+strconv.Itoa(n), tensor.FromFloats(ones(n), n, 1))
		return op.Mul(x, op.RowDot(g.Leaf(kind, name, tensor.F32, n, 1), one))
	}
	return nn.Hooks{
		Weight: func(name string) (string, graph.Kind, bool) { return a.weight(name, kind) },
		Input:  func(p nn.Params, x graph.Value) graph.Value { return scaled(p, x, true) },
		Linear: func(p nn.Params, _, y, _ graph.Value) graph.Value { return scaled(p, y, false) },
	}
}

func (a *ia3) Init(name string, shape tensor.Shape, _ Start) ([]float32, bool, error) {
	return ones(shape.Len()), strings.HasSuffix(name, ".ia3_l"), nil
}

func (a *ia3) BaseName(name string) string {
	if strings.HasSuffix(name, ".ia3_l") {
		return ""
	}
	return strings.TrimPrefix(name, prefix)
}

// Merge multiplies columns of a feed-forward's weight, rows and the bias of another.
func (a *ia3) Merge(name string, w *tensor.Tensor, tensors weights.Source) (bool, error) {
	if leaf, _, ok := a.weight(name, 0); ok {
		return true, replace(w, tensors, leaf)
	}
	path := module(name)
	feedforward, ok := a.modules[path]
	if !ok || feedforward && strings.HasSuffix(name, ".bias") {
		return false, nil
	}
	t, err := weights.Floats(tensors, prefix+path+".ia3_l")
	if err != nil {
		return false, err
	}
	values, factors, cols := w.Floats(), t.Floats(), 1
	if len(w.Shape) > 1 {
		cols = w.Shape[1]
	}
	byColumn := len(w.Shape) > 1 && feedforward != a.FanInFanOut // fan_in_fan_out is stored as [in,out]
	if n := len(values) / cols; byColumn && len(factors) != cols || !byColumn && len(factors) != n {
		return false, fmt.Errorf("%s: %d factors for a weight of shape %v", name, len(factors), w.Shape)
	}
	for i := range values {
		if byColumn {
			values[i] *= factors[i%cols]
		} else {
			values[i] *= factors[i/cols]
		}
	}
	return true, nil
}

func (a *ia3) MarshalConfig() ([]byte, error) {
	m := map[string]any{"peft_type": "IA3", "task_type": a.TaskType, "base_model_name_or_path": a.BaseModel, "inference_mode": true,
		"target_modules": a.TargetModules, "feedforward_modules": a.FeedforwardModules, "modules_to_save": a.ModulesToSave,
		"fan_in_fan_out": a.FanInFanOut, "init_ia3_weights": true, "revision": nil, "auto_mapping": nil}
	if a.FeedforwardModules.empty() {
		m["feedforward_modules"] = []string{}
	}
	if !a.ExcludeModules.empty() {
		m["exclude_modules"] = a.ExcludeModules
	}
	return marshal(m)
}

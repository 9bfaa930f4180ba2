package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// LoRA says what a new LoRA adapter is: y = x·Wᵀ + scale·(x·Aᵀ)·Bᵀ with A [r,in] and B [out,r]
// (Hu et al. 2021). Zero values are PEFT's defaults where noted.
type LoRA struct {
	TaskType      TaskType
	BaseModel     string  // base_model_name_or_path
	R             int     // 0: 8
	LoraAlpha     float64 // 0: 8
	LoraDropout   float64
	UseRSLora     bool   // scale alpha/√r in place of alpha/r (Kalajdzievski 2023)
	UseDora       bool   // a length for each row of W + scale·B·A, trained apart (Liu et al. 2024)
	Bias          string // "none" (default), "all", "lora_only"
	LoraBias      bool
	Init          string // init_lora_weights: "" or "true" (default), "gaussian", "pissa", "pissa_niter_<n>", "olora"
	TargetModules Names  // empty: the attention's queries and values
	Exclude       Names
	ModulesToSave []string
	RankPattern   map[string]int
	AlphaPattern  map[string]float64
	Layers        []int // layers_to_transform
}

// lora is a LoRA bound to the modules of a model.
type lora struct {
	loraConfig
	m       *model.Parts
	modules map[string]loraModule // by path

	biasOnly bool               // A and B stay zeros: only lora_B.bias is trained
	start    string             // "pissa…", "olora": trained apart from first values that follow from the base
	firsts   map[string]factors // of start, by path
	// factorize makes them, nil where the adapter is not one that begins to be trained.
	factorize func(init string, w blas32.General, r int, scale float64) (factors, error)
}

type loraModule struct {
	r     int
	scale float32
}

var (
	_ Adapter = (*lora)(nil)
	_ Deriver = (*lora)(nil)
)

// NewLoRA binds a configuration to a model.
func NewLoRA(l LoRA, m *model.Parts) (Adapter, error) {
	c := defaultLoRA()
	c.TaskType, c.BaseModel, c.LoraDropout, c.UseRSLora, c.LoraBias, c.UseDora = l.TaskType, l.BaseModel, l.LoraDropout, l.UseRSLora, l.LoraBias, l.UseDora
	c.TargetModules, c.ExcludeModules, c.ModulesToSave, c.LayersToTransform = l.TargetModules, l.Exclude, slices.Clone(l.ModulesToSave), l.Layers
	if l.R != 0 {
		c.R = l.R
	}
	if l.LoraAlpha != 0 {
		c.LoraAlpha = l.LoraAlpha
	}
	if l.Bias != "" {
		c.Bias = l.Bias
	}
	for k, v := range l.RankPattern {
		c.RankPattern.add(k, float64(v))
	}
	for k, v := range l.AlphaPattern {
		c.AlphaPattern.add(k, v)
	}
	a, err := c.bind(nil, m)
	if err != nil {
		return nil, err
	}
	return a.starting(l.Init)
}

func (o *orderedNums) add(key string, v float64) {
	if o.m == nil {
		o.m = map[string]float64{}
	}
	o.m[key] = v
	at, _ := slices.BinarySearch(o.keys, key)
	o.keys = slices.Insert(o.keys, at, key)
}

func defaultLoRA() loraConfig {
	return loraConfig{R: 8, LoraAlpha: 8, Bias: "none", whole: whole{before: prefix}}
}

func parseLoRA(config []byte, m *model.Parts) (Adapter, error) {
	c := defaultLoRA()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(config, &raw); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, err
	}
	l, err := c.bind(raw, m)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// bind finds the modules a configuration means.
func (c loraConfig) bind(raw map[string]json.RawMessage, m *model.Parts) (*lora, error) {
	if err := c.check(raw); err != nil {
		return nil, err
	}
	c.keepHead()
	hit, err := c.targets(m)
	if err != nil {
		return nil, err
	}
	if c.TargetModules.Pattern == AllLinear { // saved expanded, as PEFT does
		c.TargetModules = Names{List: lastNames(hit)}
	}
	l := &lora{loraConfig: c, m: m, modules: map[string]loraModule{}}
	for _, path := range hit {
		r, scale, err := c.rank(path)
		if err != nil {
			return nil, err
		}
		if c.UseDora && (path == m.Embedding || path == model.Output) {
			return nil, fmt.Errorf("use_dora: DoRA of %s is not supported", path)
		}
		l.modules[path] = loraModule{r, float32(scale)}
	}
	return l, nil
}

func (l *lora) MarshalConfig() ([]byte, error) { return l.marshal() }

func (l *lora) Hooks(kind graph.Kind) nn.Hooks {
	_, output := l.modules[model.Output]
	h := nn.Hooks{
		Weight: func(name string) (string, graph.Kind, bool) { return l.weight(name, kind) },
		Linear: func(p nn.Params, x, y, bias graph.Value) graph.Value { return l.linear(p, x, y, bias, kind) },
		Output: output,
	}
	if _, ok := l.modules[l.m.Embedding]; ok {
		h.Embed = func(p nn.Params, index, x graph.Value) graph.Value { return l.embed(p, index, x, kind) }
	}
	return h
}

// weight tells which base weights the adapter replaces by copies of its own.
func (l *lora) weight(name string, kind graph.Kind) (string, graph.Kind, bool) {
	path, what := module(name), name[strings.LastIndexByte(name, '.')+1:]
	_, target := l.modules[path]
	switch {
	case l.saved(path):
	case what == "bias" && target && l.Bias != "none":
		return prefix + path + ".base_layer.bias", kind, true
	case what == "bias" && l.Bias == "all":
	default:
		return "", 0, false
	}
	return prefix + name, kind, true
}

func (l *lora) linear(p nn.Params, x, y, bias graph.Value, kind graph.Kind) graph.Value {
	m, ok := l.modules[p.Path()]
	if !ok {
		return y
	}
	g, name := p.Graph(), prefix+p.Path()
	in, out := x.Shape().Cols(), y.Shape().Cols()
	added := func() graph.Value { return op.Scale(g.Leaf(kind, name+".lora_B.bias", tensor.F32, out), m.scale) }
	if l.biasOnly && kind == graph.Param {
		return op.Add(y, added())
	}
	a := g.Leaf(kind, name+".lora_A.weight", tensor.F32, m.r, in)
	b := g.Leaf(kind, name+".lora_B.weight", tensor.F32, out, m.r)
	if l.start != "" && kind == graph.Param {
		y = l.apart(p, m, x, y)
	}
	if p.Scope().Train && l.LoraDropout > 0 {
		x = op.Dropout(x, nn.Seed(g), float32(l.LoraDropout), nn.Stream(name))
	}
	y = op.MatMul(op.Linear(x, a), b, op.MatMulConfig{TransposeB: true, Alpha: m.scale, C: y})
	if l.LoraBias {
		y = op.Add(y, added())
	}
	if l.UseDora {
		y = l.dora(p, m, y, bias, a, b, kind)
	}
	return y
}

// Init follows PEFT: B is zeros and A random, so that the first step starts from the base.
func (l *lora) Init(name string, shape tensor.Shape, s Start) ([]float32, bool, error) {
	n := shape.Len()
	if l.start != "" && (strings.HasSuffix(name, ".lora_A.weight") || strings.HasSuffix(name, ".lora_B.weight")) {
		v, err := l.first(name, shape, s.Base)
		return v, true, err
	}
	switch {
	case strings.HasSuffix(name, ".lora_A.weight"):
		if l.InitWeights == "gaussian" {
			return normal(s.Rand, n, 1/float64(shape[0])), true, nil
		}
		return kaiming(s.Rand, n, shape.Cols()), true, nil
	case strings.HasSuffix(name, ".lora_embedding_B"):
		return normal(s.Rand, n, 1), true, nil
	case strings.HasSuffix(name, ".lora_B.weight"), strings.HasSuffix(name, ".lora_B.bias"), strings.HasSuffix(name, ".lora_embedding_A"):
		return make([]float32, n), true, nil
	case strings.HasSuffix(name, magnitude):
		v, err := l.rowNorms(strings.TrimPrefix(strings.TrimSuffix(name, magnitude), prefix), s.Base)
		return v, true, err
	}
	return nil, false, nil
}

func (l *lora) BaseName(name string) string {
	if strings.Contains(name, ".lora_") {
		return ""
	}
	return strings.Replace(strings.TrimPrefix(name, prefix), ".base_layer.bias", ".bias", 1)
}

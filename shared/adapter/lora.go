package adapter

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// prefix is what PEFT puts before the checkpoint name of a module it has wrapped.
const prefix = "base_model.model."

// LoRA says what a new LoRA adapter is: y = x·Wᵀ + scale·(x·Aᵀ)·Bᵀ with A [r,in] and B [out,r]
// (Hu et al. 2021). Zero values are PEFT's defaults where noted.
type LoRA struct {
	TaskType      TaskType
	BaseModel     string  // base_model_name_or_path
	R             int     // 0: 8
	LoraAlpha     float64 // 0: 8
	LoraDropout   float64
	UseRSLora     bool   // scale alpha/√r in place of alpha/r (Kalajdzievski 2023)
	Bias          string // "none" (default), "all", "lora_only"
	LoraBias      bool
	TargetModules Names // empty: q_proj, v_proj, or their like
	Exclude       Names
	ModulesToSave []string
	RankPattern   map[string]int
	AlphaPattern  map[string]float64
	Layers        []int // layers_to_transform
}

// lora is a LoRA bound to the modules of a model.
type lora struct {
	loraConfig
	modules map[string]loraModule // by path
}

type loraModule struct {
	r     int
	scale float32
}

var _ Adapter = (*lora)(nil)

// NewLoRA binds a configuration to a model.
func NewLoRA(l LoRA, m *model.Parts) (Adapter, error) {
	c := defaultLoRA()
	c.TaskType, c.BaseModel, c.LoraDropout, c.UseRSLora, c.LoraBias = l.TaskType, l.BaseModel, l.LoraDropout, l.UseRSLora, l.LoraBias
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
	return c.bind(nil, m)
}

func (o *orderedNums) add(key string, v float64) {
	if o.m == nil {
		o.m = map[string]float64{}
	}
	o.m[key] = v
	at, _ := slices.BinarySearch(o.keys, key)
	o.keys = slices.Insert(o.keys, at, key)
}

func defaultLoRA() loraConfig { return loraConfig{R: 8, LoraAlpha: 8, Bias: "none"} }

func parseLoRA(config []byte, m *model.Parts) (Adapter, error) {
	c := defaultLoRA()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(config, &raw); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, err
	}
	return c.bind(raw, m)
}

// bind finds the modules a configuration means. For SEQ_CLS PEFT keeps the head whole, whatever it is called.
func (c loraConfig) bind(raw map[string]json.RawMessage, m *model.Parts) (Adapter, error) {
	if err := c.check(raw); err != nil {
		return nil, err
	}
	if c.TaskType == SeqCls {
		for _, head := range []string{"classifier", "score"} {
			if !slices.Contains(c.ModulesToSave, head) {
				c.ModulesToSave = append(c.ModulesToSave, head)
			}
		}
	}
	hit, err := c.targets(m.Linear)
	if err != nil {
		return nil, err
	}
	if c.TargetModules.Pattern == AllLinear { // saved expanded, as PEFT does
		c.TargetModules = Names{List: lastNames(hit)}
	}
	l := &lora{c, map[string]loraModule{}}
	for _, path := range hit {
		r, scale, err := c.rank(path)
		if err != nil {
			return nil, err
		}
		l.modules[path] = loraModule{r, float32(scale)}
	}
	return l, nil
}

func (l *lora) Task() TaskType                 { return l.TaskType }
func (l *lora) MarshalConfig() ([]byte, error) { return l.marshal() }

func (l *lora) Hooks(kind graph.Kind) nn.Hooks {
	return nn.Hooks{
		Weight: func(name string) (string, graph.Kind, bool) { return l.weight(name, kind) },
		Linear: func(p nn.Params, x, y, _ graph.Value) graph.Value { return l.linear(p, x, y, kind) },
	}
}

// weight tells which base weights the adapter replaces by copies of its own.
func (l *lora) weight(name string, kind graph.Kind) (string, graph.Kind, bool) {
	dot := strings.LastIndexByte(name, '.')
	path, what := name[:max(dot, 0)], name[dot+1:]
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

func (l *lora) linear(p nn.Params, x, y graph.Value, kind graph.Kind) graph.Value {
	m, ok := l.modules[p.Path()]
	if !ok {
		return y
	}
	g, name := p.Graph(), prefix+p.Path()
	in, out := x.Shape().Cols(), y.Shape().Cols()
	a := g.Leaf(kind, name+".lora_A.weight", tensor.F32, m.r, in)
	b := g.Leaf(kind, name+".lora_B.weight", tensor.F32, out, m.r)
	if p.Scope().Train && l.LoraDropout > 0 {
		x = op.Dropout(x, Seed(g), float32(l.LoraDropout), stream(name))
	}
	y = op.MatMul(op.Linear(x, a), b, op.MatMulConfig{TransposeB: true, Alpha: m.scale, C: y})
	if l.LoraBias {
		y = op.Add(y, op.Scale(g.Leaf(kind, name+".lora_B.bias", tensor.F32, out), m.scale))
	}
	return y
}

// Seed is the input that dropout draws its masks from: I32 [2], another pair for every step.
func Seed(g *graph.Graph) graph.Value { return g.Leaf(graph.Input, "seed", tensor.I32, 2) }

// stream sets the masks of different modules apart.
func stream(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name))
	return int(int32(h.Sum32()))
}

func (l *lora) Init(name string, shape tensor.Shape, r *rand.Rand) ([]float32, bool) {
	v := make([]float32, shape.Len())
	switch {
	case strings.HasSuffix(name, ".lora_A.weight"): // kaiming_uniform(a=√5) over [r,in] is U(±1/√in)
		bound := 1 / math.Sqrt(float64(shape.Cols()))
		for i := range v {
			v[i] = float32((2*r.Float64() - 1) * bound)
		}
	case strings.HasSuffix(name, ".lora_B.weight"), strings.HasSuffix(name, ".lora_B.bias"):
	default:
		return nil, false
	}
	return v, true
}

func (l *lora) BaseName(name string) string {
	if strings.Contains(name, ".lora_") {
		return ""
	}
	return strings.Replace(strings.TrimPrefix(name, prefix), ".base_layer.bias", ".bias", 1)
}

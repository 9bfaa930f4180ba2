package adapter

import (
	"fmt"
	"strings"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// PrefixTuning says what a new prefix is: keys and values of every layer that every token attends before the text's own
// (Li and Liang 2021). The text's positions count from NumVirtualTokens on.
type PrefixTuning struct {
	TaskType         TaskType
	BaseModel        string
	NumVirtualTokens int
	// PrefixProjection trains the prefix through two layers of EncoderHiddenSize values with a tanh between.
	PrefixProjection  bool
	EncoderHiddenSize int       // 0: the width of keys
	InitWeights       string    // "zero", or "" for random ones
	InitText          string    // text whose keys and values the prefix starts as; "" for none
	InitKV            []float32 // of InitText: [NumVirtualTokens,2·layers·width]
	ModulesToSave     []string
}

type prefixTuning struct {
	promptConfig
	PrefixProjection bool   `json:"prefix_projection"`
	InitWeights      string `json:"init_weights"`

	m     *model.Parts
	train *encoder // of a new adapter with projection
	kv    []float32
}

var (
	_ Adapter  = (*prefixTuning)(nil)
	_ Prompter = (*prefixTuning)(nil)
)

// NewPrefixTuning binds a configuration to a model.
func NewPrefixTuning(c PrefixTuning, m *model.Parts) (Adapter, error) {
	a := &prefixTuning{PrefixProjection: c.PrefixProjection, InitWeights: c.InitWeights, m: m}
	a.whole = whole{c.ModulesToSave, c.TaskType, c.BaseModel, wrapped}
	a.NumVirtualTokens, a.EncoderHiddenSize = c.NumVirtualTokens, c.EncoderHiddenSize
	if err := a.bind(); err != nil {
		return nil, err
	}
	if a.EncoderHiddenSize == 0 {
		a.EncoderHiddenSize = a.TokenDim
	}
	if c.InitWeights != "" && c.InitWeights != "zero" {
		return nil, fmt.Errorf("init_weights is %q, expected zero or nothing", c.InitWeights)
	}
	if a.kv = c.InitKV; a.kv != nil && a.PrefixProjection {
		return nil, fmt.Errorf("init_text: a prefix that is trained through prefix_projection does not start from a text")
	}
	if a.kv != nil && len(a.kv) != a.rows*a.cols {
		return nil, fmt.Errorf("init_text: %d keys and values, expected %d rows of %d", len(a.kv), a.rows, a.cols)
	}
	return a.encoded()
}

// encoded gives the adapter as it is trained.
func (a *prefixTuning) encoded() (Adapter, error) {
	if !a.PrefixProjection {
		return a, nil
	}
	if a.EncoderHiddenSize < 1 {
		return nil, fmt.Errorf("encoder_hidden_size is %d, expected 1 or more", a.EncoderHiddenSize)
	}
	a.train = &encoder{a.rows, "transform", []int{a.TokenDim, a.EncoderHiddenSize, a.cols}, op.Tanh}
	return encodedPrompt{a, a.train}, nil
}

func parsePrefixTuning(config []byte, m *model.Parts) (Adapter, error) {
	a := &prefixTuning{m: m}
	if err := a.parse(config, a); err != nil {
		return nil, err
	}
	return a, a.bind()
}

// bind takes the width of keys and values from the model; a layer of another width gets no prefix, as in PEFT.
func (a *prefixTuning) bind() error {
	if _, ok := a.m.Model.(model.Decoder); !ok {
		return fmt.Errorf("PREFIX_TUNING of a %s is not supported: transformers' encoders take no keys and values from outside", a.m.Config().ModelType)
	}
	width, layers := 0, len(a.m.KV)
	for _, w := range a.m.KV {
		width = max(width, w)
	}
	if width == 0 {
		return fmt.Errorf("the model has no attention that a prefix could enter")
	}
	if a.TokenDim == 0 {
		a.TokenDim = width
	}
	heads := a.m.Config().NumKeyValueHeads
	if err := a.promptConfig.bind(a.m, a.TokenDim, heads); err != nil {
		return err
	}
	found := false
	for _, w := range a.m.KV {
		found = found || w == a.TokenDim
	}
	if !found {
		return fmt.Errorf("token_dim is %d, expected %d, the width of a layer's keys", a.TokenDim, width)
	}
	a.NumLayers = layers
	a.cols = 2 * layers * a.TokenDim
	return nil
}

// Virtual is one key a virtual token.
func (a *prefixTuning) Virtual() Virtual { return Virtual{Keys: a.NumVirtualTokens} }

func (a *prefixTuning) Hooks(kind graph.Kind) nn.Hooks {
	var table graph.Value // recorded once a graph
	return nn.Hooks{
		Weight: func(name string) (string, graph.Kind, bool) { return a.weight(name, kind) },
		KV: func(p nn.Params, layer, width int) (k, v graph.Value) {
			if width != a.TokenDim {
				p.Graph().Fail(fmt.Errorf("keys of %d values, and the prefix has %d: layers of several widths are not supported", width, a.TokenDim))
				return k, v
			}
			if !table.Valid() || table.Graph() != p.Graph() {
				if a.train != nil && kind == graph.Param {
					table = a.train.record(p.Graph())
				} else {
					table = a.table(p.Graph(), kind)
				}
			}
			return op.Columns(table, 2*layer*width, width), op.Columns(table, (2*layer+1)*width, width)
		},
	}
}

// Init is PEFT's N(0,1), or zeros of a prefix that at first says nothing.
func (a *prefixTuning) Init(name string, shape tensor.Shape, s Start) ([]float32, bool, error) {
	zero := a.InitWeights == "zero"
	if a.train != nil {
		v, ok := a.train.init(name, shape, s)
		if ok && zero && strings.HasPrefix(name, encoderName+"transform.2.") {
			clear(v)
		}
		return v, ok, nil
	}
	switch {
	case name != promptEmbeddings:
		return nil, false, nil
	case a.kv != nil:
		return a.kv, true, nil
	}
	if zero {
		return make([]float32, shape.Len()), true, nil
	}
	return normal(s.Rand, shape.Len(), 1), true, nil
}

func (a *prefixTuning) MarshalConfig() ([]byte, error) {
	more := map[string]any{"encoder_hidden_size": a.EncoderHiddenSize, "prefix_projection": a.PrefixProjection}
	return a.marshal("PREFIX_TUNING", more)
}

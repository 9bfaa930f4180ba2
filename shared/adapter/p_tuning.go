package adapter

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
)

// PTuning says what a new prompt is that is trained through three layers with ReLUs between (Liu et al. 2021). Used, it
// is what PROMPT_TUNING is.
type PTuning struct {
	TaskType          TaskType
	BaseModel         string
	NumVirtualTokens  int
	EncoderHiddenSize int    // 0: the model's hidden_size
	Encoder           string // encoder_reparameterization_type: "MLP" (default); LSTM is not supported
	ModulesToSave     []string
}

type pTuning struct {
	promptConfig
	Encoder string `json:"encoder_reparameterization_type"`

	m     *model.Parts
	train *encoder // of a new adapter
}

var (
	_ Adapter  = (*pTuning)(nil)
	_ Prompter = (*pTuning)(nil)
)

// mlp is the one encoder_reparameterization_type that is trained.
const mlp = "MLP"

// NewPTuning binds a configuration to a model.
func NewPTuning(c PTuning, m *model.Parts) (Adapter, error) {
	a := &pTuning{Encoder: c.Encoder, m: m}
	a.whole = whole{c.ModulesToSave, c.TaskType, c.BaseModel, wrapped}
	a.NumVirtualTokens, a.EncoderHiddenSize = c.NumVirtualTokens, c.EncoderHiddenSize
	if err := a.bind(); err != nil {
		return nil, err
	}
	if a.EncoderHiddenSize == 0 {
		a.EncoderHiddenSize = a.TokenDim
	}
	if a.Encoder == "" {
		a.Encoder = mlp
	}
	return a.encoded()
}

// encoded gives the adapter as it is trained.
func (a *pTuning) encoded() (Adapter, error) {
	if a.Encoder != mlp {
		return nil, fmt.Errorf("encoder_reparameterization_type is %q, which is not trained; expected MLP", a.Encoder)
	}
	if a.EncoderHiddenSize < 1 {
		return nil, fmt.Errorf("encoder_hidden_size is %d, expected 1 or more", a.EncoderHiddenSize)
	}
	h := a.EncoderHiddenSize
	a.train = &encoder{a.rows, "mlp_head", []int{a.TokenDim, h, h, a.TokenDim}, op.ReLU}
	return encodedPrompt{a, a.train}, nil
}

func parsePTuning(config []byte, m *model.Parts) (Adapter, error) {
	a := &pTuning{m: m}
	if err := a.parse(config, a); err != nil {
		return nil, err
	}
	return a, a.bind()
}

func (a *pTuning) bind() error {
	return a.promptConfig.bind(a.m, a.m.Config().HiddenSize, a.m.Config().NumAttentionHeads)
}

// Virtual is one row a virtual token.
func (a *pTuning) Virtual() Virtual { return Virtual{Rows: a.NumVirtualTokens} }

func (a *pTuning) Hooks(kind graph.Kind) nn.Hooks {
	return nn.Hooks{
		Weight: func(name string) (string, graph.Kind, bool) { return a.weight(name, kind) },
		Embed: func(p nn.Params, index, x graph.Value) graph.Value {
			if index != nn.Tokens(p.Graph(), x.Shape()[0]) {
				return x
			}
			if a.train != nil && kind == graph.Param {
				return lay(p, index, x, a.train.record(p.Graph()))
			}
			return lay(p, index, x, a.table(p.Graph(), kind))
		},
	}
}

// Init of an adapter from a file, whose encoder is gone, is never asked: it starts as the file's rows.
func (a *pTuning) Init(name string, shape tensor.Shape, s Start) ([]float32, bool, error) {
	if a.train == nil {
		return nil, false, nil
	}
	v, ok := a.train.init(name, shape, s)
	return v, ok, nil
}

func (a *pTuning) MarshalConfig() ([]byte, error) {
	encoder := a.Encoder
	if encoder == "" {
		encoder = mlp
	}
	return a.marshal("P_TUNING", map[string]any{"encoder_reparameterization_type": encoder,
		"encoder_hidden_size": a.EncoderHiddenSize, "encoder_num_layers": 2, "encoder_dropout": 0.0})
}

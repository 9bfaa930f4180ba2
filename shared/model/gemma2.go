package model

import (
	"fmt"
	"math"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// gemma is the architecture of Gemma 2 (Gemma Team 2024) and, where noted, Gemma 3: norms before and after attention and
// feed-forward, whose weights are stored as their distance from one; embeddings scaled by √hidden_size; GELU; layers that
// attend a window and layers that attend all; and scores and logits held below a cap by tanh.
type gemma struct {
	c             Config
	act           op.Act
	windows       []int   // keys a layer's rows attend, 0 for all
	global, local nn.RoPE // of layers without and with a window
	headNorms     bool    // Gemma 3: RMSNorm of each head's query and key
	scoreCap      float32 // 0: none
}

func newGemma2(c Config) (Model, error) {
	m, err := gemmaLike(c, func(i int) bool { return i%2 == 0 })
	if err == nil && c.AttnLogitSoftcapping != nil {
		m.scoreCap = float32(*c.AttnLogitSoftcapping)
	}
	return m, err
}

func gemmaLike(c Config, slides func(layer int) bool) (m gemma, err error) {
	if c.Bidirectional {
		return m, fmt.Errorf("config.json: use_bidirectional_attention is not known of a %s", c.ModelType)
	}
	if !(c.QueryPreAttnScalar > 0) {
		return m, fmt.Errorf("config.json: query_pre_attn_scalar is %g, expected more than 0", c.QueryPreAttnScalar)
	}
	m.c = c
	if m.act, err = op.ParseAct(c.HiddenActivation); err != nil {
		return m, fmt.Errorf("config.json: hidden_activation: %w", err)
	}
	if m.windows, err = c.layerWindows(slides); err != nil {
		return m, err
	}
	if m.global, err = c.rope(fullAttention); err != nil {
		return m, err
	}
	m.local, err = c.rope(slidingAttention)
	return m, err
}

func gemma2Defaults(c *Config) {
	window, scores, logits := 4096, 50.0, 30.0
	c.SlidingWindow, c.AttnLogitSoftcapping, c.FinalLogitSoftcapping = &window, &scores, &logits
	c.HeadDim, c.QueryPreAttnScalar, c.HiddenActivation = 256, 256, "gelu_pytorch_tanh"
	c.MaxPositionEmbeddings, c.TieWordEmbeddings = 8192, true
}

func (m gemma) Config() Config { return m.c }

func (m gemma) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p = p.Sub("model")
	scale := float32(math.Sqrt(float64(m.c.HiddenSize)))
	x := nn.ScaledEmbedding(p.Sub("embed_tokens"), in.Tokens, m.c.VocabSize, m.c.HiddenSize, scale)
	for i := range m.c.NumHiddenLayers {
		x = m.layer(p.Sub("layers").Index(i), i, x, in.Window(m.windows[i]))
	}
	return m.norm(p.Sub("norm"), x, m.c.HiddenSize)
}

func (m gemma) layer(p nn.Params, i int, x graph.Value, in nn.Inputs) graph.Value {
	defer p.Graph().Block(i + 1)()
	h := m.norm(p.Sub("input_layernorm"), x, m.c.HiddenSize)
	h = m.attention(p.Sub("self_attn"), i, h, in)
	x = op.Add(x, m.norm(p.Sub("post_attention_layernorm"), h, m.c.HiddenSize))
	h = m.norm(p.Sub("pre_feedforward_layernorm"), x, m.c.HiddenSize)
	h = m.mlp(p.Sub("mlp"), h)
	return op.Add(x, m.norm(p.Sub("post_feedforward_layernorm"), h, m.c.HiddenSize))
}

func (m gemma) attention(p nn.Params, layer int, x graph.Value, in nn.Inputs) graph.Value {
	width, kv := m.c.NumAttentionHeads*m.c.HeadDim, m.c.NumKeyValueHeads*m.c.HeadDim
	q := linear(p.Sub("q_proj"), x, m.c.HiddenSize, width, m.c.AttentionBias)
	k := linear(p.Sub("k_proj"), x, m.c.HiddenSize, kv, m.c.AttentionBias)
	v := linear(p.Sub("v_proj"), x, m.c.HiddenSize, kv, m.c.AttentionBias)
	if m.headNorms {
		q, k = m.norm(p.Sub("q_norm"), q, m.c.HeadDim), m.norm(p.Sub("k_norm"), k, m.c.HeadDim)
	}
	rope := m.global
	if m.windows[layer] > 0 {
		rope = m.local
	}
	q, k = rope.Rotate(p, q, in), rope.Rotate(p, k, in)
	heads := nn.Heads{Query: m.c.NumAttentionHeads, KV: m.c.NumKeyValueHeads, Dim: m.c.HeadDim,
		Scale: float32(1 / math.Sqrt(m.c.QueryPreAttnScalar)), SoftCap: m.scoreCap}
	o := nn.Attend(p, layer, q, k, v, heads, in)
	return linear(p.Sub("o_proj"), o, width, m.c.HiddenSize, m.c.AttentionBias)
}

func (m gemma) mlp(p nn.Params, x graph.Value) graph.Value {
	gate := nn.Linear(p.Sub("gate_proj"), x, m.c.HiddenSize, m.c.IntermediateSize)
	up := nn.Linear(p.Sub("up_proj"), x, m.c.HiddenSize, m.c.IntermediateSize)
	return nn.Linear(p.Sub("down_proj"), op.GLU(gate, up, m.act), m.c.IntermediateSize, m.c.HiddenSize)
}

func (m gemma) norm(p nn.Params, x graph.Value, n int) graph.Value {
	return nn.RMSNormFromOne(p, x, n, float32(m.c.RMSNormEps))
}

func (m gemma) Output(p nn.Params) graph.Value { return outputLayer(m.c, p) }

// LogitCap is what logits are held below, 0 for no cap.
func (m gemma) LogitCap() float32 {
	if m.c.FinalLogitSoftcapping == nil {
		return 0
	}
	return float32(*m.c.FinalLogitSoftcapping)
}

package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// phi3 is the architecture of Phi-3 and Phi-4-mini: Llama's blocks with one projection for queries, keys and values and
// one for gate and up, a part of each head rotated, and a window where sliding_window has a size (Abdin et al. 2024).
type phi3 struct {
	c       Config
	act     op.Act
	rope    nn.RoPE
	windows []int
}

func newPhi3(c Config) (Model, error) {
	act, err := op.ParseAct(c.HiddenAct)
	if err != nil {
		return nil, fmt.Errorf("config.json: hidden_act: %w", err)
	}
	rope, err := c.rope(fullAttention)
	if err != nil {
		return nil, err
	}
	c.LayerTypes = nil // transformers does not read it here
	windows, err := c.layerWindows(func(int) bool { return c.SlidingWindow != nil })
	return phi3{c, act, rope, windows}, err
}

func phi3Defaults(c *Config) {
	c.RMSNormEps, c.MaxPositionEmbeddings = 1e-5, 4096
}

func (m phi3) Config() Config { return m.c }

func (m phi3) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p = p.Sub("model")
	x := nn.Embedding(p.Sub("embed_tokens"), in.Tokens, m.c.VocabSize, m.c.HiddenSize)
	for i := range m.c.NumHiddenLayers {
		x = m.layer(p.Sub("layers").Index(i), i, x, in.Window(m.windows[i]))
	}
	return nn.RMSNorm(p.Sub("norm"), x, m.c.HiddenSize, float32(m.c.RMSNormEps))
}

func (m phi3) layer(p nn.Params, i int, x graph.Value, in nn.Inputs) graph.Value {
	defer p.Graph().Block(i + 1)()
	eps := float32(m.c.RMSNormEps)
	h := nn.RMSNorm(p.Sub("input_layernorm"), x, m.c.HiddenSize, eps)
	x = op.Add(x, nn.Dropout(p.Sub("resid_attn_dropout"), m.attention(p.Sub("self_attn"), i, h, in), m.c.ResidPDrop))
	h = nn.RMSNorm(p.Sub("post_attention_layernorm"), x, m.c.HiddenSize, eps)
	return op.Add(x, nn.Dropout(p.Sub("resid_mlp_dropout"), m.mlp(p.Sub("mlp"), h), m.c.ResidPDrop))
}

func (m phi3) attention(p nn.Params, layer int, x graph.Value, in nn.Inputs) graph.Value {
	width, kv := m.c.NumAttentionHeads*m.c.HeadDim, m.c.NumKeyValueHeads*m.c.HeadDim
	qkv := nn.Linear(p.Sub("qkv_proj"), x, m.c.HiddenSize, width+2*kv)
	q, k, v := op.Columns(qkv, 0, width), op.Columns(qkv, width, kv), op.Columns(qkv, width+kv, kv)
	q, k = m.rope.Rotate(p, q, in), m.rope.Rotate(p, k, in)
	heads := nn.Heads{Query: m.c.NumAttentionHeads, KV: m.c.NumKeyValueHeads, Dim: m.c.HeadDim}
	o := nn.Attend(p, layer, q, k, v, heads, in)
	return nn.Linear(p.Sub("o_proj"), o, width, m.c.HiddenSize)
}

func (m phi3) mlp(p nn.Params, x graph.Value) graph.Value {
	n := m.c.IntermediateSize
	both := nn.Linear(p.Sub("gate_up_proj"), x, m.c.HiddenSize, 2*n)
	h := op.GLU(op.Columns(both, 0, n), op.Columns(both, n, n), m.act)
	return nn.Linear(p.Sub("down_proj"), h, n, m.c.HiddenSize)
}

func (m phi3) Output(p nn.Params) graph.Value { return outputLayer(m.c, p) }

package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// llama is the architecture of Llama 1 to 3, TinyLlama, SmolLM and many others: pre-normed blocks of
// grouped-query attention with rotary positions and a SwiGLU feed-forward (Touvron et al. 2023).
type llama struct {
	c    Config
	rope nn.RoPE
}

func newLlama(c Config) (Model, error) {
	if c.HiddenAct != "silu" {
		return nil, fmt.Errorf("config.json: hidden_act is %q, expected \"silu\" for llama", c.HiddenAct)
	}
	rope, err := nn.NewRoPE(c.HeadDim, c.RopeTheta, c.MaxPositionEmbeddings, c.RopeScaling)
	if err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	return llama{c, rope}, nil
}

func (m llama) Config() Config { return m.c }

func (m llama) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p = p.Sub("model")
	x := nn.Embedding(p.Sub("embed_tokens"), in.Tokens, m.c.VocabSize, m.c.HiddenSize)
	for i := range m.c.NumHiddenLayers {
		x = m.layer(p.Sub("layers").Index(i), i, x, in)
	}
	return nn.RMSNorm(p.Sub("norm"), x, m.c.HiddenSize, float32(m.c.RMSNormEps))
}

func (m llama) layer(p nn.Params, i int, x graph.Value, in nn.Inputs) graph.Value {
	defer p.Graph().Block(i + 1)()
	eps := float32(m.c.RMSNormEps)
	h := nn.RMSNorm(p.Sub("input_layernorm"), x, m.c.HiddenSize, eps)
	x = op.Add(x, m.attention(p.Sub("self_attn"), i, h, in))
	h = nn.RMSNorm(p.Sub("post_attention_layernorm"), x, m.c.HiddenSize, eps)
	return op.Add(x, m.mlp(p.Sub("mlp"), h))
}

func (m llama) attention(p nn.Params, layer int, x graph.Value, in nn.Inputs) graph.Value {
	width, kv := m.c.NumAttentionHeads*m.c.HeadDim, m.c.NumKeyValueHeads*m.c.HeadDim
	q := m.linear(p.Sub("q_proj"), x, m.c.HiddenSize, width, m.c.AttentionBias)
	k := m.linear(p.Sub("k_proj"), x, m.c.HiddenSize, kv, m.c.AttentionBias)
	v := m.linear(p.Sub("v_proj"), x, m.c.HiddenSize, kv, m.c.AttentionBias)
	q, k = m.rope.Rotate(p, q, in.Positions), m.rope.Rotate(p, k, in.Positions)
	heads := nn.Heads{Query: m.c.NumAttentionHeads, KV: m.c.NumKeyValueHeads, Dim: m.c.HeadDim}
	o := nn.Attend(p, layer, q, k, v, heads, in)
	return m.linear(p.Sub("o_proj"), o, width, m.c.HiddenSize, m.c.AttentionBias)
}

func (m llama) mlp(p nn.Params, x graph.Value) graph.Value {
	gate := m.linear(p.Sub("gate_proj"), x, m.c.HiddenSize, m.c.IntermediateSize, m.c.MLPBias)
	up := m.linear(p.Sub("up_proj"), x, m.c.HiddenSize, m.c.IntermediateSize, m.c.MLPBias)
	return m.linear(p.Sub("down_proj"), op.GLU(gate, up, op.SiLU), m.c.IntermediateSize, m.c.HiddenSize, m.c.MLPBias)
}

func (m llama) linear(p nn.Params, x graph.Value, in, out int, bias bool) graph.Value {
	if bias {
		return nn.LinearBias(p, x, in, out)
	}
	return nn.Linear(p, x, in, out)
}

func (m llama) Output(p nn.Params) graph.Value {
	if m.c.TieWordEmbeddings {
		return p.Sub("model.embed_tokens").Get("weight", m.c.VocabSize, m.c.HiddenSize)
	}
	return p.Sub("lm_head").Get("weight", m.c.VocabSize, m.c.HiddenSize)
}

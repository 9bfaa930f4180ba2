package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// llama is the architecture of Llama 1 to 3, TinyLlama, SmolLM and many others: pre-normed blocks of
// grouped-query attention with rotary positions and a SwiGLU feed-forward (Touvron et al. 2023). Others descend from it
// and differ in what follows the rotation.
type llama struct {
	c    Config
	rope nn.RoPE

	qkvBias, oBias, mlpBias bool
	headNorms               bool  // RMSNorm of each head's query and key
	windows                 []int // keys a layer's rows attend, 0 for all; nil: all layers attend all
}

func newLlama(c Config) (Model, error) {
	m, err := llamaLike(c)
	m.qkvBias, m.oBias, m.mlpBias = c.AttentionBias, c.AttentionBias, c.MLPBias
	return m, err
}

// llamaLike is a Llama without biases.
func llamaLike(c Config) (llama, error) {
	if c.HiddenAct != "silu" {
		return llama{}, fmt.Errorf("config.json: hidden_act is %q, expected \"silu\" for %s", c.HiddenAct, c.ModelType)
	}
	rope, err := c.rope(fullAttention)
	return llama{c: c, rope: rope}, err
}

func (m llama) Config() Config { return m.c }

func (m llama) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p = p.Sub("model")
	x := nn.Embedding(p.Sub("embed_tokens"), in.Tokens, m.c.VocabSize, m.c.HiddenSize)
	for i := range m.c.NumHiddenLayers {
		seen := in
		if m.windows != nil {
			seen = in.Window(m.windows[i])
		}
		x = m.layer(p.Sub("layers").Index(i), i, x, seen)
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
	q := linear(p.Sub("q_proj"), x, m.c.HiddenSize, width, m.qkvBias)
	k := linear(p.Sub("k_proj"), x, m.c.HiddenSize, kv, m.qkvBias)
	v := linear(p.Sub("v_proj"), x, m.c.HiddenSize, kv, m.qkvBias)
	if m.headNorms {
		q = nn.RMSNorm(p.Sub("q_norm"), q, m.c.HeadDim, float32(m.c.RMSNormEps))
		k = nn.RMSNorm(p.Sub("k_norm"), k, m.c.HeadDim, float32(m.c.RMSNormEps))
	}
	q, k = m.rope.Rotate(p, q, in), m.rope.Rotate(p, k, in)
	heads := nn.Heads{Query: m.c.NumAttentionHeads, KV: m.c.NumKeyValueHeads, Dim: m.c.HeadDim}
	o := nn.Attend(p, layer, q, k, v, heads, in)
	return linear(p.Sub("o_proj"), o, width, m.c.HiddenSize, m.oBias)
}

func (m llama) mlp(p nn.Params, x graph.Value) graph.Value {
	gate := linear(p.Sub("gate_proj"), x, m.c.HiddenSize, m.c.IntermediateSize, m.mlpBias)
	up := linear(p.Sub("up_proj"), x, m.c.HiddenSize, m.c.IntermediateSize, m.mlpBias)
	return linear(p.Sub("down_proj"), op.GLU(gate, up, op.SiLU), m.c.IntermediateSize, m.c.HiddenSize, m.mlpBias)
}

func (m llama) Output(p nn.Params) graph.Value { return outputLayer(m.c, p) }

func linear(p nn.Params, x graph.Value, in, out int, bias bool) graph.Value {
	if bias {
		return nn.LinearBias(p, x, in, out)
	}
	return nn.Linear(p, x, in, out)
}

// outputLayer is the weight of lm_head, which may be that of the embedding.
func outputLayer(c Config, p nn.Params) graph.Value {
	if c.TieWordEmbeddings {
		return p.Sub("model.embed_tokens").Get("weight", c.VocabSize, c.HiddenSize)
	}
	return p.Sub("lm_head").Get("weight", c.VocabSize, c.HiddenSize)
}

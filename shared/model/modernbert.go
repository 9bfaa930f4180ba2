package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// modernBERT is an encoder with what decoders have learnt since BERT: rotary positions, norms before each part of a
// layer, a gated feed-forward, no biases, and windows in most layers (Warner et al. 2024).
type modernBERT struct {
	c             Config
	reach         []int // of each layer: a row attends the keys so far away at most; 0 for all
	global, local nn.RoPE
	act, headAct  op.Act
}

func modernBERTDefaults(c *Config) {
	c.HiddenActivation, c.NormEps, c.MaxPositionEmbeddings = "gelu", 1e-5, 8192
	c.LocalAttention, c.GlobalAttnEveryNLayers, c.GlobalRopeTheta, c.LocalRopeTheta = 128, 3, 160000, 10000
	c.ClassifierPooling, c.ClassifierActivation = "cls", "gelu"
}

func newModernBERT(c Config) (Model, error) {
	m := modernBERT{c: c}
	if err := c.encoder(c.NormEps); err != nil {
		return nil, err
	}
	if c.ClassifierPooling != "cls" && c.ClassifierPooling != "mean" {
		return nil, fmt.Errorf("config.json: classifier_pooling is %q, expected \"cls\" or \"mean\"", c.ClassifierPooling)
	}
	if c.GlobalAttnEveryNLayers < 1 {
		return nil, fmt.Errorf("config.json: global_attn_every_n_layers is %d, expected 1 or more", c.GlobalAttnEveryNLayers)
	}
	var err error
	if m.act, err = op.ParseAct(c.HiddenActivation); err != nil {
		return nil, fmt.Errorf("config.json: hidden_activation: %w", err)
	}
	if m.headAct, err = op.ParseAct(c.ClassifierActivation); err != nil {
		return nil, fmt.Errorf("config.json: classifier_activation: %w", err)
	}
	half := c.LocalAttention / 2
	c.SlidingWindow, c.RopeTheta, c.RopeLocalBaseFreq = &half, c.GlobalRopeTheta, c.LocalRopeTheta
	if m.reach, err = c.layerWindows(func(i int) bool { return i%c.GlobalAttnEveryNLayers != 0 }); err != nil {
		return nil, err
	}
	if m.global, err = c.rope(fullAttention); err != nil {
		return nil, err
	}
	m.local, err = c.rope(slidingAttention)
	return m, err
}

func (m modernBERT) Config() Config { return m.c }

func (m modernBERT) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p = p.Sub("model")
	x := nn.Embedding(p.Sub("embeddings.tok_embeddings"), in.Tokens, m.c.VocabSize, m.c.HiddenSize)
	x = nn.Dropout(p.Sub("embeddings"), m.norm(p.Sub("embeddings.norm"), x), m.c.EmbeddingDropout)
	for i := range m.c.NumHiddenLayers {
		x = m.layer(p.Sub("layers").Index(i), i, x, in)
	}
	return m.norm(p.Sub("final_norm"), x)
}

func (m modernBERT) layer(p nn.Params, i int, x graph.Value, in nn.Inputs) graph.Value {
	defer p.Graph().Block(i + 1)()
	h := x
	if i > 0 { // the first layer's input is normalised
		h = m.norm(p.Sub("attn_norm"), x)
	}
	x = op.Add(x, m.attention(p.Sub("attn"), i, h, in))
	return op.Add(x, m.mlp(p.Sub("mlp"), m.norm(p.Sub("mlp_norm"), x)))
}

func (m modernBERT) attention(p nn.Params, layer int, x graph.Value, in nn.Inputs) graph.Value {
	width, heads := m.c.HiddenSize, m.c.NumAttentionHeads
	qkv := linear(p.Sub("Wqkv"), x, width, 3*width, m.c.AttentionBias)
	q, k, v := op.Columns(qkv, 0, width), op.Columns(qkv, width, width), op.Columns(qkv, 2*width, width)
	rope, in := m.global, in.Whole()
	if reach := m.reach[layer]; reach > 0 {
		rope, in = m.local, in.Around(reach)
	}
	q, k = rope.Rotate(p, q, in), rope.Rotate(p, k, in)
	o := nn.Attend(p, layer, q, k, v, nn.Heads{Query: heads, KV: heads, Dim: width / heads}, in)
	return nn.Dropout(p, linear(p.Sub("Wo"), o, width, width, m.c.AttentionBias), m.c.AttentionDropout)
}

func (m modernBERT) mlp(p nn.Params, x graph.Value) graph.Value {
	width, wide := m.c.HiddenSize, m.c.IntermediateSize
	h := linear(p.Sub("Wi"), x, width, 2*wide, m.c.MLPBias)
	h = nn.Dropout(p, op.GLU(op.Columns(h, 0, wide), op.Columns(h, wide, wide), m.act), m.c.MLPDropout)
	return linear(p.Sub("Wo"), h, wide, width, m.c.MLPBias)
}

func (m modernBERT) norm(p nn.Params, x graph.Value) graph.Value {
	if m.c.NormBias {
		return nn.LayerNorm(p, x, m.c.HiddenSize, float32(m.c.NormEps))
	}
	return nn.LayerNormNoBias(p, x, m.c.HiddenSize, float32(m.c.NormEps))
}

// Head is a layer with activation and norm, and a linear one, over the first token or the mean of all.
func (m modernBERT) Head() Head {
	return Head{"classifier", m.c.ClassifierPooling, func(p nn.Params, hidden graph.Value, n, labels int) graph.Value {
		pool := nn.First
		if m.c.ClassifierPooling == "mean" {
			pool = nn.Mean
		}
		x := linear(p.Sub("head.dense"), pool(hidden, n), m.c.HiddenSize, m.c.HiddenSize, m.c.ClassifierBias)
		x = m.norm(p.Sub("head.norm"), op.Activation(x, m.headAct))
		if m.c.ClassifierDropout != nil {
			x = nn.Dropout(p.Sub("classifier"), x, *m.c.ClassifierDropout)
		}
		return classify(p, "classifier", x, labels)
	}}
}

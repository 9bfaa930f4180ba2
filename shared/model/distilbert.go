package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// distilBERTEps is the epsilon of all norms, which config.json does not say.
const distilBERTEps = 1e-12

// distilBERT is BERT without token types and pooler, and other names (Sanh et al. 2019).
type distilBERT struct {
	c   Config
	act op.Act
}

func distilBERTDefaults(c *Config) {
	c.Activation, c.MaxPositionEmbeddings = "gelu", 512
	c.Dropout, c.AttentionDropout, c.SeqClassifDropout = 0.1, 0.1, 0.2
}

func newDistilBERT(c Config) (Model, error) {
	if err := c.encoder(distilBERTEps); err != nil {
		return nil, err
	}
	act, err := op.ParseAct(c.Activation)
	if err != nil {
		return nil, fmt.Errorf("config.json: activation: %w", err)
	}
	return distilBERT{c, act}, nil
}

func (m distilBERT) Config() Config { return m.c }

func (m distilBERT) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p, in = p.Sub("distilbert"), in.Whole()
	e := p.Sub("embeddings")
	x := nn.Embedding(e.Sub("word_embeddings"), in.Tokens, m.c.VocabSize, m.c.HiddenSize)
	x = op.Add(x, nn.Embedding(e.Sub("position_embeddings"), in.Positions, m.c.MaxPositionEmbeddings, m.c.HiddenSize))
	x = nn.Dropout(e, m.norm(e.Sub("LayerNorm"), x), m.c.Dropout)
	for i := range m.c.NumHiddenLayers {
		x = m.layer(p.Sub("transformer.layer").Index(i), i, x, in)
	}
	return x
}

func (m distilBERT) layer(p nn.Params, i int, x graph.Value, in nn.Inputs) graph.Value {
	defer p.Graph().Block(i + 1)()
	width, wide := m.c.HiddenSize, m.c.IntermediateSize
	x = m.norm(p.Sub("sa_layer_norm"), op.Add(m.attention(p.Sub("attention"), i, x, in), x))
	h := op.Activation(nn.LinearBias(p.Sub("ffn.lin1"), x, width, wide), m.act)
	h = nn.Dropout(p.Sub("ffn"), nn.LinearBias(p.Sub("ffn.lin2"), h, wide, width), m.c.Dropout)
	return m.norm(p.Sub("output_layer_norm"), op.Add(h, x))
}

func (m distilBERT) attention(p nn.Params, layer int, x graph.Value, in nn.Inputs) graph.Value {
	width, heads := m.c.HiddenSize, m.c.NumAttentionHeads
	q := nn.LinearBias(p.Sub("q_lin"), x, width, width)
	k := nn.LinearBias(p.Sub("k_lin"), x, width, width)
	v := nn.LinearBias(p.Sub("v_lin"), x, width, width)
	o := nn.Attend(p, layer, q, k, v, nn.Heads{Query: heads, KV: heads, Dim: width / heads}, in)
	return nn.LinearBias(p.Sub("out_lin"), o, width, width)
}

func (m distilBERT) norm(p nn.Params, x graph.Value) graph.Value {
	return nn.LayerNorm(p, x, m.c.HiddenSize, distilBERTEps)
}

// Head is two linear layers with ReLU between them over the first token.
func (m distilBERT) Head() Head {
	return Head{"classifier", "cls", func(p nn.Params, hidden graph.Value, n, labels int) graph.Value {
		x := nn.LinearBias(p.Sub("pre_classifier"), nn.First(hidden, n), m.c.HiddenSize, m.c.HiddenSize)
		x = nn.Dropout(p.Sub("classifier"), op.Activation(x, op.ReLU), m.c.SeqClassifDropout)
		return classify(p, "classifier", x, labels)
	}}
}

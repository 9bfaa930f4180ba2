package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// bert is the architecture of BERT (Devlin et al. 2018) and of most models of sentences: learnt positions, every token
// sees all, and a norm after each part of a layer. RoBERTa's body is the same under another name.
type bert struct {
	c         Config
	name      string // of the body in the checkpoint
	first     int    // position of a text's first token
	positions int    // rows of the table of positions
	act       op.Act
}

func bertDefaults(c *Config) {
	c.HiddenAct, c.LayerNormEps, c.TypeVocabSize, c.MaxPositionEmbeddings = "gelu", 1e-12, 2, 512
	c.HiddenDropoutProb, c.AttentionProbsDropoutProb = 0.1, 0.1
}

func newBERT(c Config) (Model, error) { return bertBody(c, "bert", 0) }

// bertBody is a body called name whose first position is first.
func bertBody(c Config, name string, first int) (bert, error) {
	if c.TypeVocabSize < 1 || c.TypeVocabSize > maxVocab {
		return bert{}, fmt.Errorf("config.json: type_vocab_size is %d, expected 1 to %d", c.TypeVocabSize, maxVocab)
	}
	m := bert{c: c, name: name, first: first, positions: c.MaxPositionEmbeddings}
	if err := c.encoder(c.LayerNormEps); err != nil {
		return m, err
	}
	if m.c.MaxPositionEmbeddings -= first; m.c.MaxPositionEmbeddings < 1 {
		return m, fmt.Errorf("config.json: max_position_embeddings is %d, and positions begin with %d", c.MaxPositionEmbeddings, first)
	}
	var err error
	if m.act, err = op.ParseAct(c.HiddenAct); err != nil {
		return m, fmt.Errorf("config.json: hidden_act: %w", err)
	}
	return m, nil
}

func (m bert) Config() Config { return m.c }

func (m bert) Hidden(p nn.Params, in nn.Inputs) graph.Value {
	p, in = p.Sub(m.name), in.Whole()
	x := m.embed(p.Sub("embeddings"), in)
	for i := range m.c.NumHiddenLayers {
		x = m.layer(p.Sub("encoder.layer").Index(i), i, x, in)
	}
	return x
}

func (m bert) embed(p nn.Params, in nn.Inputs) graph.Value {
	positions := in.Positions
	if m.first > 0 {
		positions = in.PositionsFrom(m.first)
	}
	x := nn.Embedding(p.Sub("word_embeddings"), in.Tokens, m.c.VocabSize, m.c.HiddenSize)
	x = op.Add(x, nn.Embedding(p.Sub("token_type_embeddings"), in.Types(), m.c.TypeVocabSize, m.c.HiddenSize))
	x = op.Add(x, nn.Embedding(p.Sub("position_embeddings"), positions, m.positions, m.c.HiddenSize))
	return nn.Dropout(p, m.norm(p.Sub("LayerNorm"), x), m.c.HiddenDropoutProb)
}

func (m bert) layer(p nn.Params, i int, x graph.Value, in nn.Inputs) graph.Value {
	defer p.Graph().Block(i + 1)()
	width, wide := m.c.HiddenSize, m.c.IntermediateSize
	o := nn.LinearBias(p.Sub("attention.output.dense"), m.attention(p.Sub("attention.self"), i, x, in), width, width)
	o = nn.Dropout(p.Sub("attention.output"), o, m.c.HiddenDropoutProb)
	x = m.norm(p.Sub("attention.output.LayerNorm"), op.Add(o, x))
	h := op.Activation(nn.LinearBias(p.Sub("intermediate.dense"), x, width, wide), m.act)
	h = nn.Dropout(p.Sub("output"), nn.LinearBias(p.Sub("output.dense"), h, wide, width), m.c.HiddenDropoutProb)
	return m.norm(p.Sub("output.LayerNorm"), op.Add(h, x))
}

func (m bert) attention(p nn.Params, layer int, x graph.Value, in nn.Inputs) graph.Value {
	width, heads := m.c.HiddenSize, m.c.NumAttentionHeads
	q := nn.LinearBias(p.Sub("query"), x, width, width)
	k := nn.LinearBias(p.Sub("key"), x, width, width)
	v := nn.LinearBias(p.Sub("value"), x, width, width)
	return nn.Attend(p, layer, q, k, v, nn.Heads{Query: heads, KV: heads, Dim: width / heads}, in)
}

func (m bert) norm(p nn.Params, x graph.Value) graph.Value {
	return nn.LayerNorm(p, x, m.c.HiddenSize, float32(m.c.LayerNormEps))
}

// Head is a linear layer over the pooler, which is the first token's hidden state through a layer and tanh.
func (m bert) Head() Head {
	return Head{"classifier", "cls", func(p nn.Params, hidden graph.Value, n, labels int) graph.Value {
		pooled := nn.LinearBias(p.Sub(m.name+".pooler.dense"), nn.First(hidden, n), m.c.HiddenSize, m.c.HiddenSize)
		pooled = nn.Dropout(p.Sub("classifier"), op.Activation(pooled, op.Tanh), m.c.classifier())
		return classify(p, "classifier", pooled, labels)
	}}
}

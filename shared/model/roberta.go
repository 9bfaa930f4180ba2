package model

import (
	"fmt"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/op"
)

// roberta is RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2019): BERT's body, whose positions begin behind
// the padding token's id, and a head of its own.
type roberta struct{ bert }

func robertaDefaults(c *Config) {
	bertDefaults(c)
	pad := int32(1)
	c.PadTokenID = &pad
}

func newRoBERTa(c Config) (Model, error) {
	if c.PadTokenID == nil || *c.PadTokenID < 0 {
		return nil, fmt.Errorf("config.json: pad_token_id is missing, behind which the positions of a roberta begin")
	}
	body, err := bertBody(c, "roberta", int(*c.PadTokenID)+1)
	return roberta{body}, err
}

// Head is two linear layers with tanh between them over the first token.
func (m roberta) Head() Head {
	return Head{"classifier.out_proj", "cls", func(p nn.Params, hidden graph.Value, n, labels int) graph.Value {
		x := nn.Dropout(p.Sub("classifier.dense"), nn.First(hidden, n), m.c.classifier())
		x = op.Activation(nn.LinearBias(p.Sub("classifier.dense"), x, m.c.HiddenSize, m.c.HiddenSize), op.Tanh)
		return classify(p, "classifier.out_proj", nn.Dropout(p.Sub("classifier.out_proj"), x, m.c.classifier()), labels)
	}}
}

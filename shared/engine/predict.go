package engine

import (
	"context"

	"graft/shared/api"
)

// Predict classifies texts and names the classes.
func (c *Classifier) Predict(ctx context.Context, texts []string) ([]api.Prediction, error) {
	logits, err := c.Logits(ctx, texts)
	if err != nil {
		return nil, err
	}
	return c.Predictions(texts, logits), nil
}

// Predictions names the classes of texts by their logits.
func (c *Classifier) Predictions(texts []string, logits [][]float32) []api.Prediction {
	out := make([]api.Prediction, len(texts))
	for i, p := range c.probabilities(logits) {
		best := argmax(p)
		byLabel := make(map[string]float64, len(p))
		for j, v := range p {
			byLabel[c.labels[j]] = v
		}
		out[i] = api.Prediction{Text: texts[i], Label: c.labels[best], LabelID: int(best), Confidence: p[best], Probabilities: byLabel}
	}
	return out
}

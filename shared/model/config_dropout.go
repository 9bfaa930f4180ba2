package model

import "fmt"

// Dropouts are the shares that training drops, as config.json names them. Hidden states, embeddings and what a
// classification head judges by are dropped as transformers does; attention weights are not (see AttentionShare).
type Dropouts struct {
	HiddenDropoutProb         float64  `json:"hidden_dropout_prob"`          // BERT: of embeddings and of what is added to the stream
	AttentionProbsDropoutProb float64  `json:"attention_probs_dropout_prob"` // BERT: of attention weights
	ClassifierDropout         *float64 `json:"classifier_dropout"`           // BERT: hidden_dropout_prob where it is null
	Dropout                   float64  `json:"dropout"`                      // DistilBERT's hidden_dropout_prob, but for the attention's output
	SeqClassifDropout         float64  `json:"seq_classif_dropout"`          // DistilBERT's classifier_dropout
	EmbeddingDropout          float64  `json:"embedding_dropout"`            // ModernBERT
	MLPDropout                float64  `json:"mlp_dropout"`                  // ModernBERT
	AttentionDropout          float64  `json:"attention_dropout"`            // all others: of attention weights; ModernBERT: of the attention's output, too
	ResidPDrop                float64  `json:"resid_pdrop"`                  // Phi-3: of what is added to the stream
}

func (d Dropouts) check() error {
	for _, f := range []struct {
		name  string
		share float64
	}{
		{"hidden_dropout_prob", d.HiddenDropoutProb}, {"attention_probs_dropout_prob", d.AttentionProbsDropoutProb},
		{"classifier_dropout", d.classifier()}, {"dropout", d.Dropout}, {"seq_classif_dropout", d.SeqClassifDropout},
		{"embedding_dropout", d.EmbeddingDropout}, {"mlp_dropout", d.MLPDropout}, {"attention_dropout", d.AttentionDropout},
		{"resid_pdrop", d.ResidPDrop},
	} {
		if !(f.share >= 0 && f.share < 1) {
			return fmt.Errorf("config.json: %s is %g, expected 0 up to 1", f.name, f.share)
		}
	}
	return nil
}

// classifier is the share of BERT's head.
func (d Dropouts) classifier() float64 {
	if d.ClassifierDropout != nil {
		return *d.ClassifierDropout
	}
	return d.HiddenDropoutProb
}

// AttentionShare is the share of attention weights that transformers drops in training, and Graft does not: they are
// never in memory. Encoders are trained without; of decoders, none of which is published with it, package train refuses it.
func (d Dropouts) AttentionShare() float64 {
	return max(d.AttentionProbsDropoutProb, d.AttentionDropout)
}

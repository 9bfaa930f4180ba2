package door

import (
	"context"
	"errors"
	"fmt"

	"graft/shared/api"
	"graft/shared/engine"
)

// Limits of one request, beside that of its bytes.
const (
	maxTexts = 4096
	maxText  = 1 << 20 // bytes of one
)

func checkTexts(texts []string) error {
	if len(texts) == 0 || len(texts) > maxTexts {
		return fmt.Errorf("%d texts, expected 1 to %d", len(texts), maxTexts)
	}
	for i, t := range texts {
		if len(t) > maxText {
			return fmt.Errorf("text %d has %d bytes, expected at most %d", i+1, len(t), maxText)
		}
	}
	return nil
}

// classifier is that of an adapter, or of the base's own head.
func (m *opened) classifier(name string) (*engine.Classifier, error) {
	a, err := m.named(name)
	switch {
	case err != nil:
		return nil, err
	case a != nil && a.classifier == nil:
		return nil, api.Errorf(api.Mismatch, "adapter %q is of the task %s, expected SEQ_CLS to classify", name, a.info.TaskType)
	case a != nil:
		return a.classifier, nil
	case m.own == nil:
		if m.own, err = m.base.Classifier(nil); err != nil {
			return nil, err
		}
	}
	return m.own, nil
}

func (m *opened) classify(ctx context.Context, r *api.ClassifyRequest) (*api.Predictions, error) {
	if err := checkTexts(r.Texts); err != nil {
		return nil, err
	}
	c, err := m.classifier(r.Adapter)
	if err != nil {
		return nil, err
	}
	logits, err := c.Logits(ctx, r.Texts)
	if err != nil {
		return nil, err
	}
	p := &api.Predictions{Predictions: c.Predictions(r.Texts, logits)}
	if r.Logits {
		p.Logits = logits
	}
	return p, nil
}

// embedder is one way to make vectors, kept since another request is likely to want the same.
type embedder struct {
	*engine.Embedder
	adapter string
}

// maxEmbedders is how many are kept.
const maxEmbedders = 4

func (m *opened) embed(ctx context.Context, r *api.EmbedRequest) (*api.Embeddings, error) {
	if err := checkTexts(r.Texts); err != nil {
		return nil, err
	}
	normalize := "as the model says"
	if r.Normalize != nil {
		normalize = fmt.Sprint(*r.Normalize)
	}
	key := fmt.Sprintf("%q %q %s %q %q", r.Adapter, r.Pooling, normalize, r.Prompt, r.PromptName)
	e, ok := m.embedders[key]
	if !ok {
		a, err := m.named(r.Adapter)
		if err != nil {
			return nil, err
		}
		if len(m.embedders) >= maxEmbedders {
			var errs []error
			for k, old := range m.embedders {
				errs = append(errs, old.Close())
				delete(m.embedders, k)
			}
			if err := errors.Join(errs...); err != nil {
				return nil, err
			}
		}
		e.adapter = r.Adapter
		if e.Embedder, err = m.base.Embedder(a.engine(), engine.EmbedOptions{Pooling: r.Pooling, Normalize: r.Normalize, Prompt: r.Prompt, PromptName: r.PromptName}); err != nil {
			return nil, err
		}
		m.embedders[key] = e
	}
	vectors, err := e.Embed(ctx, r.Texts)
	if err != nil {
		return nil, err
	}
	return &api.Embeddings{Vectors: vectors, Dim: e.Dim(), Pooling: e.Pooling(), Normalized: e.Normalized()}, nil
}

func (m *opened) count(r *api.CountRequest) (*api.TokenCount, error) {
	ids, err := m.base.Prompt(api.GenerateRequest{Prompt: r.Prompt, Messages: r.Messages})
	if err != nil {
		return nil, err
	}
	c := &api.TokenCount{Tokens: len(ids), Context: m.info.Context}
	if r.IDs {
		c.IDs = ids
	}
	return c, nil
}

func (m *opened) render(r *api.RenderRequest) (*api.Rendered, error) {
	text, err := m.base.Render(r.Messages)
	if err != nil {
		return nil, err
	}
	return &api.Rendered{Text: text}, nil
}

func (m *opened) decide(ctx context.Context, r *api.DecideRequest) (*api.Decision, error) {
	s, err := m.take(r.Adapter)
	if err != nil {
		return nil, err
	}
	defer func() { s.busy = false }()
	d, err := s.generator.Decide(ctx, *r)
	return &d, err
}

func (m *opened) logits(ctx context.Context, r *api.LogitsRequest) (*api.NextLogits, error) {
	s, w, err := m.begin(api.GenerateRequest{Prompt: r.Prompt, Adapter: r.Adapter, MaxNewTokens: 1})
	if err != nil {
		return nil, err
	}
	defer func() { s.busy = false }()
	logits, err := w.Logits(ctx)
	if err != nil {
		return nil, err
	}
	_, of := w.Read()
	return &api.NextLogits{Tokens: of, Logits: logits}, nil
}

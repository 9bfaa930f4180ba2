package parity

import (
	"context"
	"errors"
	"fmt"

	"graft/shared/api"
)

// Suite is what every host is asked.
type Suite struct {
	Model  string // directory or GGUF file
	Opened []Opened
	Texts  []string // to classify
	Prompt string   // to continue
	Tokens int      // how many
	// Activations is the precision of activations in products with quantised weights.
	Activations int
}

// Opened is the model opened in one way, with adapters.
type Opened struct {
	LoadIn4Bit bool
	Adapters   []Adapter
	Plain      bool // the model itself writes too
}

// Adapter is one adapter by its directory.
type Adapter struct{ Name, Path string }

// Case is what a host answered with one adapter, or without one.
type Case struct {
	Name        string
	Predictions []api.Prediction
	Logits      [][]float32 // of the classes of each text, or of the token after the prompt
	Text        string      // that follows the prompt, greedily
}

// Run asks a host everything.
func (s *Suite) Run(ctx context.Context, h Host) ([]Case, error) {
	model, err := h.Directory(s.Model)
	if err != nil {
		return nil, err
	}
	var cases []Case
	for _, o := range s.Opened {
		all, err := s.opened(ctx, h, model, o)
		if err != nil {
			return nil, err
		}
		cases = append(cases, all...)
	}
	return cases, nil
}

func (s *Suite) opened(ctx context.Context, h Host, model []api.File, o Opened) (cases []Case, err error) {
	if _, err := ask(ctx, h, api.Request{Open: &api.OpenRequest{Name: s.Model, Files: model, LoadIn4Bit: o.LoadIn4Bit, Activations: s.Activations, CacheType: "f32"}}); err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	defer func() {
		_, e := ask(ctx, h, api.Request{Close: &api.Nothing{}})
		err = errors.Join(err, e)
	}()
	if o.Plain {
		c, err := s.written(ctx, h, "")
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	for _, a := range o.Adapters {
		c, err := s.adapted(ctx, h, a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func (s *Suite) adapted(ctx context.Context, h Host, a Adapter) (c Case, err error) {
	files, err := h.Directory(a.Path)
	if err != nil {
		return c, err
	}
	loaded, err := ask(ctx, h, api.Request{LoadAdapter: &api.LoadAdapterRequest{Name: a.Name, Files: files}})
	if err != nil {
		return c, err
	}
	if loaded.LoadAdapter.TaskType != "SEQ_CLS" {
		return s.written(ctx, h, a.Name)
	}
	p, err := ask(ctx, h, api.Request{Classify: &api.ClassifyRequest{Texts: s.Texts, Adapter: a.Name, Logits: true}})
	if err != nil {
		return c, err
	}
	return Case{Name: a.Name, Predictions: p.Classify.Predictions, Logits: p.Classify.Logits}, nil
}

// written continues the prompt, by logits and by text.
func (s *Suite) written(ctx context.Context, h Host, adapter string) (Case, error) {
	c := Case{Name: adapter}
	if adapter == "" {
		c.Name = "no adapter"
	}
	l, err := ask(ctx, h, api.Request{Logits: &api.LogitsRequest{Prompt: s.Prompt, Adapter: adapter}})
	if err != nil {
		return c, err
	}
	c.Logits = [][]float32{l.Logits.Logits}
	started, err := ask(ctx, h, api.Request{Start: &api.GenerateRequest{Prompt: s.Prompt, MaxNewTokens: s.Tokens, Adapter: adapter}})
	if err != nil {
		return c, err
	}
	for {
		a, err := ask(ctx, h, api.Request{Step: &api.StepRequest{Handle: started.Start.Handle, Tokens: s.Tokens}})
		if err != nil {
			return c, err
		}
		if a.Step.Done {
			c.Text = a.Step.Generation.Text
			return c, nil
		}
	}
}

package edge

import (
	"context"
	"encoding/json"

	"graft/shared/api"
)

// Engine is the one model of a Worker with its adapters. It starts at the first call that needs it. Errors are *api.Error,
// or become internal ones.
type Engine interface {
	// Status tells what there is of the engine, without starting it.
	Status(ctx context.Context) (Status, error)
	Classify(ctx context.Context, adapter string, texts []string) (Classes, error)
	Embed(ctx context.Context, adapter string, texts []string) (Vectors, error)
	// Generate starts an answer. The caller closes it.
	Generate(ctx context.Context, r api.GenerateRequest) (Answer, error)
}

// Answer is a text being written.
type Answer interface {
	PromptTokens() int
	// Next gives what has come since, which may be nothing yet. The last chunk has a finish reason.
	Next(ctx context.Context) ([]api.Chunk, error)
	Close()
}

// Classes are the classes of texts, in their order.
type Classes struct {
	Predictions []api.Prediction
}

// Vectors are the vectors of texts, in their order.
type Vectors struct {
	Vectors [][]float32
	Tokens  int // of all texts
}

// Status is the state of a Worker's engine.
type Status struct {
	Started bool            `json:"started"`
	Starts  int             `json:"starts"`             // more than one after the engine stopped
	Error   string          `json:"error,omitempty"`    // of the last start
	StartMS float64         `json:"start_ms,omitempty"` // how long the last start took
	Memory  json.RawMessage `json:"memory,omitempty"`   // used now, by part
}

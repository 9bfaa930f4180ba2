// Package trial tries prompts out: it runs them over test cases, checks the answers, tells how good they are and how sure that is,
// compares runs, and looks for better prompts.
//
// Test cases come from YAML files in promptfoo's form (ReadSuite). A Contender is a prompt with whatever answers it, a Runner: a
// model in this process, in a page or behind a connection. A Plan asks every contender every case; its Run has an answer a row, Score
// sums it up with intervals, and Compare says what changed from one run to the next. Optimize proposes prompts with examples and
// instructions of its own and chooses among them by cases that it does not report on.
//
// It knows no files and no model, so that every host can use it.
package trial

import (
	"context"

	"graft/shared/api"
)

// Runner answers requests. engine.Generator and engine.Batch are runners.
type Runner interface {
	Generate(ctx context.Context, r api.GenerateRequest) (api.Generation, error)
}

// Embedder makes vectors of texts; engine.Embedder is one.
type Embedder interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
}

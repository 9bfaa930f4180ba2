package studio

import (
	"context"
	"encoding/json"
)

// Message is one turn of a conversation as models take it.
type Message struct {
	Role    string `json:"role"` // system, user, assistant
	Content string `json:"content"`
}

// Request asks a model for an answer.
type Request struct {
	Messages    []Message
	Adapter     string // "": the base alone
	MaxTokens   int
	Temperature float64
	Seed        int64
	Schema      json.RawMessage // the answer follows this JSON Schema; nil: any text
}

// Answer is what came of a request.
type Answer struct {
	Text             string
	FinishReason     string // eos, stop, length
	PromptTokens     int
	CompletionTokens int
	FirstTokenMS     float64
	TokensPerSecond  float64 // after the first
}

// ModelInfo is what is open.
type ModelInfo struct {
	Name     string
	Adapters []string
	Threads  int
	Kernels  string
	Context  int
	Chat     bool // it has a chat template
}

// Progress is how far opening a model is.
type Progress struct {
	Phase       string // download, wait, check, load
	Done, Total int64  // bytes; Total 0: not known
}

// Runner answers with a model: the one in the page, or one of a server. Its methods wait; a canceled context ends them
// between tokens.
type Runner interface {
	// Open makes the model of a place the one that answers: "embedded", a URL, or the name of a file the user gave.
	Open(ctx context.Context, place string, threads int, progress func(Progress)) (ModelInfo, error)
	// Answer calls onText with each new piece.
	Answer(ctx context.Context, r Request, onText func(string)) (Answer, error)
	// AddAdapter loads a PEFT folder from a place; RemoveAdapter takes it out again.
	AddAdapter(ctx context.Context, name, place string) (ModelInfo, error)
	RemoveAdapter(ctx context.Context, name string) (ModelInfo, error)
}

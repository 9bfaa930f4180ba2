// Package api is what a host and those who use it say to each other: plain requests, answers, events and errors.
//
// The types cross every border (a process, an HTTP connection, a browser's Worker) as JSON, so their keys are a contract:
// new keys may be added, none may change. The package imports nothing of Graft.
package api

import "encoding/json"

// Prediction is the class of one text.
type Prediction struct {
	Text          string             `json:"text"`
	Label         string             `json:"label"`
	LabelID       int                `json:"label_id"`
	Confidence    float64            `json:"confidence"`    // probability of Label
	Probabilities map[string]float64 `json:"probabilities"` // by label
}

// ClassifyRequest asks for the classes of texts.
type ClassifyRequest struct {
	Texts   []string `json:"texts"`
	Adapter string   `json:"adapter,omitempty"` // by name, where several are open; "": none
	Logits  bool     `json:"logits,omitempty"`  // the answer has them too
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // system, user, assistant or tool
	Content string `json:"content"`
}

// GenerateRequest asks for a text: what follows Prompt, or the answer to Messages; one of the two is given.
// The options have transformers' names; a zero value means that the option is off, temperature 0 the most likely text.
type GenerateRequest struct {
	Prompt            string    `json:"prompt,omitempty"`
	Messages          []Message `json:"messages,omitempty"`
	MaxNewTokens      int       `json:"max_new_tokens,omitempty"`
	Temperature       float64   `json:"temperature,omitempty"`
	TopK              int       `json:"top_k,omitempty"`
	TopP              float64   `json:"top_p,omitempty"`
	MinP              float64   `json:"min_p,omitempty"`
	RepetitionPenalty float64   `json:"repetition_penalty,omitempty"`
	Seed              uint64    `json:"seed,omitempty"`
	Stop              []string  `json:"stop,omitempty"`
	Adapter           string    `json:"adapter,omitempty"` // by name, where several are open; "": none
	// ResponseFormat is what the answer must look like; nil: anything.
	ResponseFormat *ResponseFormat `json:"response_format,omitempty"`
}

// ResponseFormat is one form of an answer; one of the fields is given.
type ResponseFormat struct {
	JSONSchema json.RawMessage `json:"json_schema,omitempty"` // a schema, or true for any JSON value
	Regex      string          `json:"regex,omitempty"`       // matched from beginning to end
	Choices    []string        `json:"choices,omitempty"`
}

// Why a text ended.
const (
	FinishEOS    = "eos"    // the model ended it
	FinishStop   = "stop"   // a stop string came
	FinishLength = "length" // max_new_tokens were said
)

// Chunk is a part of a generated text as it comes.
type Chunk struct {
	Text         string `json:"text"`
	ID           int32  `json:"id"`                      // of the token
	FinishReason string `json:"finish_reason,omitempty"` // of the last
}

// Generation is a whole generated text.
type Generation struct {
	Prompt           string  `json:"prompt,omitempty"`
	Text             string  `json:"text"`
	FinishReason     string  `json:"finish_reason"`
	PromptTokens     int     `json:"prompt_tokens"`
	CompletionTokens int     `json:"completion_tokens"`
	FirstTokenMS     float64 `json:"first_token_ms"`
	TokensPerSecond  float64 `json:"tokens_per_second"` // after the first
}

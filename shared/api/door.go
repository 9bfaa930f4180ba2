package api

// Protocol is the version of the messages to an engine behind a border: engine.wasm in a Worker, at the edge, in a sandbox.
// It changes when an old request would get another answer.
const Protocol = 1

// MaxRequest is the most bytes of one request.
const MaxRequest = 16 << 20

// Request is one message to an engine: the protocol and exactly one of the others. Unknown keys are refused.
type Request struct {
	Protocol      int                   `json:"protocol"`
	Version       *Nothing              `json:"version,omitempty"`
	Inspect       *InspectRequest       `json:"inspect,omitempty"`
	Open          *OpenRequest          `json:"open,omitempty"`
	Plan          *PlanRequest          `json:"plan,omitempty"`
	Load          *LoadRequest          `json:"load,omitempty"`
	LoadAdapter   *LoadAdapterRequest   `json:"load_adapter,omitempty"`
	UnloadAdapter *UnloadAdapterRequest `json:"unload_adapter,omitempty"`
	Adapters      *Nothing              `json:"adapters,omitempty"`
	Classify      *ClassifyRequest      `json:"classify,omitempty"`
	Embed         *EmbedRequest         `json:"embed,omitempty"`
	Count         *CountRequest         `json:"count,omitempty"`
	Render        *RenderRequest        `json:"render,omitempty"`
	Decide        *DecideRequest        `json:"decide,omitempty"`
	Start         *GenerateRequest      `json:"start,omitempty"`
	Step          *StepRequest          `json:"step,omitempty"`
	Cancel        *CancelRequest        `json:"cancel,omitempty"`
	Logits        *LogitsRequest        `json:"logits,omitempty"`
	State         *Nothing              `json:"state,omitempty"`
	Close         *Nothing              `json:"close,omitempty"`
}

// Answer is what an engine says to a request: under the request's key, or an error, which has changed nothing.
type Answer struct {
	Protocol      int          `json:"protocol"`
	Error         *Error       `json:"error,omitempty"`
	Version       *EngineInfo  `json:"version,omitempty"`
	Inspect       *FilesInfo   `json:"inspect,omitempty"`
	Open          *ModelInfo   `json:"open,omitempty"`
	Plan          *MemoryNeed  `json:"plan,omitempty"`
	Load          *Loaded      `json:"load,omitempty"`
	LoadAdapter   *AdapterInfo `json:"load_adapter,omitempty"`
	UnloadAdapter *Nothing     `json:"unload_adapter,omitempty"`
	Adapters      *AdapterList `json:"adapters,omitempty"`
	Classify      *Predictions `json:"classify,omitempty"`
	Embed         *Embeddings  `json:"embed,omitempty"`
	Count         *TokenCount  `json:"count,omitempty"`
	Render        *Rendered    `json:"render,omitempty"`
	Decide        *Decision    `json:"decide,omitempty"`
	Start         *Started     `json:"start,omitempty"`
	Step          *Stepped     `json:"step,omitempty"`
	Cancel        *Nothing     `json:"cancel,omitempty"`
	Logits        *NextLogits  `json:"logits,omitempty"`
	State         *EngineState `json:"state,omitempty"`
	Close         *Nothing     `json:"close,omitempty"`
}

// Nothing is a request or an answer that says no more than its key.
type Nothing struct{}

// File is one file of a model's or an adapter's directory, by the number under which the host reads it.
type File struct {
	Name string `json:"name"` // in the directory: "config.json"
	ID   int32  `json:"id"`
}

// EngineInfo says which engine answers.
type EngineInfo struct {
	Version  string `json:"version"`
	Protocol int    `json:"protocol"`
	Device   string `json:"device"` // "" before a model is open
	Go       string `json:"go"`
}

// InspectRequest asks what files are, by their headers; no model need be open.
type InspectRequest struct {
	Files []File `json:"files"`
}

// FilesInfo is what a model or an adapter is.
type FilesInfo struct {
	Kind         string           `json:"kind"`   // model or adapter
	Format       string           `json:"format"` // safetensors or gguf
	Architecture string           `json:"architecture,omitempty"`
	PEFTType     string           `json:"peft_type,omitempty"`
	TaskType     string           `json:"task_type,omitempty"`
	Base         string           `json:"base,omitempty"` // of an adapter, as it names it
	Parameters   int64            `json:"parameters"`
	Bytes        int64            `json:"bytes"`  // of all tensors as stored
	DTypes       map[string]int64 `json:"dtypes"` // bytes by type
	Context      int              `json:"context,omitempty"`
	Tasks        []string         `json:"tasks,omitempty"`
	Labels       []string         `json:"labels,omitempty"`
	LoadIn4Bit   bool             `json:"load_in_4bit,omitempty"` // an adapter's base was read so while it was trained
}

// What a model can be asked without an adapter.
const (
	TaskClassify = "classify"
	TaskGenerate = "generate"
	TaskEmbed    = "embed"
)

// OpenRequest opens a model. Zero values have defaults.
type OpenRequest struct {
	Name        string   `json:"name,omitempty"`
	Files       []File   `json:"files"`
	Tasks       []string `json:"tasks,omitempty"`        // that will be asked for, which the memory is planned for; none: all the model can
	Threads     int      `json:"threads,omitempty"`      // of the kernels
	MemoryLimit int64    `json:"memory_limit,omitempty"` // bytes of the engine and the kernels together; 0: none
	Activations int      `json:"activations,omitempty"`  // precision in products with quantised weights: 0 (float32) or 8
	LoadIn4Bit  bool     `json:"load_in_4bit,omitempty"`
	Context     int      `json:"context,omitempty"`    // room for tokens of one text that is generated
	CacheType   string   `json:"cache_type,omitempty"` // of keys and values: f16, f32 or q8_0
}

// ModelInfo is an opened model.
type ModelInfo struct {
	Name         string     `json:"name"`
	Architecture string     `json:"architecture"`
	Format       string     `json:"format"`
	Context      int        `json:"context"`
	Tasks        []string   `json:"tasks"`
	Labels       []string   `json:"labels,omitempty"`
	Chat         bool       `json:"chat"` // it has a template of conversations
	Memory       MemoryNeed `json:"memory"`
}

// MemoryNeed is the memory that answering takes, in bytes, known before it is allocated.
type MemoryNeed struct {
	Weights     int64 `json:"weights"`
	Adapters    int64 `json:"adapters"`    // all that are loaded
	Cache       int64 `json:"cache"`       // keys and values of one text
	PerToken    int64 `json:"per_token"`   // of the cache
	Activations int64 `json:"activations"` // temporaries of the largest pass
	Scratch     int64 `json:"scratch"`     // the kernels' own
	Engine      int64 `json:"engine"`      // what the engine itself holds now: its own memory, not the kernels'
	Total       int64 `json:"total"`
	Limit       int64 `json:"limit,omitempty"`
}

// PlanRequest asks for the memory of generating with another room for tokens.
type PlanRequest struct {
	Context   int    `json:"context,omitempty"`
	CacheType string `json:"cache_type,omitempty"`
	Adapter   string `json:"adapter,omitempty"`
}

// LoadRequest reads weights before they are needed, about so many bytes a call; 0: all.
type LoadRequest struct {
	Bytes int64 `json:"bytes,omitempty"`
}

// Loaded is how far the weights are.
type Loaded struct {
	Done   bool    `json:"done"`
	Loaded int64   `json:"loaded"` // bytes
	Total  int64   `json:"total"`
	Next   []Range `json:"next,omitempty"` // what the same request will read next
}

// Range is a part of a file.
type Range struct {
	ID     int32 `json:"id"`
	Offset int64 `json:"offset"`
	Bytes  int64 `json:"bytes"`
}

// LoadAdapterRequest makes an adapter ready under a name. One that has the name already is replaced.
type LoadAdapterRequest struct {
	Name    string `json:"name"`
	Files   []File `json:"files"`
	AnyBase bool   `json:"any_base,omitempty"` // also if it was trained on another base
}

// UnloadAdapterRequest frees an adapter.
type UnloadAdapterRequest struct {
	Name string `json:"name"`
}

// AdapterInfo is a loaded adapter.
type AdapterInfo struct {
	Name     string      `json:"name"`
	PEFTType string      `json:"peft_type"`
	TaskType string      `json:"task_type"`
	Labels   []string    `json:"labels,omitempty"`
	Bytes    int64       `json:"bytes"`
	Memory   *MemoryNeed `json:"memory,omitempty"` // with it; only in the answer to its loading
}

// AdapterList is all loaded adapters in the order of their names.
type AdapterList struct {
	Adapters []AdapterInfo `json:"adapters"`
}

// Predictions are the classes of texts.
type Predictions struct {
	Predictions []Prediction `json:"predictions"`
	Logits      [][]float32  `json:"logits,omitempty"` // of each text in the order of label ids, if asked for
}

// EmbedRequest asks for the vectors of texts. Zero values are as the model's files say.
type EmbedRequest struct {
	Texts      []string `json:"texts"`
	Adapter    string   `json:"adapter,omitempty"`
	Pooling    string   `json:"pooling,omitempty"`
	Normalize  *bool    `json:"normalize,omitempty"`
	Prompt     string   `json:"prompt,omitempty"`
	PromptName string   `json:"prompt_name,omitempty"`
}

// Embeddings are vectors of texts.
type Embeddings struct {
	Vectors    [][]float32 `json:"vectors"`
	Dim        int         `json:"dim"`
	Pooling    string      `json:"pooling"`
	Normalized bool        `json:"normalized"`
}

// CountRequest asks how many tokens a prompt or a conversation is.
type CountRequest struct {
	Prompt   string    `json:"prompt,omitempty"`
	Messages []Message `json:"messages,omitempty"`
	IDs      bool      `json:"ids,omitempty"` // and which
}

// TokenCount is the answer.
type TokenCount struct {
	Tokens  int     `json:"tokens"`
	IDs     []int32 `json:"ids,omitempty"`
	Context int     `json:"context"` // the most the model reads
}

// RenderRequest asks how the model's template lays a conversation out.
type RenderRequest struct {
	Messages []Message `json:"messages"`
}

// Rendered is a conversation as the model reads it, up to where the assistant is to answer.
type Rendered struct {
	Text string `json:"text"`
}

// Started is a text that can be stepped.
type Started struct {
	Handle       int `json:"handle"`
	PromptTokens int `json:"prompt_tokens"`
}

// StepRequest goes on with a text by at most so many tokens; 0: one.
type StepRequest struct {
	Handle int `json:"handle"`
	Tokens int `json:"tokens,omitempty"`
}

// Stepped is what a step made. A long prompt is read in pieces, one a step, which then has no chunks.
type Stepped struct {
	Chunks     []Chunk     `json:"chunks"`
	Read       int         `json:"read"` // tokens of the prompt so far
	Of         int         `json:"of"`
	Done       bool        `json:"done"`
	Generation *Generation `json:"generation,omitempty"` // when done
}

// CancelRequest ends a text; one that has ended is no error.
type CancelRequest struct {
	Handle int `json:"handle"`
}

// LogitsRequest asks for the logits of the token after a prompt.
type LogitsRequest struct {
	Prompt  string `json:"prompt"`
	Adapter string `json:"adapter,omitempty"`
}

// NextLogits are the logits of the token after a prompt, by token id.
type NextLogits struct {
	Tokens int       `json:"tokens"` // of the prompt
	Logits []float32 `json:"logits"`
}

// EngineState is what an engine holds.
type EngineState struct {
	Open     string      `json:"open"` // name of the model, "" for none
	Adapters []string    `json:"adapters"`
	Handles  []int       `json:"handles"`
	Loaded   bool        `json:"loaded"` // all weights are in memory
	Memory   MemoryState `json:"memory"`
}

// MemoryState is the memory held now, in bytes.
type MemoryState struct {
	Engine  int64 `json:"engine"`
	Buffers int64 `json:"buffers"` // weights, adapters, caches
	Arena   int64 `json:"arena"`
	Scratch int64 `json:"scratch"`
	Peak    int64 `json:"peak"` // of the last three together
}

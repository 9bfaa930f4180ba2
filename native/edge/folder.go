// Package edge writes the folder of a Cloudflare Worker: its program, a model and its adapters cut into pieces, the
// settings that wrangler deploys it by, and how to use it.
package edge

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Weights is where a Worker keeps its model.
type Weights string

// Places of a model.
const (
	Assets Weights = "assets" // static assets, deployed with the Worker; the default
	Bundle Weights = "bundle" // in the Worker's own script: nothing to fetch, but held twice and of its size limit
	R2     Weights = "r2"     // a bucket, filled once by weights/upload.sh
	KV     Weights = "kv"     // a namespace, filled once by weights/upload.sh
)

// Places are all of them, in the order of help.
var Places = []Weights{Assets, Bundle, R2, KV}

// DefaultMemoryLimit is what an engine with its kernels and files may take, in bytes, of the 128 MB that Cloudflare gives
// an isolate: the rest is for JavaScript and for the Go program of each request that is being answered.
const DefaultMemoryLimit = 104 << 20

// Worker is what a folder is written of.
type Worker struct {
	Name     string // of the Worker: a part of its address
	Runtime  Runtime
	Weights  Weights
	Store    string // the R2 bucket's name, or the KV namespace's id
	Keys     string // id of the KV namespace that holds API keys; "": they are a secret alone
	Model    Model
	Adapters []Adapter // the first answers those who name none
	Open     Open
	Plan     Plan   // Examine fills it in
	Limit    int64  // bytes
	Version  string // of graft
	Built    int64  // Unix seconds
	DevKey   string // API key of wrangler dev
}

// Runtime is where a Worker's modules come from.
type Runtime struct {
	Dist    fs.FS  // what ./build.sh wasm makes: engine.wasm, and in edge/ the Go program with its glue
	SIMD    []byte // kernels_simd.wasm
	Relaxed []byte // kernels_relaxed.wasm
	JS      fs.FS  // engine.mjs and what it imports
	Edge    fs.FS  // entry.mjs and what it imports
}

// Model is the base.
type Model struct {
	Name  string
	Files []File
	Tasks []string // classify, generate, embed: what it does without an adapter; Examine fills it in
}

// Adapter is one adapter.
type Adapter struct {
	Name  string `json:"name"`
	Files []File `json:"-"`

	// Examine fills these in.
	PEFTType string   `json:"peft_type"`
	TaskType string   `json:"task_type"`
	Labels   []string `json:"labels,omitempty"`
}

// Open is how the engine opens the model: keys of the protocol's open.
type Open struct {
	Name        string   `json:"name"`
	Activations int      `json:"activations,omitempty"`
	Context     int      `json:"context,omitempty"`
	CacheType   string   `json:"cache_type,omitempty"`
	Tasks       []string `json:"tasks,omitempty"` // none: all that the model does
}

// Plan is the memory that a Worker will take, in bytes, by part.
type Plan struct {
	Weights     int64 `json:"weights"`
	Adapters    int64 `json:"adapters"`
	Cache       int64 `json:"cache"`
	Activations int64 `json:"activations"`
	Scratch     int64 `json:"scratch"`
	Engine      int64 `json:"engine"` // Go's own memory
	Files       int64 `json:"files"`  // held while weights are read, or for good in a bundle
	Total       int64 `json:"total"`
}

// names of Workers, as Cloudflare takes them, and of models and adapters, as requests name them.
var (
	workerName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$`)
	modelName  = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$`)
)

// WorkerName makes a Worker's name of a model's.
func WorkerName(model string) string {
	s := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(model), "-")
	s = strings.Trim(s, "-")
	if s == "" {
		s = "model"
	}
	return "graft-" + strings.Trim(s[:min(len(s), 40)], "-")
}

// Check reports what is wrong with the names and places before anything is written.
func (w *Worker) Check() error {
	if !workerName.MatchString(w.Name) {
		return fmt.Errorf("the Worker's name is %q, expected up to 54 of a-z, 0-9 and hyphens between them", w.Name)
	}
	seen := map[string]bool{}
	for i, name := range append([]string{w.Model.Name}, w.adapterNames()...) {
		switch {
		case !modelName.MatchString(name):
			return fmt.Errorf("%q cannot be the name of a model or an adapter: expected letters, digits, and . _ - between them; name it with NAME=PATH", name)
		case seen[name] && i > 0:
			return fmt.Errorf("two are called %q: name adapters with NAME=PATH", name)
		}
		seen[name] = true
	}
	switch w.Weights {
	case Assets, Bundle:
		return nil
	case R2, KV:
		if w.Store == "" {
			return fmt.Errorf("weights in %s want a store: the bucket's name, or the namespace's id", w.Weights)
		}
		return nil
	}
	return fmt.Errorf("weights are in %q, expected one of %v", w.Weights, Places)
}

func (w *Worker) adapterNames() []string {
	var names []string
	for _, a := range w.Adapters {
		names = append(names, a.Name)
	}
	return names
}

// ModelName is what a model or an adapter is called by the path it has.
func ModelName(p string) string {
	p = strings.TrimRight(strings.ReplaceAll(p, `\`, "/"), "/")
	name := path.Base(p)
	if ext := path.Ext(name); strings.EqualFold(ext, ".gguf") {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

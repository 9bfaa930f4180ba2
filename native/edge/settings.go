package edge

// settings is wrangler.jsonc.
type settings struct {
	Schema        string         `json:"$schema"`
	Name          string         `json:"name"`
	Main          string         `json:"main"`
	BaseDir       string         `json:"base_dir"`
	NoBundle      bool           `json:"no_bundle"`
	FindModules   bool           `json:"find_additional_modules"`
	Rules         []rule         `json:"rules"`
	Compatibility string         `json:"compatibility_date"`
	Vars          map[string]any `json:"vars"`
	Assets        *assets        `json:"assets,omitempty"`
	R2            []bucket       `json:"r2_buckets,omitempty"`
	KV            []namespace    `json:"kv_namespaces,omitempty"`
	Limits        limits         `json:"limits"`
	Observability observability  `json:"observability"`
	Metrics       bool           `json:"send_metrics"`
}

type rule struct {
	Type  string   `json:"type"`
	Globs []string `json:"globs"`
}

type assets struct {
	Directory   string `json:"directory"`
	Binding     string `json:"binding"`
	WorkerFirst bool   `json:"run_worker_first"` // pieces of the weights are for the Worker alone
}

type bucket struct {
	Binding string `json:"binding"`
	Name    string `json:"bucket_name"`
}

type namespace struct {
	Binding string `json:"binding"`
	ID      string `json:"id"`
}

type limits struct {
	CPU int `json:"cpu_ms"`
}

type observability struct {
	Enabled bool `json:"enabled"`
}

// compatibility is the date whose behaviour of the runtime the Worker was tested with.
const compatibility = "2025-11-01"

// cpuMS is the time one request may compute: the paid plan's default, written out so that it can be raised (to 300,000).
const cpuMS = 30_000

// Names of bindings; wasm/edge reads them.
const (
	weightsBinding = "GRAFT_WEIGHTS"
	keysBinding    = "GRAFT_KEYS"
	limitVariable  = "GRAFT_MEMORY_LIMIT"
	keysSecret     = "GRAFT_API_KEYS"
)

// settings are those of a Worker.
func (w *Worker) settings() settings {
	s := settings{
		Schema: "https://json.schemastore.org/wrangler.json", Name: w.Name, Main: "worker/entry.mjs", BaseDir: "worker", NoBundle: true, FindModules: true,
		Rules: []rule{
			{"ESModule", []string{"**/*.mjs", "**/*.js"}},
			{"CompiledWasm", []string{"**/*.wasm"}},
			{"Data", []string{"**/*.bin"}},
		},
		Compatibility: compatibility,
		Vars:          map[string]any{limitVariable: w.Limit},
		Limits:        limits{cpuMS},
		Observability: observability{true},
	}
	switch w.Weights {
	case Assets:
		s.Assets = &assets{"assets", "ASSETS", true}
	case R2:
		s.R2 = append(s.R2, bucket{weightsBinding, w.Store})
	case KV:
		s.KV = append(s.KV, namespace{weightsBinding, w.Store})
	}
	if w.Keys != "" {
		s.KV = append(s.KV, namespace{keysBinding, w.Keys})
	}
	return s
}

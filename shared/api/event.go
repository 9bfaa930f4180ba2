package api

// Event is one thing that happened during long work. Exactly one of its fields is set.
type Event struct {
	Progress *Progress   `json:"progress,omitempty"`
	Step     *TrainStep  `json:"train_step,omitempty"`
	Eval     *EvalResult `json:"eval,omitempty"`
	Saved    *Checkpoint `json:"checkpoint,omitempty"`
	Notice   *Notice     `json:"notice,omitempty"`
}

// Progress is how far a phase of the work is.
type Progress struct {
	Phase string `json:"phase"` // such as "load", "tokenize", "evaluate"
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0: not known
	Unit  string `json:"unit"`  // such as "rows", "bytes"
}

// TrainStep is one step of the optimiser.
type TrainStep struct {
	Step         int     `json:"step"`  // steps done, from 1
	Steps        int     `json:"steps"` // of the whole run
	Epoch        float64 `json:"epoch"` // epochs done, with a fraction
	Loss         float64 `json:"loss"`  // mean over what the step trained
	LearningRate float64 `json:"learning_rate"`
	GradNorm     float64 `json:"grad_norm"`      // before clipping
	Tokens       int64   `json:"tokens"`         // of this step, padding not counted
	Seconds      float64 `json:"seconds"`        // this step took
	Clipped      bool    `json:"clipped"`        // the gradient was
	Peak         int64   `json:"peak,omitempty"` // bytes of memory so far
}

// EvalResult is an evaluation during training.
type EvalResult struct {
	Step    int                `json:"step"`
	Epoch   float64            `json:"epoch"`
	Loss    float64            `json:"eval_loss"`
	Metrics map[string]float64 `json:"metrics,omitempty"` // by the names of eval's table
	Best    bool               `json:"best"`              // so far, by metric_for_best_model
	Seconds float64            `json:"seconds"`
}

// Checkpoint is a saved state of a run.
type Checkpoint struct {
	Step int    `json:"step"`
	Path string `json:"path"`
	Best bool   `json:"best"`
}

// Notice is something a person should know and may act on, such as truncated rows.
type Notice struct {
	Message string `json:"message"`
}

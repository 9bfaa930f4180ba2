package runs

import "time"

// Status is how far a run has come.
type Status string

// The states of a run. A process that is killed leaves its run as running.
const (
	Running     Status = "running"
	Finished    Status = "finished"
	Stopped     Status = "stopped"     // a weak trial, ended before its last step
	Failed      Status = "failed"      // Error says why
	Interrupted Status = "interrupted" // by the user; it can be resumed
)

// Run is one training: what it is made of, what it took and what came out.
type Run struct {
	ID      int64     `json:"id"`
	Search  string    `json:"search,omitempty"` // key of the search that it is a trial of
	Trial   string    `json:"trial,omitempty"`  // key of the trial within the search
	AgainOf int64     `json:"again_of,omitempty"`
	Name    string    `json:"name"`
	Status  Status    `json:"status"`
	Error   string    `json:"error,omitempty"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"` // of training and its evaluations, over all processes that took part

	Method string `json:"method"`
	Recipe string `json:"recipe"` // YAML; what it names lies in Folder
	Folder string `json:"folder"` // the working directory
	Seed   uint64 `json:"seed"`
	Rows   int    `json:"train_rows"`           // that were trained on
	Part   int    `json:"part_rows,omitempty"`  // above 0: so many rows of the training file, drawn by the seed
	Steps  int    `json:"steps"`                // that were taken
	Of     int    `json:"steps_of"`             // of the whole run
	Kept   int    `json:"kept_step,omitempty"`  // of a trial: the step of the checkpoint that it was last left at
	Hashes Hashes `json:"hashes"`               // SHA-256
	Host   Host   `json:"host"`                 // the machine
	Graft  string `json:"graft_version"`        // of the program
	Output string `json:"output_dir,omitempty"` // where the adapter is

	Trainable     int64              `json:"trainable_parameters"`
	PlannedMemory int64              `json:"planned_memory_bytes"`
	PeakMemory    int64              `json:"peak_memory_bytes,omitempty"` // of the process; 0: not known
	Tokens        int64              `json:"tokens,omitempty"`            // that were trained on
	Score         *float64           `json:"score"`                       // the best on validation data, the higher the better
	Valid         map[string]float64 `json:"validation,omitempty"`        // metrics of the evaluation with that score, or of the last
	Test          map[string]float64 `json:"test,omitempty"`
}

// Hashes say what a run is made of, and what came out. "" is none.
type Hashes struct {
	Train  string `json:"train_file,omitempty"`
	Valid  string `json:"validation_file,omitempty"`
	Test   string `json:"test_file,omitempty"`
	Base   string `json:"base,omitempty"`   // of the model's files
	Start  string `json:"start,omitempty"`  // of the adapter that was trained further
	Code   string `json:"code,omitempty"`   // of the program
	Result string `json:"result,omitempty"` // of the trained weights
}

// Host is the machine.
type Host struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	CPU      string `json:"cpu,omitempty"`
	Cores    int    `json:"cores"`
	Memory   int64  `json:"memory_bytes,omitempty"`
	Device   string `json:"device,omitempty"` // that trained
}

// Evaluation is one of a run.
type Evaluation struct {
	Step    int                `json:"step"`
	Metrics map[string]float64 `json:"metrics"`
}

// The splits that predictions are kept of.
const (
	OnValid = "validation"
	OnTest  = "test"
)

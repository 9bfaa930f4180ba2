package train

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"graft/shared/adapter"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// The files of a checkpoint beside those of Options.Files.
const (
	adapterFile   = "adapter_model.safetensors"
	modelFile     = "model.safetensors"
	optimizerFile = "optimizer.safetensors"
	stateFile     = "trainer_state.json"
)

// State is what a checkpoint holds of a run beside its tensors, in trainer_state.json.
type State struct {
	GlobalStep     int                `json:"global_step"`
	Epoch          float64            `json:"epoch"`
	MaxSteps       int                `json:"max_steps"`
	BestMetric     float64            `json:"best_metric"`
	BestStep       int                `json:"best_global_step"`
	BestCheckpoint string             `json:"best_model_checkpoint"`
	BestMetrics    map[string]float64 `json:"best_metrics,omitempty"`
	LastMetrics    map[string]float64 `json:"last_metrics,omitempty"`
	Patience       int                `json:"early_stopping_patience_counter"`
	EarlyStopped   bool               `json:"early_stopped"`
	Arguments      Arguments          `json:"arguments"`
	TrainRows      int                `json:"train_rows"`
	LogHistory     []Event            `json:"log_history"`
}

// log keeps an event for trainer_state.json. Times are left out, so that a resumed run has the same history.
func (s *State) log(e Event, epoch float64) {
	e.Step, e.Epoch, e.Seconds = s.GlobalStep, epoch, 0
	s.LogHistory = append(s.LogHistory, e)
}

// State is where the run is.
func (t *Trainer) State() State { return t.state }

// save writes a checkpoint, then removes those beyond save_total_limit.
func (t *Trainer) save(ctx context.Context) (string, error) {
	name := "checkpoint-" + strconv.Itoa(t.state.GlobalStep)
	if t.state.BestStep == t.state.GlobalStep {
		t.state.BestCheckpoint = name
	}
	files, err := t.Files(t.state.LastMetrics)
	if err != nil {
		return "", err
	}
	var moments []weights.Item
	for _, p := range t.params {
		for _, l := range t.o.Arguments.optimizer().state(p) {
			moments = append(moments, t.item(l.name, l.Spec))
		}
	}
	s := t.state
	s.Epoch, s.MaxSteps, s.Arguments, s.TrainRows = t.epoch(), t.total, t.o.Arguments, len(t.o.Train)
	state, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return "", fmt.Errorf("train: %s: %w", stateFile, err)
	}
	files = append(files,
		File{optimizerFile, func(w io.Writer) error { return weights.WriteSafetensors(w, moments, nil) }},
		File{stateFile, func(w io.Writer) error { _, err := w.Write(state); return err }})
	if err := t.o.Store.Put(ctx, name, files); err != nil {
		return "", fmt.Errorf("train: %s: %w", name, err)
	}
	return name, t.prune(name)
}

// Files are the trained weights as they are and what belongs to them: an adapter's directory, or the part of a
// model's directory that training changes.
func (t *Trainer) Files(metrics map[string]float64) ([]File, error) {
	items := make([]weights.Item, len(t.params))
	for i, p := range t.params {
		items[i] = t.item(p.name, p.Spec)
	}
	files := []File{{t.trainedFile(), func(w io.Writer) error {
		return weights.WriteSafetensors(w, items, map[string]string{"format": "pt"})
	}}}
	if s, ok := t.o.Adapter.(adapter.Storer); ok {
		stored, err := t.stored(s)
		if err != nil {
			return nil, err
		}
		files = append(files, File{adapterFile, func(w io.Writer) error {
			return weights.WriteSafetensors(w, stored, map[string]string{"format": "pt"})
		}})
	}
	if t.o.Files == nil {
		return files, nil
	}
	extra, err := t.o.Files(metrics)
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Sorted(maps.Keys(extra)) {
		files = append(files, File{n, func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(extra[n])); return err }})
	}
	return files, nil
}

// trainedFile is the file that holds the trained tensors as they are.
func (t *Trainer) trainedFile() string {
	if t.o.Adapter == nil {
		return modelFile
	}
	if _, ok := t.o.Adapter.(adapter.Storer); ok {
		return adapter.TrainedName
	}
	return adapterFile
}

// stored are the tensors of an adapter's file that follow from the trained ones, and those trained ones that it has too.
func (t *Trainer) stored(s adapter.Storer) ([]weights.Item, error) {
	made, err := s.Stored(func(name string, shape ...int) (*tensor.Tensor, error) {
		return t.o.Memory.Read(name, tensor.Of(tensor.F32, shape...))
	})
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	var items []weights.Item
	for _, name := range slices.Sorted(maps.Keys(made)) {
		items = append(items, weights.Item{Name: name, Spec: made[name].Spec, Write: func(w io.Writer) error {
			_, err := w.Write(made[name].Data)
			return err
		}})
	}
	for _, p := range t.params {
		if made[p.name] == nil && adapter.InFile(p.name) {
			items = append(items, t.item(p.name, p.Spec))
		}
	}
	return items, nil
}

// item reads a tensor from the device when its turn to be written comes.
func (t *Trainer) item(name string, s tensor.Spec) weights.Item {
	return weights.Item{Name: name, Spec: s, Write: func(w io.Writer) error {
		v, err := t.o.Memory.Read(name, s)
		if err != nil {
			return err
		}
		_, err = w.Write(v.Data)
		return err
	}}
}

// prune removes the oldest checkpoints beyond save_total_limit, never the best nor the newest.
func (t *Trainer) prune(newest string) error {
	limit := t.o.Arguments.SaveTotalLimit
	if limit == 0 {
		return nil
	}
	names, err := t.checkpoints()
	if err != nil {
		return err
	}
	for _, n := range names[:max(0, len(names)-limit)] {
		if n == newest || n == t.state.BestCheckpoint {
			continue
		}
		if err := t.o.Store.Remove(n); err != nil {
			return fmt.Errorf("train: %s: %w", n, err)
		}
	}
	return nil
}

// checkpoints lists the store's checkpoints, oldest first.
func (t *Trainer) checkpoints() ([]string, error) {
	all, err := t.o.Store.List()
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	names := slices.DeleteFunc(all, func(n string) bool { return stepOf(n) < 0 })
	slices.SortFunc(names, func(a, b string) int { return stepOf(a) - stepOf(b) })
	return names, nil
}

// stepOf is the step in a checkpoint's name, -1 for another name.
func stepOf(name string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(name, "checkpoint-"))
	if err != nil || !strings.HasPrefix(name, "checkpoint-") || n < 1 {
		return -1
	}
	return n
}

// Resume goes on from the newest checkpoint of the store, and reports its name, "" if there is none. The run must
// have the arguments and the number of training rows it was started with.
func (t *Trainer) Resume() (string, error) {
	if t.o.Store == nil {
		return "", fmt.Errorf("train: nothing to resume from: checkpoints are kept nowhere")
	}
	names, err := t.checkpoints()
	if err != nil || len(names) == 0 {
		return "", err
	}
	name := names[len(names)-1]
	return name, t.load(name, true)
}

// load reads a checkpoint's weights and, to resume, the optimiser's and the run's state.
func (t *Trainer) load(name string, resume bool) error {
	fsys, err := t.o.Store.Open(name)
	if err != nil {
		return fmt.Errorf("train: %s: %w", name, err)
	}
	if resume {
		if err := t.loadState(fsys); err != nil {
			return fmt.Errorf("train: %s: %w", name, err)
		}
		if err := t.loadTensors(fsys, optimizerFile, t.o.Arguments.optimizer().state); err != nil {
			return fmt.Errorf("train: %s: %w", name, err)
		}
	}
	if err := t.loadTensors(fsys, t.trainedFile(), func(p param) []leaf { return []leaf{{p.name, p.Spec}} }); err != nil {
		return fmt.Errorf("train: %s: %w", name, err)
	}
	return nil
}

func (t *Trainer) loadState(fsys fs.FS) error {
	data, err := fs.ReadFile(fsys, stateFile)
	if err != nil {
		return err
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%s: %w", stateFile, err)
	}
	was, err := json.Marshal(s.Arguments)
	if err != nil {
		return err
	}
	is, err := json.Marshal(t.o.Arguments)
	if err != nil {
		return err
	}
	if !bytes.Equal(was, is) || s.TrainRows != len(t.o.Train) {
		return fmt.Errorf("%s: the run was started with other arguments or data: %s over %d rows, now %s over %d",
			stateFile, was, s.TrainRows, is, len(t.o.Train))
	}
	t.state = s
	return nil
}

// loadTensors fills the leaves of every parameter from a file that has exactly those.
func (t *Trainer) loadTensors(fsys fs.FS, file string, leaves func(param) []leaf) error {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	src, err := weights.OpenSafetensors(weights.InMemory(data))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, p := range t.params {
		for _, l := range leaves(p) {
			v, err := weights.ReadTensor(src, l.name)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			if v.DType != l.DType || !v.Shape.Equal(l.Shape) {
				return fmt.Errorf("%s: %s is %v, expected %v", file, l.name, v.Spec, l.Spec)
			}
			if err := t.o.Memory.Write(l.name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

package adapter

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// What PEFT puts before the checkpoint name of a module: once for the model it has wrapped, and once more where a tuner
// has changed the model's layers, which prompts do not.
const (
	wrapped = "base_model."
	prefix  = "base_model.model."
)

// whole is the modules an adapter trains whole and keeps beside its own tensors (modules_to_save): those named, by
// the last parts of their paths, and all that is in them.
type whole struct {
	ModulesToSave []string `json:"modules_to_save"`
	TaskType      TaskType `json:"task_type"`
	BaseModel     string   `json:"base_model_name_or_path"`
	before        string   // of names in the file: prefix or wrapped
}

// Task is the task_type.
func (w *whole) Task() TaskType { return w.TaskType }

// keepHead adds the head of SEQ_CLS, which PEFT keeps whole, whatever it is called.
func (w *whole) keepHead() {
	if w.TaskType != SeqCls {
		return
	}
	for _, head := range []string{"classifier", "score"} {
		if !slices.Contains(w.ModulesToSave, head) {
			w.ModulesToSave = append(w.ModulesToSave, head)
		}
	}
}

// saved reports whether a module is trained whole: it, or one that it is part of, has a path that ends in a name. PEFT
// does not ask for a dot before the name, so "classifier" means DistilBERT's pre_classifier, too.
func (w *whole) saved(path string) bool {
	for ; path != ""; path = module(path) {
		if slices.ContainsFunc(w.ModulesToSave, func(n string) bool { return strings.HasSuffix(path, n) }) {
			return true
		}
	}
	return false
}

// weight tells which base weights the adapter replaces by copies of its own (nn.Hooks.Weight).
func (w *whole) weight(name string, kind graph.Kind) (string, graph.Kind, bool) {
	if !w.saved(module(name)) {
		return "", 0, false
	}
	return w.before + name, kind, true
}

// module is the path of the module that a weight belongs to.
func module(name string) string { return name[:max(strings.LastIndexByte(name, '.'), 0)] }

// replace copies the adapter's tensor leaf over w.
func replace(w *tensor.Tensor, tensors weights.Source, leaf string) error {
	t, err := weights.Floats(tensors, leaf)
	if err != nil {
		return err
	}
	if !t.Shape.Equal(w.Shape) {
		return fmt.Errorf("%s: shape %v, expected %v", leaf, t.Shape, w.Shape)
	}
	copy(w.Data, t.Data)
	return nil
}

package adapter

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// The names of PEFT's files.
const (
	ConfigName  = "adapter_config.json"
	WeightsName = "adapter_model.safetensors"
)

// TrainedName is Graft's file beside them with the tensors of a Storer as they are trained: what PEFT leaves out, so
// that it can't train such an adapter further.
const TrainedName = "trained.safetensors"

// maxWeights is the largest adapter_model.safetensors that is read into memory, in bytes.
const maxWeights = 8 << 30

// Directory is an adapter as it lies on a disk.
type Directory struct {
	Adapter Adapter
	Sidecar *Sidecar // nil where there is no graft.json
	Tensors weights.Source
	Trained weights.Source // of TrainedName, nil where there is none

	head string // path of the last layer of the model's classification head
}

// Open reads an adapter's directory for a model.
func Open(fsys fs.FS, m *model.Parts) (*Directory, error) {
	config, err := fs.ReadFile(fsys, ConfigName)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	d := &Directory{head: model.HeadOf(m.Model).Output}
	if d.Adapter, err = Parse(config, m); err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	switch data, err := fs.ReadFile(fsys, SidecarName); {
	case err == nil:
		s, err := ParseSidecar(data)
		if err != nil {
			return nil, fmt.Errorf("adapter: %w", err)
		}
		d.Sidecar = &s
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("adapter: %w", err)
	}
	_, err = fs.Stat(fsys, WeightsName)
	if errors.Is(err, fs.ErrNotExist) {
		if _, bin := fs.Stat(fsys, "adapter_model.bin"); bin == nil {
			return nil, fmt.Errorf("adapter: adapter_model.bin is a Python pickle, which is not read; save the adapter again with PEFT 0.7 or newer")
		}
	}
	if d.Tensors, err = read(fsys, WeightsName); err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	if d.Trained, err = read(fsys, TrainedName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	return d, nil
}

// read opens a safetensors file of the directory: in memory, since others may write the directory while the adapter is used, but by
// ranges what is neither on a disk nor in memory, such as the files of a page.
func read(fsys fs.FS, name string) (weights.Source, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	if f, ok := file.(weights.File); ok && f.Bytes() == nil {
		return weights.OpenSafetensors(f)
	}
	file.Close()
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxWeights {
		return nil, fmt.Errorf("%s has %d bytes, expected %d at most", name, info.Size(), maxWeights)
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	src, err := weights.OpenSafetensors(weights.InMemory(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return src, nil
}

// Check holds the directory's tensors against the leaves a model recorded with the adapter's hooks asks for, and
// reports every mismatch at once: missing, misshapen and left over.
func (d *Directory) Check(g *graph.Graph) error {
	wanted, bad := map[string]bool{}, []string(nil)
	g.Leaves(func(v graph.Value, _ graph.Kind, name string) bool {
		if !InFile(name) {
			return true
		}
		wanted[name] = true
		got, ok := d.Tensors.Spec(name)
		switch {
		case !ok:
			bad = append(bad, fmt.Sprintf("%s: missing, expected shape %v", name, v.Shape()))
		case !got.Shape.Equal(v.Shape()):
			bad = append(bad, fmt.Sprintf("%s: shape %v, expected %v", name, got.Shape, v.Shape()))
		case got.DType != tensor.F32 && got.DType != tensor.F16 && got.DType != tensor.BF16:
			bad = append(bad, fmt.Sprintf("%s: dtype %v, expected f32, f16 or bf16", name, got.DType))
		}
		return true
	})
	for _, name := range d.Tensors.Names() {
		if !wanted[name] && !d.copied(name) {
			bad = append(bad, name+": the model has no place for it")
		}
	}
	if len(bad) == 0 {
		return nil
	}
	if d.Adapter.Task() == SeqCls && slices.ContainsFunc(bad, func(s string) bool { return strings.Contains(s, d.head+".weight: missing") }) {
		bad = append(bad, fmt.Sprintf("a SEQ_CLS adapter without its head (modules_to_save: %s) answers at random, so it is not loaded", d.head))
	}
	const most = 20
	if n := len(bad); n > most {
		bad = append(bad[:most], fmt.Sprintf("and %d more", n-most))
	}
	return fmt.Errorf("adapter: %s does not fit the model:\n  %s", WeightsName, strings.Join(bad, "\n  "))
}

// copied reports whether a tensor is a copy of a base weight that PEFT writes beside a LoRA of the table of tokens or of the
// output layer (save_embedding_layers). It is frozen, so it is the base's.
func (d *Directory) copied(name string) bool {
	return strings.HasSuffix(name, "embed_tokens.base_layer.weight") || strings.HasSuffix(name, "lm_head.base_layer.weight") ||
		strings.HasSuffix(name, "embeddings.base_layer.weight")
}

// Labels is the number of classes of the adapter's head, 0 if it has none.
func (d *Directory) Labels() int {
	for _, before := range []string{prefix, wrapped} {
		if s, ok := d.Tensors.Spec(before + d.head + ".weight"); ok && len(s.Shape) == 2 {
			return s.Shape[0]
		}
	}
	return 0
}

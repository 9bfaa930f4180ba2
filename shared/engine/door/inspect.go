package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"graft/shared/adapter"
	"graft/shared/api"
	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// inspect tells what files are, by their headers.
func (d *Door) inspect(r *api.InspectRequest) (*api.FilesInfo, error) {
	dir, err := newDirectory(d.host.Files, r.Files)
	if err != nil {
		return nil, err
	}
	in := &api.FilesInfo{Kind: "model", Format: formatOf(r.Files), DTypes: map[string]int64{}}
	src, err := look(dir, in)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	for _, name := range src.Names() {
		s, _ := src.Spec(name)
		in.Parameters += int64(s.Shape.Len())
		if s.DType != tensor.Invalid {
			in.Bytes += int64(s.Size())
			in.DTypes[strings.ToLower(s.DType.String())] += int64(s.Size())
		}
	}
	return in, nil
}

// look opens the weights, and fills in what the configuration says.
func look(dir directory, in *api.FilesInfo) (weights.Source, error) {
	config, err := fs.ReadFile(dir, adapter.ConfigName)
	if err == nil {
		return lookAdapter(dir, in, config)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	src, err := weights.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := lookModel(dir, in, src); err != nil {
		src.Close()
		return nil, err
	}
	return src, nil
}

func lookModel(dir directory, in *api.FilesInfo, src weights.Source) error {
	config, err := fs.ReadFile(dir, "config.json")
	if g, ok := src.(*weights.GGUF); ok {
		if kind, _ := g.Meta.String("general.type"); kind == "adapter" {
			in.Kind, in.PEFTType = "adapter", "LORA"
			in.Architecture, _ = g.Meta.String("general.architecture")
			return nil
		}
		config, err = g.Config()
	}
	if err == nil {
		config, err = model.TextConfig(config)
	}
	if err != nil {
		return err
	}
	m, err := model.New(config)
	if err != nil {
		return err
	}
	c := m.Config()
	in.Architecture, in.Context = c.ModelType, c.MaxPositionEmbeddings
	in.Tasks = tasks(m, model.Checkpoint(m, src))
	if in.Tasks[0] == api.TaskClassify {
		in.Labels = c.Labels()
	}
	return nil
}

func lookAdapter(dir directory, in *api.FilesInfo, config []byte) (weights.Source, error) {
	var c struct {
		PEFTType string `json:"peft_type"`
		TaskType string `json:"task_type"`
		Base     string `json:"base_model_name_or_path"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("%s: %w", adapter.ConfigName, err)
	}
	in.Kind, in.PEFTType, in.TaskType, in.Base = "adapter", c.PEFTType, c.TaskType, c.Base
	switch data, err := fs.ReadFile(dir, adapter.SidecarName); {
	case err == nil:
		s, err := adapter.ParseSidecar(data)
		if err != nil {
			return nil, err
		}
		in.Labels, in.LoadIn4Bit = s.Labels, s.LoadIn4Bit
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	f, err := dir.Open(adapter.WeightsName)
	if err != nil {
		return nil, err
	}
	return weights.OpenFile(f.(*file))
}

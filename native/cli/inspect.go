package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"graft/native/mmap"
	"graft/shared/adapter"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// inspected is what a model, an adapter or a file of weights holds.
type inspected struct {
	Path       string           `json:"path"`
	Kind       string           `json:"kind"` // model, adapter, gguf, safetensors
	Parameters int64            `json:"parameters"`
	Bytes      int64            `json:"bytes"`
	DTypes     []dtypeTotal     `json:"dtypes"`
	Config     json.RawMessage  `json:"config,omitempty"`   // config.json or adapter_config.json
	Sidecar    *adapter.Sidecar `json:"graft,omitempty"`    // graft.json
	Metadata   map[string]any   `json:"metadata,omitempty"` // of a GGUF file
	Tensors    []inspectedRow   `json:"tensors"`
	keys       []string         // of Metadata, in the file's order
}

type dtypeTotal struct {
	DType      string `json:"dtype"`
	Tensors    int    `json:"tensors"`
	Parameters int64  `json:"parameters"`
	Bytes      int64  `json:"bytes"`
}

type inspectedRow struct {
	Name  string `json:"name"`
	DType string `json:"dtype"`
	Shape []int  `json:"shape"`
	Bytes int64  `json:"bytes"`
}

func (a *app) inspect() *cobra.Command {
	var asJSON bool
	var path string
	cmd := a.command("inspect <path>", text{"show what a model, an adapter or a file of weights holds", "查看模型、适配器或权重文件的内容"},
		text{"inspect lists the tensors of a model's directory, an adapter's directory, a GGUF or a safetensors file, with totals\nby type, and the configuration or metadata. No weights are read.",
			"inspect 列出模型目录、适配器目录、GGUF 或 safetensors 文件中的张量、按类型的合计,以及配置或元数据。不读取权重本身。"},
		"graft inspect out/finance\ngraft inspect model.gguf --json",
		func(context.Context, []string) error {
			dir, err := a.resolve(path)
			if err != nil {
				return err
			}
			in, err := inspectPath(dir)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(in)
			}
			return a.printInspected(in)
		})
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%d paths, expected one", len(args))
		}
		path = args[0]
		return nil
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, a.lang.of(msgJSON))
	return cmd
}

func inspectPath(path string) (*inspected, error) {
	in := &inspected{Path: path}
	src, err := in.open()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	totals := map[string]*dtypeTotal{}
	for _, name := range src.Names() {
		row := rowOf(src, name)
		in.Tensors = append(in.Tensors, row)
		n := int64(tensor.Shape(row.Shape).Len())
		t := totals[row.DType]
		if t == nil {
			t = &dtypeTotal{DType: row.DType}
			totals[row.DType] = t
		}
		t.Tensors, t.Parameters, t.Bytes = t.Tensors+1, t.Parameters+n, t.Bytes+row.Bytes
		in.Parameters, in.Bytes = in.Parameters+n, in.Bytes+row.Bytes
	}
	for _, t := range totals {
		in.DTypes = append(in.DTypes, *t)
	}
	slices.SortFunc(in.DTypes, func(a, b dtypeTotal) int {
		if a.Bytes != b.Bytes {
			return int(min(max(b.Bytes-a.Bytes, -1), 1))
		}
		return strings.Compare(a.DType, b.DType)
	})
	return in, nil
}

// open finds out what the path is, and opens its weights.
func (in *inspected) open() (weights.Source, error) {
	info, err := os.Stat(in.Path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() && weights.SplitNames(filepath.Base(in.Path)) != nil {
		src, err := weights.Open(single(in.Path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Path, err)
		}
		in.describe(src)
		return src, nil
	}
	if !info.IsDir() {
		f, err := mmap.Open(in.Path)
		if err != nil {
			return nil, err
		}
		src, err := weights.OpenFile(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Path, err)
		}
		in.Kind = "safetensors"
		in.describe(src)
		return src, nil
	}
	config := filepath.Join(in.Path, adapter.ConfigName)
	if data, err := os.ReadFile(config); err == nil {
		in.Kind, in.Config = "adapter", data
		if !json.Valid(data) {
			return nil, fmt.Errorf("%s: not JSON", config)
		}
		if in.Sidecar, err = sidecar(in.Path); err != nil {
			return nil, err
		}
		f, err := mmap.Open(filepath.Join(in.Path, adapter.WeightsName))
		if err != nil {
			return nil, err
		}
		src, err := weights.OpenFile(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Path, err)
		}
		return src, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	in.Kind = "model"
	config = filepath.Join(in.Path, "config.json")
	if data, err := os.ReadFile(config); err == nil {
		if in.Config = data; !json.Valid(data) {
			return nil, fmt.Errorf("%s: not JSON", config)
		}
	}
	src, err := weights.Open(mmap.FS(in.Path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Path, err)
	}
	in.describe(src)
	return src, nil
}

// describe takes the metadata of a GGUF file. Long lists, such as a vocabulary, are told by their lengths.
func (in *inspected) describe(src weights.Source) {
	g, ok := src.(*weights.GGUF)
	if !ok {
		return
	}
	if in.Kind != "model" {
		in.Kind = "gguf"
	}
	in.Metadata, in.keys = map[string]any{}, g.Meta.Keys()
	for _, key := range in.keys {
		v, _ := g.Meta.Value(key)
		in.Metadata[key] = brief(v)
	}
}

// mostItems is how many items of a list in GGUF metadata are shown.
const mostItems = 8

func brief(v any) any {
	data, err := json.Marshal(v)
	var list []json.RawMessage
	if err != nil {
		return fmt.Sprint(v) // a float that is no number
	}
	if json.Unmarshal(data, &list) != nil || len(list) <= mostItems {
		return json.RawMessage(data)
	}
	return fmt.Sprintf("%d items", len(list))
}

func rowOf(src weights.Source, name string) inspectedRow {
	s, _ := src.Spec(name)
	if s.DType == tensor.Invalid { // a type that is listed and not read
		switch src := src.(type) {
		case *weights.Safetensors:
			if dtype, shape, ok := src.Stored(name); ok {
				return inspectedRow{name, strings.ToLower(dtype), shape, 0}
			}
		case *weights.GGUF:
			if _, typ, ok := src.Stored(name); ok {
				return inspectedRow{name, typ, s.Shape, 0}
			}
		}
		return inspectedRow{name, "?", s.Shape, 0}
	}
	return inspectedRow{name, s.DType.String(), s.Shape, int64(s.Size())}
}

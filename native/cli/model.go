package cli

import (
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
	"graft/shared/engine"
	"graft/shared/weights"
)

// modelFlags say which base and adapter a command uses, and how.
type modelFlags struct {
	model, tokenizer, adapter string
	anyBase                   bool
	load4, doubleQuant        bool
	activations, threads      int

	cmd *cobra.Command
}

// modelFlags adds the flags to a command. activations is the default precision.
func (a *app) modelFlags(cmd *cobra.Command, activations int) *modelFlags {
	m := &modelFlags{cmd: cmd}
	f, of := cmd.Flags(), a.lang.of
	f.StringVar(&m.model, "model", "", of(text{"base model: a Hugging Face directory, a GGUF file, or a name as graft pull takes it; default: the one the adapter names", "基础模型:Hugging Face 目录、GGUF 文件或 graft pull 接受的名称(默认为适配器记录的模型)"}))
	f.StringVar(&m.adapter, "adapter", "", of(text{"adapter: a PEFT directory, a GGUF file with a LoRA, or a name as graft pull takes it", "适配器:PEFT 目录、含 LoRA 的 GGUF 文件,或 graft pull 接受的名称"}))
	f.StringVar(&m.tokenizer, "tokenizer", "", of(text{"directory with tokenizer.json, if not the model's", "tokenizer.json 所在目录(默认用模型自带的)"}))
	f.BoolVar(&m.anyBase, "any-base", false, of(text{"use an adapter on another base than it was trained on", "允许适配器用于训练时以外的基础模型"}))
	f.BoolVar(&m.load4, "load-in-4bit", false, of(text{"quantise the base to NF4 while it is read; default: as the adapter was trained", "读取时把基础模型量化为 NF4(默认与训练适配器时一致)"}))
	f.BoolVar(&m.doubleQuant, "bnb-4bit-use-double-quant", false, of(text{"quantise the scales too", "对缩放系数再量化"}))
	f.IntVar(&m.activations, "activations", activations, of(text{"precision of activations in products with a quantised base: 0 (float32) or 8", "与量化权重相乘时激活的精度:0(float32)或 8"}))
	f.IntVar(&m.threads, "threads", 0, of(text{"threads of the CPU; 0: one for each core", "CPU 线程数;0 为每核一个"}))
	return m
}

// opened is a base with at most one adapter.
type opened struct {
	*engine.Base
	adapter *engine.Adapter // nil: none
	device  interface{ Close() error }
}

// Close frees both.
func (o *opened) Close() error {
	return errors.Join(o.Base.Close(), o.device.Close())
}

// open opens what the flags name.
func (a *app) open(m *modelFlags) (*opened, error) {
	options := engine.Options{Activations: m.activations, LoadIn4Bit: m.load4, DoubleQuant: m.doubleQuant}
	if m.adapter != "" {
		dir, err := a.resolve(m.adapter)
		if err != nil {
			return nil, err
		}
		side, err := sidecar(dir)
		if err != nil {
			return nil, err
		}
		if m.model == "" {
			if m.model, err = a.baseOf(dir); err != nil {
				return nil, err
			}
		}
		if side != nil && !m.cmd.Flags().Changed("load-in-4bit") {
			options.LoadIn4Bit = side.LoadIn4Bit
		}
	}
	if m.model == "" {
		return nil, usagef("--model names no model")
	}
	base, d, err := a.openBase(m.model, m.tokenizer, m.threads, options)
	if err != nil {
		return nil, err
	}
	o := &opened{Base: base, device: d}
	if m.adapter == "" {
		return o, nil
	}
	if o.adapter, err = a.openAdapter(base, m.adapter, m.anyBase); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// openAdapter opens an adapter for a base.
func (a *app) openAdapter(base *engine.Base, name string, anyBase bool) (*engine.Adapter, error) {
	path, err := a.resolve(name)
	if err != nil {
		return nil, err
	}
	ad, err := base.OpenAdapter(adapterFS(path), anyBase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return ad, nil
}

// openBase opens a model on a device of its own.
func (a *app) openBase(model, tokenizer string, threads int, options engine.Options) (*engine.Base, interface{ Close() error }, error) {
	fsys, err := a.modelFS(model)
	if err != nil {
		return nil, nil, err
	}
	if tokenizer != "" {
		dir, err := a.resolve(tokenizer, tokenizerFiles...)
		if err != nil {
			return nil, nil, err
		}
		fsys = overlay{fsys, os.DirFS(dir)}
	}
	d, err := a.OpenDevice(threads)
	if err != nil {
		return nil, nil, err
	}
	options.Name = model
	base, err := engine.Open(fsys, d, options)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("%s: %w", model, err), d.Close())
	}
	return base, d, nil
}

// localFS is the directory a path names, or one that holds nothing but the file it names.
func localFS(path string) (fs.FS, error) {
	switch info, err := os.Stat(path); {
	case err != nil:
		return nil, err
	case info.IsDir():
		return mmap.FS(path), nil
	case strings.EqualFold(filepath.Ext(path), ".gguf"):
		return single(path), nil
	}
	return nil, fmt.Errorf("%s: expected a model's directory or a GGUF file", path)
}

// single is a directory with one file in it, or the files of one model that was split, whatever else lies there on the
// disk.
type single string

// names are those files.
func (s single) names() []string {
	name := filepath.Base(string(s))
	if parts := weights.SplitNames(name); parts != nil {
		return parts
	}
	return []string{name}
}

// Open opens a file, or lists them.
func (s single) Open(name string) (fs.File, error) {
	if !slices.Contains(s.names(), name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return mmap.FS(filepath.Dir(string(s))).Open(name)
}

// ReadDir lists the files.
func (s single) ReadDir(name string) ([]fs.DirEntry, error) {
	if name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	var entries []fs.DirEntry
	for _, name := range s.names() {
		info, err := os.Stat(filepath.Join(filepath.Dir(string(s)), name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // what reads them reports all that are missing
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, fs.FileInfoToDirEntry(info))
	}
	return entries, nil
}

// overlay takes the files of a tokenizer from a directory of its own.
type overlay struct{ model, tokenizer fs.FS }

// Open opens a file of one of the two.
func (o overlay) Open(name string) (fs.File, error) {
	for _, n := range tokenizerFiles {
		if n == name {
			return o.tokenizer.Open(name)
		}
	}
	return o.model.Open(name)
}

// ReadDir lists the model's files.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.model, name) }

// tokenizerFiles are what travels with a model beside its weights and config.json, where it is there.
var tokenizerFiles = []string{"tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"}

// adapterFS is an adapter's directory, or one that holds nothing but the GGUF file that path names.
func adapterFS(path string) fs.FS {
	if isGGUF(path) {
		return single(path)
	}
	return mmap.FS(path)
}

// isGGUF reports whether path is named as a GGUF file and is no directory.
func isGGUF(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && strings.EqualFold(filepath.Ext(path), ".gguf")
}

// sidecar is an adapter's graft.json, nil if it has none.
func sidecar(dir string) (*adapter.Sidecar, error) {
	if isGGUF(dir) {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, adapter.SidecarName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := adapter.ParseSidecar(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return &s, nil
}

// baseOf is the base that an adapter names: a path, or a model of the hub. A URL in a file of someone else is not followed.
func (a *app) baseOf(dir string) (string, error) {
	if isGGUF(dir) {
		return "", usagef("%s does not name its base; name it with --model", dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, adapter.ConfigName))
	if err != nil {
		return "", err
	}
	var c struct {
		Base string `json:"base_model_name_or_path"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(dir, adapter.ConfigName), err)
	}
	if c.Base != "" && !strings.Contains(c.Base, "://") {
		if _, err = a.resolve(c.Base); err == nil {
			return c.Base, nil
		}
	}
	return "", usagef("the adapter was trained on %q, which is not here; name the base with --model: %w", c.Base, err)
}

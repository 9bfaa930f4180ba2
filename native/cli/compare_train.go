package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"

	"graft/native/recipe"
	"graft/native/report"
	"graft/native/store"
	"graft/shared/adapter"
)

// compareConfig is the file of --config.
type compareConfig struct {
	Recipe    string      `yaml:"recipe"`     // what all methods have in common, looked for beside this file
	OutputDir string      `yaml:"output_dir"` // a directory for each method is made in it
	Methods   []yaml.Node `yaml:"methods"`    // the keys of a recipe that are each one's own, and name
}

// Limits of a comparison's file.
const (
	maxConfigBytes = 1 << 20
	maxMethods     = 50
)

// costName is the file beside an adapter that says what its training took.
const costName = "cost.json"

// cost is what a training took, and of what.
type cost struct {
	Recipe string `json:"recipe"` // its YAML
	Data   string `json:"train_file_sha256"`
	report.Training
}

// method is one that is to be trained.
type method struct {
	name   string
	recipe recipe.Recipe
}

// readCompareConfig reads what to train.
func (c *comparing) readCompareConfig() (compareConfig, []method, error) {
	var config compareConfig
	f, err := os.Open(c.config)
	if err != nil {
		return config, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	if err != nil {
		return config, nil, err
	}
	if len(data) > maxConfigBytes {
		return config, nil, fmt.Errorf("%s: larger than %d bytes", c.config, maxConfigBytes)
	}
	config, methods, err := parseCompareConfig(data, c.config)
	return config, methods, err
}

// parseCompareConfig reads the text of such a file; name is its path.
func parseCompareConfig(data []byte, name string) (config compareConfig, methods []method, err error) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&config); err != nil {
		return config, nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if config.Recipe == "" || config.OutputDir == "" || len(config.Methods) == 0 || len(config.Methods) > maxMethods {
		return config, nil, fmt.Errorf("%s: expected recipe, output_dir and 1 to %d methods", name, maxMethods)
	}
	path := config.Recipe
	if beside := filepath.Join(filepath.Dir(name), path); !filepath.IsAbs(path) {
		if _, err := os.Stat(beside); err == nil {
			path = beside
		}
	}
	for _, n := range config.Methods {
		if n.Kind != yaml.MappingNode {
			return config, nil, fmt.Errorf("%s:%d: expected the keys of a method", name, n.Line)
		}
		m := method{recipe: recipe.Defaults()}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "name" {
				m.name = n.Content[i+1].Value
				n.Content = slices.Delete(slices.Clone(n.Content), i, i+2)
				break
			}
		}
		slug := slugOf(m.name)
		if slug == "" || slices.ContainsFunc(methods, func(o method) bool { return slugOf(o.name) == slug }) {
			return config, nil, fmt.Errorf("%s:%d: method %q: expected a name of its own", name, n.Line, m.name)
		}
		if err := recipe.Load(path, &m.recipe); err != nil {
			return config, nil, err
		}
		own, err := yaml.Marshal(&n)
		if err != nil {
			return config, nil, fmt.Errorf("%s:%d: %w", name, n.Line, err)
		}
		if err := recipe.Parse(own, fmt.Sprintf("%s, method %s", name, m.name), &m.recipe); err != nil {
			return config, nil, err
		}
		m.recipe.OutputDir = filepath.Join(config.OutputDir, slug)
		if err := m.recipe.Check(); err != nil {
			return config, nil, fmt.Errorf("%s, method %s: %w", name, m.name, err)
		}
		methods = append(methods, m)
	}
	return config, methods, nil
}

// slugOf is a name as a directory's.
func slugOf(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return '-'
	}, name), "-")
}

// trainAll trains the methods of --config that are not trained yet.
func (c *comparing) trainAll(ctx context.Context) ([]entrant, error) {
	config, methods, err := c.readCompareConfig()
	if err != nil {
		return nil, err
	}
	if c.report == "" {
		c.report = filepath.Join(config.OutputDir, "report")
	}
	var out []entrant
	for _, m := range methods {
		if c.data == "" {
			c.data, c.columns.Text, c.columns.Label = m.recipe.Test, m.recipe.TextColumn, m.recipe.LabelColumn
		}
		m.recipe.Test = "" // they are measured together, later
		t, err := c.trainOne(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.name, err)
		}
		out = append(out, entrant{m.name, m.recipe.OutputDir, t})
	}
	return out, nil
}

// trainOne trains a method, unless its directory holds it already, made by the same recipe of the same data.
func (c *comparing) trainOne(ctx context.Context, m method) (*report.Training, error) {
	r := m.recipe
	made, err := recipe.Marshal(r)
	if err != nil {
		return nil, err
	}
	now := cost{Recipe: string(made), Data: hashOf(r.TrainFile)}
	path := filepath.Join(r.OutputDir, costName)
	if data, err := os.ReadFile(path); err == nil {
		var was cost
		if err := json.Unmarshal(data, &was); err == nil && was.Recipe == now.Recipe && was.Data == now.Data {
			c.note(text{"%s is trained already, in %s", "%s 已训练过,位于 %s"}, m.name, r.OutputDir)
			return &was.Training, nil
		}
		r.Overwrite = true
	} else if checkpoints, err := filepath.Glob(filepath.Join(r.OutputDir, "checkpoint-*")); err == nil && len(checkpoints) > 0 {
		r.Resume = true
	}
	c.note(text{"\n%s: training in %s", "\n%s:正在 %s 中训练"}, m.name, r.OutputDir)
	debug.FreeOSMemory()
	resetPeakMemory()
	start := time.Now()
	quiet := *c.app
	if c.asJSON { // standard output is for the comparison alone
		quiet.Stdout = io.Discard
	}
	t := &training{app: &quiet, recipe: r}
	if err := t.run(ctx); err != nil {
		return nil, err
	}
	now.Training = report.Training{Method: r.Method, Seconds: time.Since(start).Seconds(), Trainable: int64(t.plan.Trainable), PeakMemoryBytes: peakMemory()}
	for _, name := range []string{adapter.WeightsName, "model.safetensors"} {
		if info, err := os.Stat(filepath.Join(r.OutputDir, name)); err == nil {
			now.AdapterBytes = info.Size()
			break
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(now, "", "  ")
	if err != nil {
		return nil, err
	}
	return &now.Training, store.WriteFile(path, func(w io.Writer) error { _, err := w.Write(append(data, '\n')); return err })
}

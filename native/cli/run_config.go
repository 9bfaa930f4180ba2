package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"graft/native/advise"
	"graft/native/recipe"
	"graft/native/tune"
	"graft/shared/eval"
	"graft/shared/weights"
)

// pipelineConfig is the file of graft run.
type pipelineConfig struct {
	Recipe    string    `yaml:"recipe"`     // data, base, and what the choice leaves open; looked for beside this file
	OutputDir string    `yaml:"output_dir"` // gets adapter, report, merged …
	Data      string    `yaml:"data"`       // what a fault in the data does: stop or warn
	Choose    string    `yaml:"choose"`     // who makes the first candidate: evidence, article, or the recipe
	Set       yaml.Node `yaml:"set"`        // keys of a recipe that hold for every trial
	Targets   yaml.Node `yaml:"targets"`    // article, a file, or the table itself
	Strict    bool      `yaml:"strict"`     // not enough data is no pass
	Runs      string    `yaml:"runs"`       // the file of the record
	Budget    struct {
		Trials int    `yaml:"trials"` // trained at all
		Time   string `yaml:"time"`   // of all trials; "": any
		Memory string `yaml:"memory"` // "": what is free
	} `yaml:"budget"`
	Search struct {
		Methods []string `yaml:"methods"` // beside the chosen one
		Ranks   []int    `yaml:"r"`
		Bracket int      `yaml:"bracket"` // trials that compete in a round
		Eta     int      `yaml:"eta"`     // one in so many goes on
	} `yaml:"search"`
	Package struct {
		Always bool   `yaml:"always"` // whatever the verdict
		Merge  string `yaml:"merge"`  // float32, float16 or bfloat16: a model without an adapter
		GGUF   string `yaml:"gguf"`   // an outtype of graft export gguf
		Push   string `yaml:"push"`   // oci://registry/repository:tag
	} `yaml:"package"`

	targets []eval.Target
	limit   time.Duration
	memory  int64
	path    string
}

// byRecipe chooses what the recipe says.
const byRecipe = "recipe"

// loadPipeline reads such a file.
func loadPipeline(path string) (*pipelineConfig, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxConfigBytes+1))
	if err != nil {
		return nil, err
	}
	return parsePipeline(data, path)
}

// parsePipeline reads the text of such a file; name is its path.
func parsePipeline(data []byte, name string) (*pipelineConfig, error) {
	if len(data) > maxConfigBytes {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, maxConfigBytes)
	}
	c := &pipelineConfig{Data: "stop", Choose: advise.Evidence, path: name}
	c.Budget.Trials, c.Search.Bracket, c.Search.Eta = 9, 9, 3
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var wrong []error
	want := func(ok bool, format string, a ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%s: "+format, append([]any{name}, a...)...))
		}
	}
	want(c.Recipe != "", "recipe names no file")
	want(c.OutputDir != "", "output_dir names no directory")
	want(c.Data == "stop" || c.Data == "warn", "data is %q, expected stop or warn", c.Data)
	want(slices.Contains([]string{advise.Evidence, advise.Article, byRecipe}, c.Choose), "choose is %q, expected %s, %s or %s", c.Choose, advise.Evidence, advise.Article, byRecipe)
	want(c.Budget.Trials >= 1 && c.Budget.Trials <= tune.MaxTrials, "budget: trials is %d, expected 1 to %d", c.Budget.Trials, tune.MaxTrials)
	want(c.Search.Bracket >= 1 && c.Search.Bracket <= tune.MaxTrials && c.Search.Eta >= 2, "search: bracket is %d and eta %d, expected 1 to %d, and 2 or more", c.Search.Bracket, c.Search.Eta, tune.MaxTrials)
	for i, m := range c.Search.Methods {
		c.Search.Methods[i] = strings.ReplaceAll(strings.ToUpper(m), "-", "_")
		want(slices.Contains(recipe.Methods(), c.Search.Methods[i]), "search: methods has %q, expected of %q", m, recipe.Methods())
	}
	for _, r := range c.Search.Ranks {
		want(r >= 1, "search: r has %d, expected 1 or more", r)
	}
	if c.Package.Merge != "" {
		want(slices.ContainsFunc(mergeTypes, func(t mergeType) bool { return t.name == c.Package.Merge }), "package: merge is %q, expected float32, float16 or bfloat16", c.Package.Merge)
	}
	if c.Package.GGUF != "" {
		_, known, ok := weights.MixtureOf(c.Package.GGUF)
		want(ok, "package: gguf is %q, expected one of %s", c.Package.GGUF, strings.Join(known, " "))
	}
	want(c.Package.Push == "" || strings.HasPrefix(c.Package.Push, "oci://"), "package: push is %q, expected oci://registry/repository:tag", c.Package.Push)
	var err error
	if c.Budget.Time != "" {
		c.limit, err = time.ParseDuration(c.Budget.Time)
		want(err == nil && c.limit > 0, "budget: time is %q, expected one such as 10m or 2h", c.Budget.Time)
	}
	if c.memory = freeMemory(); c.Budget.Memory != "" {
		c.memory, err = parseBytes(c.Budget.Memory)
		want(err == nil, "budget: memory is %q, expected a size such as 8GB", c.Budget.Memory)
	}
	if c.Set.Kind != 0 && c.Set.Kind != yaml.MappingNode {
		want(false, "set: line %d: expected the keys of a recipe", c.Set.Line)
	}
	if err := c.readTargets(); err != nil {
		wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
	}
	return c, errors.Join(wrong...)
}

// readTargets reads the table of targets, wherever it is.
func (c *pipelineConfig) readTargets() (err error) {
	var data []byte
	switch n := &c.Targets; {
	case n.Kind == 0:
		return nil
	case n.Kind == yaml.ScalarNode && n.Value == "article":
		c.targets = eval.Targets
		return nil
	case n.Kind == yaml.ScalarNode:
		f, err := os.Open(besideFile(c.path, n.Value))
		if err != nil {
			return err
		}
		defer f.Close()
		if data, err = io.ReadAll(io.LimitReader(f, maxConfigBytes)); err != nil {
			return err
		}
	default:
		if data, err = yaml.Marshal(n); err != nil {
			return err
		}
	}
	c.targets, err = eval.ParseTargets(data)
	return err
}

// besideFile is a path that a file names: beside it if it is there, else of the working directory.
func besideFile(file, path string) string {
	if beside := filepath.Join(filepath.Dir(file), path); !filepath.IsAbs(path) {
		if _, err := os.Stat(beside); err == nil {
			return beside
		}
	}
	return path
}

// set applies the keys that hold for every trial.
func (c *pipelineConfig) set(r *recipe.Recipe) error {
	if c.Set.Kind == 0 {
		return nil
	}
	data, err := yaml.Marshal(&c.Set)
	if err != nil {
		return err
	}
	return recipe.Parse(data, c.path+", set", r)
}

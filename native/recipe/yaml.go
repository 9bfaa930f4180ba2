package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"graft/shared/adapter"
)

// maxFile is the largest recipe that is read, in bytes.
const maxFile = 1 << 20

// maxFaults is how many faults of a recipe are told.
const maxFaults = 10

// Load sets in r what the file says. Input files are looked for beside the recipe first, then in the working
// directory; output_dir is taken as it is.
func Load(path string, r *Recipe) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var said Recipe
	if err := Parse(data, path, &said); err != nil {
		return err
	}
	if err := Parse(data, path, r); err != nil {
		return err
	}
	for _, p := range []struct {
		said string
		path *string
	}{{said.Model, &r.Model}, {said.Tokenizer, &r.Tokenizer}, {said.Adapter, &r.Adapter}, {said.TrainFile, &r.TrainFile}, {said.Valid, &r.Valid}, {said.Test, &r.Test}} {
		if p.said == "" || filepath.IsAbs(p.said) {
			continue
		}
		beside := filepath.Join(filepath.Dir(path), p.said)
		if _, err := os.Stat(beside); err == nil {
			*p.path = beside
		}
	}
	return nil
}

// Parse sets in r what the YAML text says. Every fault is told with its line; name is the file's.
func Parse(data []byte, name string, r *Recipe) error {
	if len(data) > maxFile {
		return fmt.Errorf("%s: larger than %d bytes, which no recipe is", name, maxFile)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	switch err := d.Decode(&doc); {
	case err == io.EOF:
		return nil
	case err != nil:
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(new(yaml.Node)); err != io.EOF {
		return fmt.Errorf("%s: more than one document, expected one", name)
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: expected lines of the form \"key: value\"", name, root.Line)
	}
	var faults []error
	seen := map[string]int{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if err := set(r, seen, key, value); err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", name, key.Line, err))
		}
	}
	if n := len(faults); n > maxFaults {
		faults = append(faults[:maxFaults], fmt.Errorf("… and %d more", n-maxFaults))
	}
	return errors.Join(faults...)
}

// set is one line: a key and its value.
func set(r *Recipe, seen map[string]int, key, value *yaml.Node) error {
	k, ok := find(key.Value)
	if !ok {
		if near := nearest(key.Value); near != "" {
			return fmt.Errorf("%.60q is not a key; did you mean %s?", key.Value, near)
		}
		return fmt.Errorf("%.60q is not a key; `graft train --help` lists them all", key.Value)
	}
	if line, twice := seen[k.Name]; twice {
		return fmt.Errorf("%s is set already in line %d", k.Name, line)
	}
	seen[k.Name] = key.Line
	if err := assign(k.Value(r), value); err != nil {
		return fmt.Errorf("%s: %w", k.Name, err)
	}
	return nil
}

// assign sets v from a scalar, a list of scalars or a map of scalars. A null leaves it as it is.
func assign(v Value, n *yaml.Node) error {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return nil
		}
		return v.Set(n.Value)
	case yaml.SequenceNode:
		list := make([]string, len(n.Content))
		for i, item := range n.Content {
			if item.Kind != yaml.ScalarNode {
				return fmt.Errorf("item %d is no plain value", i+1)
			}
			list[i] = item.Value
		}
		return v.setList(list)
	}
	var list []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode || value.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: expected \"name: number\"", name.Line)
		}
		list = append(list, name.Value+"="+value.Value)
	}
	return v.setList(list)
}

// Marshal writes a recipe that reads back as r: every key that differs from its default.
func Marshal(r Recipe) ([]byte, error) {
	var b bytes.Buffer
	defaults := Defaults()
	for _, g := range Groups {
		for _, k := range g.Keys {
			v := k.Value(&r)
			if v.String() == k.Value(&defaults).String() {
				continue
			}
			line, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{text(k.Name), v.node()}})
			if err != nil {
				return nil, fmt.Errorf("recipe: %s: %w", k.Name, err)
			}
			b.Write(line)
		}
	}
	return b.Bytes(), nil
}

// YAML is the value as a recipe has it, in one line.
func (v Value) YAML() string {
	n := v.node()
	if n.Kind == yaml.MappingNode {
		n.Style = yaml.FlowStyle
	}
	b, err := yaml.Marshal(n)
	if err != nil {
		panic(fmt.Sprintf("BUG: recipe: %v", err))
	}
	return strings.TrimSpace(string(b))
}

// node is what assign reads v from.
func (v Value) node() *yaml.Node {
	switch p := v.p.(type) {
	case *[]string:
		return sequence(*p)
	case *adapter.Names:
		if p.Pattern == "" {
			return sequence(p.List)
		}
		return text(p.Pattern)
	case *string:
		return text(*p)
	case *map[string]int:
		return mapping(*p)
	case *map[string]float64:
		return mapping(*p)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
}

func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
}

func sequence(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range list {
		n.Content = append(n.Content, text(s))
	}
	return n
}

func mapping[T any](m map[string]T) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		n.Content = append(n.Content, text(k), &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(m[k])})
	}
	return n
}

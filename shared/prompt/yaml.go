package prompt

import (
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxYAML bounds the values that aliases may multiply a document into.
const maxYAML = 100000

// ParseYAML reads one YAML document, keeping the order of keys.
func ParseYAML(data []byte) (any, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	left := maxYAML
	return fromYAML(&n, 0, &left)
}

func fromYAML(n *yaml.Node, depth int, left *int) (any, error) {
	if *left--; *left < 0 || depth > maxNesting {
		return nil, fmt.Errorf("line %d: more than %d values, or more than %d deep", n.Line, maxYAML, maxNesting)
	}
	switch n.Kind {
	case 0:
		return nil, nil
	case yaml.DocumentNode:
		return fromYAML(n.Content[0], depth, left)
	case yaml.AliasNode:
		return fromYAML(n.Alias, depth+1, left)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			var err error
			if list[i], err = fromYAML(c, depth+1, left); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		o := NewObject()
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind == yaml.AliasNode {
				k = k.Alias
			}
			if k.Kind != yaml.ScalarNode {
				return nil, fmt.Errorf("line %d: a key is no text", k.Line)
			}
			if _, twice := o.Get(k.Value); twice {
				return nil, fmt.Errorf("line %d: key %q comes twice", k.Line, k.Value)
			}
			v, err := fromYAML(n.Content[i+1], depth+1, left)
			if err != nil {
				return nil, err
			}
			o.Set(k.Value, v)
		}
		return o, nil
	}
	return scalar(n)
}

func scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return b, nil
	case "!!int", "!!float":
		var f float64
		if err := n.Decode(&f); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return n.Value, nil // such as .inf, which JSON does not have
		}
		return f, nil
	}
	return n.Value, nil
}

// FormatYAML writes a value as a YAML document, keeping the order of keys.
func FormatYAML(v any) (string, error) {
	data, err := yaml.Marshal(yamlNode(v))
	return string(data), err
}

func yamlNode(v any) *yaml.Node {
	switch v := v.(type) {
	case *Object:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, k := range v.Keys() {
			n.Content = append(n.Content, yamlNode(k), yamlNode(v.values[k]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, e := range v {
			n.Content = append(n.Content, yamlNode(e))
		}
		return n
	case string:
		n := &yaml.Node{}
		n.SetString(v)
		return n
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: FormatJSON(v, 0)}
	return n
}

// Source is a .prompt file of front matter, none if it is nil, and a template.
func Source(front *Object, template string) (string, error) {
	if front == nil {
		return template, nil
	}
	head, err := FormatYAML(front)
	return "---\n" + head + "---\n" + template + "\n", err
}

package model

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/tensor"
)

// Parts are what adapters attach to, as recording a model finds them.
type Parts struct {
	Model
	Linear    []string // paths of the linear layers in the order they are used, those of the classification head among them, without the output layers
	Embedding string   // path of the table of tokens
	KV        []int    // width of each layer's keys and values, 0 for a layer without
	Weights   []string // checkpoint names of all weights of the body, without the output layer
	shapes    map[string]tensor.Shape
}

// Shape is that of one of Weights.
func (p *Parts) Shape(name string) (tensor.Shape, error) {
	if s, ok := p.shapes[name]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("%s: the model has no such weight", name)
}

// Layers are the paths of the model's layers in order: "model.layers.0", ….
func (p *Parts) Layers() []string {
	var layers []string
	for _, path := range p.Linear {
		at := strings.IndexFunc(path, func(r rune) bool { return r >= '0' && r <= '9' })
		if at < 1 || path[at-1] != '.' {
			continue
		}
		if end := strings.IndexByte(path[at:], '.'); end > 0 && !slices.Contains(layers, path[:at+end]) {
			layers = append(layers, path[:at+end])
		}
	}
	return layers
}

// Output is the path of the output layer.
const Output = "lm_head"

// PartsOf records m and lists its parts.
func PartsOf(m Model) (*Parts, error) {
	parts := &Parts{Model: m, shapes: map[string]tensor.Shape{}}
	g := graph.New()
	in := nn.NewInputs(g, 1)
	p := nn.Root(g, &nn.Scope{Hooks: nn.Hooks{
		Linear: func(p nn.Params, _, y, _ graph.Value) graph.Value {
			if !slices.Contains(parts.Linear, p.Path()) {
				parts.Linear = append(parts.Linear, p.Path())
			}
			return y
		},
		Embed: func(p nn.Params, index, x graph.Value) graph.Value {
			if index == in.Tokens {
				parts.Embedding = p.Path()
			}
			return x
		},
		KV: func(_ nn.Params, layer, width int) (k, v graph.Value) {
			for len(parts.KV) <= layer {
				parts.KV = append(parts.KV, 0)
			}
			parts.KV[layer] = width
			return k, v
		},
	}})
	hidden := m.Hidden(p, in)
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		if k == graph.Weight {
			parts.Weights = append(parts.Weights, name)
			parts.shapes[name] = v.Shape()
		}
		return true
	})
	HeadOf(m).Record(p, hidden, 1, 2)
	parts.Linear = slices.Clip(parts.Linear)
	return parts, g.Err()
}

// LinearModules lists the paths of m's linear layers, without the output layers, in the order they are used: what
// PEFT's target_modules="all-linear" stands for.
func LinearModules(m Model) ([]string, error) {
	parts, err := PartsOf(m)
	if err != nil {
		return nil, err
	}
	return parts.Linear, nil
}

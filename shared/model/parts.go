package model

import (
	"slices"

	"graft/shared/graph"
	"graft/shared/nn"
)

// Parts are what adapters attach to, as recording a model finds them.
type Parts struct {
	Model
	Linear    []string // paths of the linear layers in the order they are used, those of the classification head among them, without the output layers
	Embedding string   // path of the table of tokens
	KV        []int    // width of each layer's keys and values, 0 for a layer without
	Weights   []string // checkpoint names of all weights of the body, without the output layer
}

// Output is the path of the output layer.
const Output = "lm_head"

// PartsOf records m and lists its parts.
func PartsOf(m Model) (*Parts, error) {
	parts := &Parts{Model: m}
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
	g.Leaves(func(_ graph.Value, k graph.Kind, name string) bool {
		if k == graph.Weight {
			parts.Weights = append(parts.Weights, name)
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

package model

import (
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/nn"
	"graft/shared/weights"
)

// Checkpoint is a view of src under the names m asks for. A checkpoint of the body alone, such as those of sentence
// embeddings, leaves the first part of the names out, and old ones of BERT call a norm's weight and bias gamma and beta.
func Checkpoint(m Model, src weights.Source) weights.Source {
	prefix := Prefix(m) + "."
	bare := !slices.ContainsFunc(src.Names(), func(n string) bool { return strings.HasPrefix(n, prefix) })
	return weights.Renamed(src, func(name string) string {
		if module, ok := strings.CutSuffix(name, ".gamma"); ok {
			name = module + ".weight"
		} else if module, ok := strings.CutSuffix(name, ".beta"); ok {
			name = module + ".bias"
		}
		if bare {
			name = prefix + name
		}
		return name
	})
}

// Prefix is what the names of all weights of m's body begin with, up to the first dot: "model", "bert".
func Prefix(m Model) string {
	g, prefix := graph.New(), ""
	m.Hidden(nn.Root(g, &nn.Scope{}), nn.NewInputs(g, 1))
	g.Leaves(func(_ graph.Value, k graph.Kind, name string) bool {
		if k == graph.Weight {
			prefix, _, _ = strings.Cut(name, ".")
		}
		return k != graph.Weight
	})
	return prefix
}

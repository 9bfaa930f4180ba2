package nn

import (
	"hash/fnv"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Seed is the input that dropout draws its masks from: I32 [2], another pair for every step.
func Seed(g *graph.Graph) graph.Value { return g.Leaf(graph.Input, "seed", tensor.I32, 2) }

// Stream sets the masks of different places in a model apart.
func Stream(path string) int {
	h := fnv.New32a()
	h.Write([]byte(path))
	return int(int32(h.Sum32()))
}

// Dropout drops the share of x in training and nothing otherwise (Srivastava et al. 2014). The path of p names the place,
// so that a path drops once.
func Dropout(p Params, x graph.Value, share float64) graph.Value {
	if !p.scope.Train || share == 0 {
		return x
	}
	return op.Dropout(x, Seed(p.g), float32(share), Stream(p.path+".dropout"))
}

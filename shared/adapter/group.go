package adapter

import (
	"fmt"
	"slices"
	"strings"

	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/op"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Group is several LoRA adapters of one base used side by side: each row of a pass names the one it is of. What a base
// weight's product costs is paid once for all of them; ranks may differ.
type Group struct {
	members []*Directory
	loras   []*lora
	ranks   map[string]int // largest rank at each module that a member adapts
}

// groupPrefix is before the names of a group's leaves.
const groupPrefix = "group."

// NewGroup joins adapters. One that is more than low-rank products is refused, since rows of others could not pass it by.
func NewGroup(members []*Directory) (*Group, error) {
	g := &Group{members: members, ranks: map[string]int{}}
	for i, d := range members {
		l, ok := d.Adapter.(*lora)
		if !ok {
			return nil, fmt.Errorf("adapter %d of the group: expected peft_type LORA; others answer alone", i+1)
		}
		for _, name := range d.Tensors.Names() {
			if !strings.HasSuffix(name, ".lora_A.weight") && !strings.HasSuffix(name, ".lora_B.weight") {
				return nil, fmt.Errorf("adapter %d of the group: %s: expected nothing but lora_A and lora_B; others answer alone", i+1, name)
			}
		}
		if _, ok := l.modules[model.Output]; ok {
			return nil, fmt.Errorf("adapter %d of the group: LoRA of %s; expected of layers before it; others answer alone", i+1, model.Output)
		}
		for path, m := range l.modules {
			g.ranks[path] = max(g.ranks[path], m.r)
		}
		g.loras = append(g.loras, l)
	}
	return g, nil
}

// Hooks record every member's part. index I32 [T] is the member of each row, below zero for the base alone.
func (g *Group) Hooks(index graph.Value) nn.Hooks {
	return nn.Hooks{Linear: func(p nn.Params, x, y, _ graph.Value) graph.Value {
		r, ok := g.ranks[p.Path()]
		if !ok {
			return y
		}
		n, in, out := len(g.members), x.Shape().Cols(), y.Shape().Cols()
		leaf := func(what string, shape ...int) graph.Value {
			return p.Graph().Leaf(graph.Weight, groupPrefix+p.Path()+what, tensor.F32, shape...)
		}
		return op.LoRA(y, x, leaf(".lora_A", n, r, in), leaf(".lora_B", n, out, r), leaf(".scale", n), index)
	}}
}

// Tensors gives put the values of every leaf of Hooks: the members' factors one after another, filled up to the largest rank
// with zeros, which add nothing.
func (g *Group) Tensors(put func(name string, t *tensor.Tensor) error) error {
	paths := make([]string, 0, len(g.ranks))
	for path := range g.ranks {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := g.stack(path, put); err != nil {
			return err
		}
	}
	return nil
}

func (g *Group) stack(path string, put func(string, *tensor.Tensor) error) error {
	n, r := len(g.members), g.ranks[path]
	var a, b []float32
	var in, out int
	scale := make([]float32, n)
	for i, l := range g.loras {
		m, ok := l.modules[path]
		if !ok {
			continue
		}
		scale[i] = m.scale
		lowA, err := weights.Floats(g.members[i].Tensors, prefix+path+".lora_A.weight")
		if err != nil {
			return fmt.Errorf("adapter %d of the group: %w", i+1, err)
		}
		lowB, err := weights.Floats(g.members[i].Tensors, prefix+path+".lora_B.weight")
		if err != nil {
			return fmt.Errorf("adapter %d of the group: %w", i+1, err)
		}
		if a == nil {
			in, out = lowA.Shape.Cols(), lowB.Shape[0]
			a, b = make([]float32, n*r*in), make([]float32, n*out*r)
		}
		copy(a[i*r*in:], lowA.Floats())
		for o := range out {
			copy(b[(i*out+o)*r:][:m.r], lowB.Floats()[o*m.r:])
		}
	}
	for _, leaf := range []struct {
		name string
		t    *tensor.Tensor
	}{
		{".lora_A", tensor.FromFloats(a, n, r, in)},
		{".lora_B", tensor.FromFloats(b, n, out, r)},
		{".scale", tensor.FromFloats(scale, n)},
	} {
		if err := put(groupPrefix+path+leaf.name, leaf.t); err != nil {
			return err
		}
	}
	return nil
}

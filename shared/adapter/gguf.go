package adapter

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"graft/shared/model"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// GGUF is the adapter as a file that llama.cpp lays over a base of that config.json, its tensors stored as dtype. Only
// LoRA of linear layers fits there: what else the adapter has is refused by name. The file has one alpha for all
// layers, so where layers' scales differ from alpha/r (rsLoRA, alpha_pattern with rank_pattern) B takes the rest.
func (d *Directory) GGUF(config []byte, dtype tensor.DType) (weights.Meta, []weights.Item, error) {
	l, ok := d.Adapter.(*lora)
	if !ok {
		return weights.Meta{}, nil, fmt.Errorf("adapter: GGUF has a place for LoRA only, and this adapter is a %T", d.Adapter)
	}
	var pairs []weights.LoRAPair
	known := map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(l.modules)) {
		p := weights.LoRAPair{Module: path}
		for _, part := range []struct {
			suffix string
			to     **tensor.Tensor
		}{{".lora_A.weight", &p.A}, {".lora_B.weight", &p.B}} {
			name := prefix + path + part.suffix
			t, err := weights.Floats(d.Tensors, name)
			if err != nil {
				return weights.Meta{}, nil, fmt.Errorf("adapter: %w", err)
			}
			if len(t.Shape) != 2 {
				return weights.Meta{}, nil, fmt.Errorf("adapter: %s: shape %v, expected two dimensions", name, t.Shape)
			}
			*part.to, known[name] = t, true
		}
		if r := l.modules[path].r; p.A.Shape[0] != r || p.B.Shape[1] != r {
			return weights.Meta{}, nil, fmt.Errorf("adapter: %s: lora_A %v and lora_B %v, expected rank %d", path, p.A.Shape, p.B.Shape, r)
		}
		pairs = append(pairs, p)
	}
	var left []string
	for _, name := range d.Tensors.Names() {
		if !known[name] {
			left = append(left, name)
		}
	}
	if left != nil {
		return weights.Meta{}, nil, fmt.Errorf("adapter: a GGUF file has no place for %s", strings.Join(left, ", "))
	}
	alpha := l.commonAlpha()
	for i, p := range pairs {
		m := l.modules[p.Module]
		if by := float64(m.scale) * float64(m.r) / float64(alpha); float32(alpha/float32(m.r)) != m.scale {
			pairs[i].B = scaled(p.B, by)
		}
	}
	return weights.LoRAGGUF(config, alpha, pairs, dtype)
}

// commonAlpha is the alpha of most layers as llama.cpp means it, scale·r. It is not 0, which there means that B·A is
// not scaled.
func (l *lora) commonAlpha() float32 {
	count := map[float32]int{}
	var best float32 = 1
	for _, path := range slices.Sorted(maps.Keys(l.modules)) {
		m := l.modules[path]
		a := float32(float64(m.scale) * float64(m.r))
		if round := float32(math.Round(float64(a))); round/float32(m.r) == m.scale {
			a = round // what rounding of the scale has moved
		}
		if count[a]++; a != 0 && count[a] > count[best] {
			best = a
		}
	}
	return best
}

func scaled(t *tensor.Tensor, by float64) *tensor.Tensor {
	out := tensor.Make(t.Spec)
	from := t.Floats()
	for i := range out.Floats() {
		out.Floats()[i] = float32(float64(from[i]) * by)
	}
	return out
}

// FromGGUF is the adapter in a GGUF file, for a base of that config.json, which is m. It closes g.
func FromGGUF(g *weights.GGUF, config []byte, m *model.Parts) (*Directory, error) {
	defer g.Close()
	alpha, pairs, err := weights.LoRAOf(g, config)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	c := defaultLoRA()
	c.TaskType = CausalLM
	c.BaseModel, _ = g.Meta.String("general.base_model.0.name")
	var items []weights.Item
	var paths []string
	for i, p := range pairs {
		r := p.A.Shape[0]
		a := alpha
		if a == 0 {
			a = float64(r)
		}
		if i == 0 {
			c.R, c.LoraAlpha = r, a
		}
		if r != c.R {
			c.RankPattern.add(p.Module, float64(r))
		}
		if a != c.LoraAlpha {
			c.AlphaPattern.add(p.Module, a)
		}
		if !slices.Contains(m.Linear, p.Module) {
			return nil, fmt.Errorf("adapter: gguf: LoRA of %s is not supported: it is no linear layer of the model's body", p.Module)
		}
		paths = append(paths, p.Module)
		items = append(items, weights.ItemOf(prefix+p.Module+".lora_A.weight", p.A), weights.ItemOf(prefix+p.Module+".lora_B.weight", p.B))
	}
	c.TargetModules.List = shortNames(paths, m.Linear)
	a, err := c.bind(nil, m)
	if err != nil {
		return nil, fmt.Errorf("adapter: gguf: %w", err)
	}
	return &Directory{Adapter: a, Tensors: weights.Collected(items)}, nil
}

// shortNames are the last names of paths where they mean no other of modules, else the paths.
func shortNames(paths, modules []string) []string {
	short := lastNames(paths)
	meant := 0
	for _, m := range modules {
		if slices.Contains(short, m[strings.LastIndexByte(m, '.')+1:]) {
			meant++
		}
	}
	if meant == len(paths) {
		return short
	}
	return paths
}

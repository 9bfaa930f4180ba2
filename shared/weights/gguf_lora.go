package weights

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"graft/shared/quant"
	"graft/shared/tensor"
)

// A LoRA in GGUF is a file of general.type "adapter": for a weight W of the base two tensors, W.lora_a [r,in] and
// W.lora_b [out,r], under GGUF's names and with B's rows in llama.cpp's order. One number, adapter.lora.alpha, holds
// for all: W + alpha/r·B·A, or W + B·A where it is 0.

// LoRAPair is the adapter of one linear layer: A is [r,in], B [out,r], both of float32.
type LoRAPair struct {
	Module string // path in the checkpoint
	A, B   *tensor.Tensor
}

const (
	loraA = ".lora_a"
	loraB = ".lora_b"

	mostWrong = 20 // tensors that one error names
)

// LoRAGGUF gives the metadata and tensors of such a file, for a base of that config.json, its tensors stored as d.
func LoRAGGUF(config []byte, alpha float32, pairs []LoRAPair, d tensor.DType) (meta Meta, items []Item, err error) {
	m, err := ggufModelOf(config)
	if err != nil {
		return meta, nil, err
	}
	meta.Set("general.architecture", m.arch)
	meta.Set("general.type", "adapter")
	meta.Set("adapter.type", "lora")
	meta.Set("adapter.lora.alpha", alpha)
	meta.Set("general.quantization_version", uint32(2))
	for _, p := range pairs {
		name := p.Module + ".weight"
		to := m.ggufName(name)
		if to == name {
			return meta, nil, fmt.Errorf("%s: the architecture %s has no name for it in GGUF", p.Module, m.arch)
		}
		b := asType(ItemOf(to+loraB, p.B), p.B, d)
		if heads := m.pairedHeads(name, m.q, m.kv); heads > 0 {
			if b, err = pairedItem(b, heads); err != nil {
				return meta, nil, err
			}
		}
		items = append(items, asType(ItemOf(to+loraA, p.A), p.A, d), b)
	}
	return meta, items, nil
}

// asType is the item of a tensor in another type.
func asType(t Item, v *tensor.Tensor, d tensor.DType) Item {
	t.DType = d
	t.Write = func(w io.Writer) error { return WriteAs(w, v, d) }
	return t
}

// LoRAOf reads the adapter in a GGUF file, for a base of that config.json. All that is wrong with its tensors is
// reported at once. The pairs are in the order of the file.
func LoRAOf(g *GGUF, config []byte) (alpha float64, pairs []LoRAPair, err error) {
	m, err := ggufModelOf(config)
	if err != nil {
		return 0, nil, err
	}
	for _, want := range []struct{ key, value, why string }{
		{"general.type", "adapter", "this is a model's file or none of llama.cpp's"},
		{"adapter.type", "lora", "only LoRA is read"},
		{"general.architecture", m.arch, "the adapter is for another base"},
	} {
		if v, _ := g.Meta.String(want.key); v != want.value {
			return 0, nil, fmt.Errorf("gguf: %s is %q, expected %q: %s", want.key, v, want.value, want.why)
		}
	}
	if v, ok := g.Meta.Value("adapter.alora.invocation_tokens"); ok {
		return 0, nil, fmt.Errorf("gguf: adapter.alora.invocation_tokens %v: an adapter that is switched on by tokens is not read", v)
	}
	alpha, _ = g.Meta.Float("adapter.lora.alpha")
	at := map[string]int{}
	var wrong []error
	for _, name := range g.Names() {
		base, isA := strings.CutSuffix(name, loraA)
		base, isB := strings.CutSuffix(base, loraB)
		module, isWeight := strings.CutSuffix(m.checkpointName(base), ".weight")
		if len(wrong) > mostWrong {
			break
		}
		if isA == isB || !isWeight {
			stored, _, _ := g.Stored(name)
			wrong = append(wrong, fmt.Errorf("%s: expected a name that ends in .weight.lora_a or .weight.lora_b", stored))
			continue
		}
		i, ok := at[module]
		if !ok {
			i = len(pairs)
			at[module], pairs = i, append(pairs, LoRAPair{Module: module})
		}
		t, err := loraTensor(g, m, name, module, isB)
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case isA:
			pairs[i].A = t
		default:
			pairs[i].B = t
		}
	}
	for _, p := range pairs {
		switch {
		case wrong != nil:
		case p.A == nil || p.B == nil:
			wrong = append(wrong, fmt.Errorf("%s: lora_a or lora_b is missing", p.Module))
		case p.A.Shape[0] != p.B.Shape[1]:
			wrong = append(wrong, fmt.Errorf("%s: lora_a %v and lora_b %v do not share a rank", p.Module, p.A.Shape, p.B.Shape))
		}
	}
	if wrong == nil && len(pairs) == 0 {
		wrong = append(wrong, errors.New("no tensors"))
	}
	if wrong != nil {
		return 0, nil, fmt.Errorf("gguf: %w", errors.Join(slices.Clip(wrong)...))
	}
	return alpha, pairs, nil
}

// loraTensor reads one tensor as float32, its rows in the checkpoint's order.
func loraTensor(g *GGUF, m *ggufModel, name, module string, isB bool) (*tensor.Tensor, error) {
	s, _ := g.Spec(name)
	if _, ok := quant.Of(s.DType); ok && len(s.Shape) != 2 {
		return nil, fmt.Errorf("%s: shape %v, expected two dimensions", name, s.Shape)
	}
	t, err := Floats(g, name)
	if err != nil {
		return nil, err
	}
	if heads := m.pairedHeads(module+".weight", m.q, m.kv); isB && heads > 0 {
		rows := t.Shape[0]
		if rows%(2*heads) != 0 {
			return nil, fmt.Errorf("%s: %d rows do not divide into pairs of %d heads", name, rows, heads)
		}
		moved := tensor.Make(t.Spec)
		fromPairs(moved.Data, t.Data, rows, heads)
		t = moved
	}
	return t, nil
}

package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"graft/shared/adapter"
	"graft/shared/graph"
	"graft/shared/model"
	"graft/shared/nn"
	"graft/shared/tensor"
	"graft/shared/weights"
)

// Merged is a base with an adapter added into its weights: a checkpoint as Hugging Face lays it out.
type Merged struct {
	Config []byte // config.json
	base   *Base
	a      *Adapter
	dtype  tensor.DType
}

// Merge prepares a checkpoint of the base with a merged into it, its matrices stored as dtype (F32, F16 or BF16). A base
// whose weights are quantised is merged from their decoded values, which are what the adapter was trained on.
func (b *Base) Merge(a *Adapter, dtype tensor.DType) (*Merged, error) {
	if dtype != tensor.F32 && dtype != tensor.F16 && dtype != tensor.BF16 {
		return nil, fmt.Errorf("merge: dtype %v, expected f32, f16 or bf16", dtype)
	}
	var c map[string]any
	if err := unmarshalExact(b.Config, &c); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	delete(c, "quantization_config")
	delete(c, "dtype")
	c["torch_dtype"] = map[tensor.DType]string{tensor.F32: "float32", tensor.F16: "float16", tensor.BF16: "bfloat16"}[dtype]
	if a.Adapter.Task() == adapter.SeqCls {
		c["architectures"] = []string{b.classifierClass()}
		if s := a.Sidecar; s != nil && len(s.Labels) > 0 {
			id2label, label2id := map[string]string{}, map[string]int{}
			for i, n := range s.Labels {
				id2label[strconv.Itoa(i)], label2id[n] = n, i
			}
			c["id2label"], c["label2id"] = id2label, label2id
			if s.PadTokenID != nil {
				c["pad_token_id"] = *s.PadTokenID
			}
		}
	}
	config, err := json.MarshalIndent(c, "", "  ")
	return &Merged{config, b, a, dtype}, err
}

// Items are the checkpoint's tensors; each is computed when its turn to be written comes.
func (m *Merged) Items() ([]weights.Item, error) {
	var items []weights.Item
	add := func(name string, shape tensor.Shape, read func() (*tensor.Tensor, error)) {
		s := tensor.Spec{DType: m.dtype, Shape: shape}
		items = append(items, weights.Item{Name: name, Spec: s, Write: func(w io.Writer) error {
			t, err := read()
			if err != nil {
				return err
			}
			return weights.WriteAs(w, t, m.dtype)
		}})
	}
	if m.a.Adapter.Task() == adapter.SeqCls {
		err := m.classifier(func(name string, s tensor.Shape) {
			add(name, s, func() (*tensor.Tensor, error) { return m.weight(name, s) })
		})
		return items, err
	}
	for _, name := range m.base.Source.Names() {
		s, _ := m.base.Source.Spec(name)
		if !s.DType.IsFloat() {
			return nil, fmt.Errorf("merge: %s is %v", name, s)
		}
		add(name, s.Shape, func() (*tensor.Tensor, error) { return m.weight(name, s.Shape) })
	}
	return items, nil
}

// classifier calls add for each weight that the model with its classification head asks for.
func (m *Merged) classifier(add func(name string, s tensor.Shape)) error {
	g, head := graph.New(), model.HeadOf(m.base.Model)
	p := nn.Root(g, &nn.Scope{})
	head.Record(p, m.base.Model.Hidden(p, nn.NewInputs(g, 1)), 1, max(m.a.Labels(), 1))
	g.Leaves(func(v graph.Value, k graph.Kind, name string) bool {
		if k == graph.Weight && g.Data(v) == nil {
			add(name, v.Shape())
		}
		return true
	})
	return g.Err()
}

// weight is the base's weight of that shape, or, of a head the base has none of, zeros, with the adapter merged into it.
func (m *Merged) weight(name string, s tensor.Shape) (*tensor.Tensor, error) {
	w := tensor.Make(tensor.Of(tensor.F32, s...))
	have, ok := m.base.Source.Spec(name)
	if ok = ok && have.Shape.Equal(s); ok {
		t, err := weights.Floats(m.base.Source, name)
		if err != nil {
			return nil, err
		}
		copy(w.Data, t.Data) // the source's view may not be written to
	}
	changed, err := m.a.Adapter.Merge(name, w, m.a.Tensors)
	if err == nil && !ok && !changed {
		err = fmt.Errorf("merge: %s: neither the base nor the adapter has it", name)
	}
	return w, err
}

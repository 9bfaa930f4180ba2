package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"graft/shared/adapter"
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
	if err := json.Unmarshal(b.Config, &c); err != nil {
		return nil, fmt.Errorf("config.json: %w", err)
	}
	delete(c, "quantization_config")
	delete(c, "dtype")
	c["torch_dtype"] = map[tensor.DType]string{tensor.F32: "float32", tensor.F16: "float16", tensor.BF16: "bfloat16"}[dtype]
	if a.Adapter.Task() == adapter.SeqCls {
		c["architectures"] = []string{architecture(c["model_type"], "ForSequenceClassification")}
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
	seqCls := m.a.Adapter.Task() == adapter.SeqCls
	for _, name := range m.base.Source.Names() {
		s, _ := m.base.Source.Spec(name)
		if !s.DType.IsFloat() {
			return nil, fmt.Errorf("merge: %s is %v", name, s)
		}
		if seqCls && (name == "lm_head.weight" || name == "score.weight") {
			continue
		}
		add(name, s.Shape, func() (*tensor.Tensor, error) { return m.weight(name) })
	}
	const head = "score.weight"
	if n := m.a.Labels(); seqCls && n > 0 {
		add(head, tensor.Shape{n, m.base.Model.Config().HiddenSize}, func() (*tensor.Tensor, error) {
			t := tensor.Make(tensor.Of(tensor.F32, n, m.base.Model.Config().HiddenSize))
			_, err := m.a.Adapter.Merge(head, t, m.a.Tensors)
			return t, err
		})
	}
	return items, nil
}

func (m *Merged) weight(name string) (*tensor.Tensor, error) {
	t, err := weights.Floats(m.base.Source, name)
	if err != nil {
		return nil, err
	}
	w := tensor.Make(t.Spec) // the source's view may not be written to
	copy(w.Data, t.Data)
	_, err = m.a.Adapter.Merge(name, w, m.a.Tensors)
	return w, err
}

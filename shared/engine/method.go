package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"graft/shared/adapter"
	"graft/shared/generate"
	"graft/shared/tensor"
	"graft/shared/train"
)

// adapt gives a training its adapter: a new one, or one that is trained further.
func (t *Training) adapt(o *train.Options) error {
	var err error
	if t.Start != nil {
		o.Adapter, o.Start, err = t.Start.Further()
	} else {
		c := adapter.Common{TaskType: t.Task, BaseModel: t.Base.Name, Encode: t.Base.tokens, KV: t.Base.keysAndValues}
		if t.Task == adapter.SeqCls {
			c.ModulesToSave = t.Base.absentHead()
		}
		o.Adapter, err = t.Method.New(c, t.Base.parts)
	}
	t.adapter = o.Adapter
	if t.LoRAPlusLRRatio > 0 {
		o.Group = t.loRAPlus
	}
	return err
}

// loRAPlus trains LoRA's second matrix and vectors at a higher rate, as PEFT's create_loraplus_optimizer does. The head is
// trained at the plain rate.
func (t *Training) loRAPlus(name string, shape tensor.Shape) train.Group {
	g := train.DefaultGroup(name, shape)
	if strings.Contains(name, "lora_B") || strings.Contains(name, "lora_embedding_B") || len(shape) == 1 {
		g.Rate = t.LoRAPlusLRRatio
	}
	return g
}

// tokens are those of a text with the tokenizer's special ones.
func (b *Base) tokens(text string) []int32 { return b.Tokenizer.Encode(text, true).IDs }

// keysAndValues reads tokens and returns what attention keeps of them, a row for each: the keys of layer 0, its values, the
// keys of layer 1, ….
func (b *Base) keysAndValues(tokens []int32) ([]float32, error) {
	n := len(tokens)
	if most := b.Model.Config().MaxPositionEmbeddings; n > most {
		return nil, fmt.Errorf("%d tokens, expected %d at most", n, most)
	}
	r := newReader(b, n, tensor.F32)
	defer r.Close()
	if err := r.adopt(nil); err != nil {
		return nil, err
	}
	rows := make([]generate.Row, n)
	for i, id := range tokens {
		rows[i] = generate.Row{Token: id, Position: int32(i), Slot: int32(i), Hi: int32(i + 1)}
	}
	if _, err := r.Pass(context.Background(), rows, []int{n - 1}); err != nil {
		return nil, err
	}
	parts := make([][]float32, n)
	for layer, width := range b.parts.KV {
		for _, what := range []string{"cache.k.", "cache.v."} {
			t, err := r.memory.Read(what+strconv.Itoa(layer), tensor.Of(tensor.F32, n, width))
			if err != nil {
				return nil, err
			}
			for i := range parts {
				parts[i] = append(parts[i], t.Floats()[i*width:][:width]...)
			}
		}
	}
	return slices.Concat(parts...), nil
}

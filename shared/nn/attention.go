package nn

import (
	"math"

	"graft/shared/graph"
	"graft/shared/op"
)

// Heads are the sizes of grouped-query attention (Ainslie et al. 2023).
type Heads struct {
	Query, KV, Dim int
	Scale          float32 // of scores; 0 for 1/√Dim
	SoftCap        float32 // of scores; 0 for none
}

// Attend rotates nothing and projects nothing: it attends queries q [T,Query·Dim] to keys and values
// [T,KV·Dim], through the adapter's KV hook and the cache if there is one.
func Attend(p Params, layer int, q, k, v graph.Value, h Heads, in Inputs) graph.Value {
	defer p.g.At(p.path)()
	if hook := p.scope.Hooks.KV; hook != nil {
		k, v = hook(p, layer, k, v)
	}
	if in.Cache != nil {
		k, v = in.Cache.Update(layer, k, v)
	}
	o, _ := op.Attention(q, k, v, in.Lo, in.Hi, op.AttentionConfig{Heads: h.Query, KVHeads: h.KV, Scale: h.scale(), Softcap: h.SoftCap})
	return o
}

func (h Heads) scale() float32 {
	if h.Scale != 0 {
		return h.Scale
	}
	return float32(1 / math.Sqrt(float64(h.Dim)))
}

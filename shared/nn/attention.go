package nn

import (
	"math"
	"strconv"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// Heads are the sizes of grouped-query attention (Ainslie et al. 2023).
type Heads struct {
	Query, KV, Dim int
	Scale          float32 // of scores; 0 for 1/√Dim
	SoftCap        float32 // of scores; 0 for none
}

// Attend rotates nothing and projects nothing: it attends queries q [T,Query·Dim] to keys and values
// [T,KV·Dim], after those of the adapter's KV hook, through the cache if there is one.
func Attend(p Params, layer int, q, k, v graph.Value, h Heads, in Inputs) graph.Value {
	defer p.g.At(p.path)()
	c := op.AttentionConfig{Heads: h.Query, KVHeads: h.KV, Scale: h.scale(), Softcap: h.SoftCap}
	var prefix [2]graph.Value
	if hook := p.scope.Hooks.KV; hook != nil {
		if prefix[0], prefix[1] = hook(p, layer, h.KV*h.Dim); prefix[0].Valid() {
			c.Prefix = prefix[0].Shape()[0]
		}
	}
	switch {
	case in.Cache != nil:
		k, v = in.Cache.update(layer, k, v, prefix)
	case c.Prefix > 0:
		k, v = after(prefix[0], k), after(prefix[1], v)
	}
	o, _ := op.Attention(q, k, v, in.Lo, in.Hi, c)
	return o
}

func (h Heads) scale() float32 {
	if h.Scale != 0 {
		return h.Scale
	}
	return float32(1 / math.Sqrt(float64(h.Dim)))
}

// after lays the rows of b [m,d] after those of a [n,d].
func after(a, b graph.Value) graph.Value {
	n, m := a.Shape()[0], b.Shape()[0]
	return op.Add(op.ScatterAdd(a, count(a.Graph(), 0, n), n+m), op.ScatterAdd(b, count(b.Graph(), n, m), n+m))
}

// count is the constant from, from+1, … of n numbers.
func count(g *graph.Graph, from, n int) graph.Value {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(from + i)
	}
	return g.Constant("count."+strconv.Itoa(from)+"."+strconv.Itoa(n), tensor.FromInts(v, n))
}

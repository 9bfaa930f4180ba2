package op

import (
	"graft/shared/graph"
	"graft/shared/tensor"
)

// AttentionConfig are the constants of Attention.
type AttentionConfig struct {
	Heads, KVHeads int
	Scale          float32 // of the scores, mostly 1/√D
	Softcap        float32 // above 0: scores are softcap · tanh(score / softcap)
	Prefix         int     // the first keys, which every row attends
}

type attention struct{ AttentionConfig }

// Attention is softmax attention over ranges of keys, so that it serves packed sequences, causal and not, sliding
// windows and caches. q [T,H·D] f32; k and v [S,Hkv·D] f32, f16, bf16 or q8_0; lo and hi i32 [T]. Row t attends
// keys [0,prefix) and [max(lo[t],prefix), hi[t]); head h uses key head h/(H/Hkv).
//
// o [T,H·D] is the weighted sum of v, lse [T,H] the logarithm of the sum of the exponentials of the scores. A row
// that attends nothing has o = 0 and lse = -∞. Only f32 keys and values have gradients; lse has none.
func Attention(q, k, v, lo, hi graph.Value, c AttentionConfig) (o, lse graph.Value) {
	r := graph.Apply(attention{c}, q, k, v, lo, hi)
	return r[0], r[1]
}

func (attention) Name() string { return "attention" }

// Attrs serves AttentionGrad, too.
func (a AttentionConfig) Attrs() []graph.Attr {
	return []graph.Attr{graph.Int("heads", a.Heads), graph.Int("kv_heads", a.KVHeads), graph.Float("scale", a.Scale),
		graph.Float("softcap", a.Softcap), graph.Int("prefix", a.Prefix)}
}

// infer checks q, k, v and the ranges, which are operands lo and lo+1.
func (a AttentionConfig) infer(c *operands, kv types, lo int) (q, k tensor.Shape) {
	q, k = c.rank(0, f32, 2), c.rank(1, kv, 2)
	c.like(2, kv, k...)
	c.like(lo, i32, q[0])
	c.like(lo+1, i32, q[0])
	if a.Heads < 1 || a.KVHeads < 1 || a.Heads%a.KVHeads != 0 {
		c.must(false, "%d heads over %d key heads, expected a multiple", a.Heads, a.KVHeads)
		return q, k
	}
	c.must(q[1]%a.Heads == 0, "q: rows of %d values do not divide into %d heads", q[1], a.Heads)
	c.must(k[1]*a.Heads == q[1]*a.KVHeads, "k: rows of %d values, expected %d heads of %d", k[1], a.KVHeads, q[1]/a.Heads)
	c.must(0 <= a.Prefix && a.Prefix <= k[0], "prefix of %d keys, expected 0 to %d", a.Prefix, k[0])
	return q, k
}

func (o attention) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	q, _ := o.infer(c, caches, 3)
	return c.gives(result(q...), result(q[0], max(o.Heads, 1)))
}

func (o attention) Gradient(in, out, dout []graph.Value, want []bool) []graph.Value {
	noGradient(o, "lse", dout[1])
	if !dout[0].Valid() {
		return make([]graph.Value, len(in))
	}
	dq, dk, dv := AttentionGrad(in[0], in[1], in[2], out[0], out[1], dout[0], in[3], in[4], o.AttentionConfig)
	return wanted(want, func() graph.Value { return dq }, func() graph.Value { return dk }, func() graph.Value { return dv })
}

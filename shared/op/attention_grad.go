package op

import (
	"math"

	"graft/shared/graph"
	"graft/shared/tensor"
)

type attentionGrad struct{ AttentionConfig }

// AttentionGrad is the gradient of Attention toward q, k and v, all f32, from its results o and lse and the
// gradient do of o.
func AttentionGrad(q, k, v, o, lse, do, lo, hi graph.Value, c AttentionConfig) (dq, dk, dv graph.Value) {
	r := graph.Apply(attentionGrad{c}, q, k, v, o, lse, do, lo, hi)
	return r[0], r[1], r[2]
}

func (attentionGrad) Name() string { return "attention_grad" }

func (o attentionGrad) Infer(in []tensor.Spec) ([]tensor.Spec, error) {
	c := check(o, in)
	q, k := o.infer(c, f32, 6)
	c.like(3, f32, q...)
	c.like(4, f32, q[0], o.Heads)
	c.like(5, f32, q...)
	return c.gives(result(q...), result(k...), result(k...))
}

// Eval takes the probabilities from lse (Dao 2023): with p = exp(score - lse), the gradient of a score is
// p · (do·v - do·o).
func (o attentionGrad) Eval(out, in []*tensor.Tensor) {
	q, k, v := in[0].Floats(), in[1].Floats(), in[2].Floats()
	y, lse, dy := in[3].Floats(), in[4].Floats(), in[5].Floats()
	lo, hi := in[6].Ints(), in[7].Ints()
	d := in[0].Shape[1] / o.Heads
	dq, dk, dv := make([]float64, len(q)), make([]float64, len(k)), make([]float64, len(v))
	for t := range lo {
		for h := range o.Heads {
			i := t*o.Heads + h
			query, grad := row(q, i, d), row(dy, i, d)
			inner := dot(grad, row(y, i, d))
			o.keys(lo[t], hi[t], func(s int) {
				j := s*o.KVHeads + h/(o.Heads/o.KVHeads)
				key := row(k, j, d)
				score, raw := o.score(query, key)
				p := math.Exp(score - float64(lse[i]))
				g := p * (dot(grad, row(v, j, d)) - inner) * float64(o.Scale)
				if o.Softcap > 0 {
					tanh := math.Tanh(raw / float64(o.Softcap))
					g *= 1 - tanh*tanh
				}
				for c := range d {
					dq[i*d+c] += g * float64(key[c])
					dk[j*d+c] += g * float64(query[c])
					dv[j*d+c] += p * float64(grad[c])
				}
			})
		}
	}
	round(out[0].Floats(), dq)
	round(out[1].Floats(), dk)
	round(out[2].Floats(), dv)
}

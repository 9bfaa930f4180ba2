package op

import (
	"math"

	"graft/shared/tensor"
)

// keys calls yield for every key a row attends.
func (a AttentionConfig) keys(lo, hi int32, yield func(s int)) {
	for s := range a.Prefix {
		yield(s)
	}
	for s := max(int(lo), a.Prefix); s < int(hi); s++ {
		yield(s)
	}
}

// score is that of one query with one key, and before the cap.
func (a AttentionConfig) score(q, k []float32) (score, raw float64) {
	raw = float64(a.Scale) * dot(q, k)
	if a.Softcap > 0 {
		return float64(a.Softcap) * math.Tanh(raw/float64(a.Softcap)), raw
	}
	return raw, raw
}

func (o attention) Eval(out, in []*tensor.Tensor) {
	q, k, v := in[0].Floats(), attended(in[1]), attended(in[2])
	lo, hi := in[3].Ints(), in[4].Ints()
	y, lse := out[0].Floats(), out[1].Floats()
	d := in[0].Shape[1] / o.Heads
	scores, sum := make([]float64, in[1].Shape[0]), make([]float64, d)
	for t := range lo {
		for h := range o.Heads {
			kv := h / (o.Heads / o.KVHeads)
			query := row(q, t*o.Heads+h, d)
			top := math.Inf(-1)
			o.keys(lo[t], hi[t], func(s int) {
				scores[s], _ = o.score(query, row(k.at(s), kv, d))
				top = max(top, scores[s])
			})
			total := 0.0
			clear(sum)
			o.keys(lo[t], hi[t], func(s int) {
				p := math.Exp(scores[s] - top)
				total += p
				for i, x := range row(v.at(s), kv, d) {
					sum[i] += p * float64(x)
				}
			})
			lse[t*o.Heads+h] = float32(top + math.Log(total)) // -∞ for no key
			if total > 0 {
				for i := range sum {
					sum[i] /= total
				}
			}
			round(row(y, t*o.Heads+h, d), sum)
		}
	}
}

// rows decodes those rows of a matrix that are asked for: a cache is much longer than what is attended.
type rows struct {
	t    *tensor.Tensor
	have [][]float32
}

func attended(t *tensor.Tensor) rows { return rows{t, make([][]float32, t.Shape[0])} }

func (r rows) at(i int) []float32 {
	if r.have[i] == nil {
		r.have[i] = make([]float32, r.t.Shape[1])
		decodeRow(r.have[i], r.t, i)
	}
	return r.have[i]
}

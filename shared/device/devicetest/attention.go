package devicetest

import (
	"fmt"
	"math/rand/v2"

	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// pattern gives the range of keys of each of t rows over s keys.
type pattern struct {
	name   string
	ranges func(r *rand.Rand, t, s int) (lo, hi []int32)
}

// segments are the sequences of a packed batch, of uneven lengths; bounds gives a row's range in [start,end).
func segments(name string, bounds func(i, start, end int) (lo, hi int)) pattern {
	return pattern{name, func(r *rand.Rand, t, s int) (lo, hi []int32) {
		lo, hi = make([]int32, t), make([]int32, t)
		for start := 0; start < t; {
			end := min(t, start+1+r.IntN(max(2, t/2)))
			for i := start; i < end; i++ {
				l, h := bounds(i, start, end)
				lo[i], hi[i] = int32(l), int32(min(h, s))
			}
			start = end
		}
		return lo, hi
	}}
}

var (
	causal        = segments("causal", func(i, start, end int) (int, int) { return start, i + 1 })
	bidirectional = segments("bidirectional", func(i, start, end int) (int, int) { return start, end })
	sliding       = segments("sliding", func(i, start, end int) (int, int) { return max(start, i-3), i + 1 })
	all           = pattern{"all", func(_ *rand.Rand, t, s int) (lo, hi []int32) {
		lo, hi = make([]int32, t), make([]int32, t)
		for i := range hi {
			hi[i] = int32(s)
		}
		return lo, hi
	}}
	// cached is a batch of sequences that are decoded: each row anywhere in a cache.
	cached = pattern{"cached", func(r *rand.Rand, t, s int) (lo, hi []int32) {
		lo, hi = make([]int32, t), make([]int32, t)
		for i := range lo {
			lo[i] = int32(r.IntN(s))
			hi[i] = lo[i] + 1 + int32(r.IntN(s-int(lo[i])))
		}
		return lo, hi
	}}
	// holes has rows that attend nothing, but for a prefix.
	holes = pattern{"holes", func(r *rand.Rand, t, s int) (lo, hi []int32) {
		lo, hi = cached.ranges(r, t, s)
		for i := range lo {
			if i%3 == 0 {
				hi[i] = lo[i]
			}
		}
		return lo, hi
	}}
)

type attentionCase struct {
	t, s, heads, kv, dim int
	ranges               pattern
	prefix               int
	softcap, scale       float32
}

var attentionSizes = []attentionCase{
	{t: 1, s: 1, heads: 1, kv: 1, dim: 1, ranges: all},
	{t: 1, s: 1, heads: 2, kv: 1, dim: 32, ranges: holes},
	{t: 3, s: 3, heads: 1, kv: 1, dim: 8, ranges: causal},
	{t: 5, s: 5, heads: 2, kv: 2, dim: 7, ranges: bidirectional},
	{t: 17, s: 17, heads: 9, kv: 3, dim: 64, ranges: causal},
	{t: 33, s: 33, heads: 4, kv: 1, dim: 80, ranges: causal},
	{t: 40, s: 40, heads: 4, kv: 2, dim: 16, ranges: sliding},
	{t: 64, s: 64, heads: 2, kv: 2, dim: 24, ranges: bidirectional, softcap: 5},
	{t: 150, s: 150, heads: 3, kv: 1, dim: 32, ranges: causal},
	{t: 130, s: 130, heads: 2, kv: 1, dim: 128, ranges: causal, softcap: 30},
	{t: 1, s: 1500, heads: 9, kv: 3, dim: 64, ranges: cached},
	{t: 6, s: 400, heads: 4, kv: 2, dim: 32, ranges: cached},
	{t: 16, s: 70, heads: 2, kv: 1, dim: 64, ranges: cached, prefix: 5},
	{t: 20, s: 90, heads: 4, kv: 2, dim: 32, ranges: holes},
	{t: 20, s: 90, heads: 4, kv: 2, dim: 32, ranges: holes, prefix: 17, softcap: 10},
	{t: 7, s: 7, heads: 1, kv: 1, dim: 32, ranges: all, prefix: 7},
	{t: 70, s: 70, heads: 2, kv: 2, dim: 96, ranges: all},
	{t: 12, s: 50, heads: 2, kv: 1, dim: 48, ranges: cached, scale: 20}, // scores of some hundred
}

func (a attentionCase) name() string {
	return fmt.Sprintf("%d rows %d keys heads=%d/%d dim=%d %s prefix=%d softcap=%g scale=%g", a.t, a.s, a.heads, a.kv, a.dim, a.ranges.name, a.prefix, a.softcap, a.scale)
}

func (a attentionCase) config() op.AttentionConfig {
	scale := a.scale
	if scale == 0 {
		scale = 0.3
	}
	return op.AttentionConfig{Heads: a.heads, KVHeads: a.kv, Scale: scale, Softcap: a.softcap, Prefix: a.prefix}
}

// relative is the tolerance: an f32 score of some hundred is itself uncertain to 1e-4.
func (a attentionCase) relative() float64 {
	if a.scale > 1 {
		return 1e-3
	}
	return 2 * sums
}

// ends makes lo or hi from a seed that both share.
func (a attentionCase) ends() (lo, hi arg) {
	make := func(pick func(lo, hi []int32) []int32) arg {
		i := indexes(a.t, nil)
		i.fill = func(_ *rand.Rand, t *tensor.Tensor) {
			copy(t.Ints(), pick(a.ranges.ranges(rand.New(rand.NewPCG(7, uint64(a.t))), a.t, a.s)))
		}
		return i
	}
	return make(func(lo, _ []int32) []int32 { return lo }), make(func(_, hi []int32) []int32 { return hi })
}

func attentionCases() (cases []testCase) {
	for _, a := range attentionSizes {
		lo, hi := a.ends()
		f := func(v []graph.Value) []graph.Value {
			o, lse := op.Attention(v[0], v[1], v[2], v[3], v[4], a.config())
			return []graph.Value{o, lse}
		}
		for _, d := range append([]tensor.DType{tensor.Q8_0}, plain...) {
			if a.kv*a.dim%d.BlockValues() != 0 {
				continue
			}
			k := state(d, a.s, a.kv*a.dim)
			if d == tensor.F32 {
				k.kind = graph.Input
			}
			cases = append(cases, testCase{d.String() + " " + a.name(), []arg{input(a.t, a.heads*a.dim), k, k, lo, hi}, f, withFloor(a.relative(), 1)})
		}
	}
	return cases
}

func attentionGradCases() (cases []testCase) {
	for _, a := range attentionSizes {
		lo, hi := a.ends()
		f := func(v []graph.Value) []graph.Value {
			o, lse := op.Attention(v[0], v[1], v[2], v[4], v[5], a.config())
			dq, dk, dv := op.AttentionGrad(v[0], v[1], v[2], o, lse, v[3], v[4], v[5], a.config())
			return []graph.Value{dq, dk, dv}
		}
		q, k := input(a.t, a.heads*a.dim), input(a.s, a.kv*a.dim)
		cases = append(cases, testCase{a.name(), []arg{q, k, k, q, lo, hi}, f, withFloor(5*a.relative(), 1)})
	}
	return cases
}

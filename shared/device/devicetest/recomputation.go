package devicetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"graft/shared/device"
	"graft/shared/grad"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// recomputation computes activations again in the backward pass, which gives the same bits with less memory.
func recomputation(t *testing.T, dev device.Device) {
	const rows, width, depth = 64, 32, 6
	leaves := map[string]*tensor.Tensor{}
	r := seeded("recomputation")
	record := func(recompute func(graph.Node) bool) *graph.Graph {
		g := graph.New()
		leaf := func(name string, a arg) graph.Value {
			if leaves[name] == nil {
				leaves[name] = a.make(r)
			}
			return g.Leaf(a.kind, name, a.DType, a.Shape...)
		}
		x := leaf("x", input(rows, width))
		lo := leaf("lo", indexes(rows, func(*rand.Rand, int) int { return 0 }))
		hi := leaf("hi", indexes(rows, func(_ *rand.Rand, i int) int { return i + 1 }))
		seed := leaf("seed", indexes(2, func(r *rand.Rand, _ int) int { return r.IntN(99) }))
		var params []graph.Value
		param := func(name string, shape ...int) graph.Value {
			p := leaf(name, input(shape...).of(graph.Param).with(spread(0.3)))
			params = append(params, p)
			return p
		}
		for i := range depth {
			leave := g.Block(i + 1)
			h := op.RMSNorm(x, param(fmt.Sprint("norm", i), width), 1e-5, 1)
			o, _ := op.Attention(op.Linear(h, param(fmt.Sprint("q", i), width, width)), h, h, lo, hi, op.AttentionConfig{Heads: 2, KVHeads: 2, Scale: 0.3})
			x = op.Add(x, op.Dropout(op.Activation(o, op.GELU), seed, 0.1, i))
			leave()
		}
		g.Output("y", x)
		for i, d := range grad.Of(x, leaf("dy", input(rows, width)), params, grad.Options{Recompute: recompute}) {
			g.Output(fmt.Sprintf("d%d", i), d)
		}
		return g
	}
	run := func(recompute func(graph.Node) bool) (map[string]*tensor.Tensor, int) {
		s := newSession(t, dev, record(recompute), graph.Options{})
		defer s.close()
		for name, v := range leaves {
			s.write(name, v)
		}
		s.run()
		return s.outputs(), s.prog.Live
	}
	want, kept := run(nil)
	for name, recompute := range map[string]func(graph.Node) bool{"all": grad.All, "cheap": grad.Cheap} {
		got, live := run(recompute)
		for out := range want {
			if err := equal(want[out], got[out]); err != nil {
				t.Errorf("%s: %s: %v", name, out, err)
			}
		}
		if live >= kept {
			t.Errorf("%s needs %d bytes at once, expected less than the %d without", name, live, kept)
		}
	}
}

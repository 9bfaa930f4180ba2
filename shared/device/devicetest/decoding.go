package devicetest

import (
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// decoding writes a token a run into caches and attends them in the same program.
func decoding(t *testing.T, open Opener) {
	const slots, heads, kv, dim = 40, 4, 2, 32
	dev := opened(t, open)
	for _, d := range []tensor.DType{tensor.F32, tensor.F16, tensor.BF16, tensor.Q8_0} {
		t.Run(d.String(), func(t *testing.T) {
			g := graph.New()
			at := g.Leaf(graph.Input, "at", tensor.I32, 2)
			hi := g.Leaf(graph.Input, "hi", tensor.I32, 2)
			lo := g.Leaf(graph.Input, "lo", tensor.I32, 2)
			q := g.Leaf(graph.Input, "q", tensor.F32, 2, heads*dim)
			x := g.Leaf(graph.Input, "x", tensor.F32, 2, kv*dim)
			k := op.Write(g.Leaf(graph.State, "k", d, slots, kv*dim), x, at)
			v := op.Write(g.Leaf(graph.State, "v", d, slots, kv*dim), op.Scale(x, 0.5), at)
			o, _ := op.Attention(q, k, v, lo, hi, op.AttentionConfig{Heads: heads, KVHeads: kv, Scale: 0.2})
			g.Output("o", o)
			ref := newSession(t, device.Reference(), g, graph.Options{})
			defer ref.close()
			s := newSession(t, dev, g, graph.Options{})
			defer s.close()
			r := seeded(d.String())
			for step := range 6 {
				q, x := input(2, heads*dim), input(2, kv*dim)
				inputs := map[string]*tensor.Tensor{"q": q.make(r), "x": x.make(r),
					"at": tensor.FromInts([]int32{int32(step), int32(20 + step)}, 2),
					"lo": tensor.FromInts([]int32{0, 20}, 2),
					"hi": tensor.FromInts([]int32{int32(step + 1), int32(21 + step)}, 2)}
				for name, v := range inputs {
					ref.write(name, v)
					s.write(name, v)
				}
				ref.run()
				s.run()
				// A code that a device rounds the other way is one step of 127.
				b := bound{relative: map[bool]float64{false: 2 * sums, true: 1e-2}[d.IsBlock()], floor: 1}
				if err := b.check(ref.read("o"), s.read("o"), nil); err != nil {
					t.Errorf("run %d: %v", step, err)
				}
			}
		})
	}
}

package devicetest

import (
	"slices"
	"testing"

	"graft/shared/device"
	"graft/shared/graph"
	"graft/shared/op"
	"graft/shared/tensor"
)

// training is a few steps of AdamW on a linear layer with the gradient accumulated over two runs a step.
func training(t *testing.T, open Opener) {
	const rows, width, height = 9, 33, 17
	config := op.AdamWConfig{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1}
	forward := graph.New()
	{
		g := forward
		x := g.Leaf(graph.Input, "x", tensor.F32, rows, width)
		target := g.Leaf(graph.Input, "target", tensor.I32, rows)
		weights := g.Leaf(graph.Input, "weights", tensor.F32, rows)
		w := g.Leaf(graph.Param, "w", tensor.F32, height, width)
		logits := op.Linear(x, w)
		g.Output("loss", op.CrossEntropy(logits, target, 0))
		dw := op.MatMul(op.CrossEntropyGrad(logits, target, weights, 0), x, op.MatMulConfig{TransposeA: true})
		g.Keep(op.Accumulate(g.Leaf(graph.State, "dw", tensor.F32, height, width), dw, g.Leaf(graph.Input, "keep", tensor.F32, 1)))
	}
	update := graph.New()
	{
		g := update
		shape := []int{height, width}
		dw := g.Leaf(graph.State, "dw", tensor.F32, shape...)
		limit, norm := op.ClipScale(op.SumSquares(dw), 1)
		p, m, v := op.AdamW(g.Leaf(graph.Param, "w", tensor.F32, shape...), g.Leaf(graph.State, "m", tensor.F32, shape...),
			g.Leaf(graph.State, "v", tensor.F32, shape...), op.Mul(dw, limit), g.Leaf(graph.Input, "hyper", tensor.F32, 4), config)
		g.Keep(p, m, v)
		g.Output("norm", norm)
	}
	train := func(dev device.Device) (losses []float32, w *tensor.Tensor) {
		f := newSession(t, dev, forward, graph.Options{})
		defer f.close()
		u := newSession(t, dev, update, graph.Options{})
		defer u.close()
		for _, name := range []string{"w", "dw"} {
			u.share(name, f)
		}
		r := seeded("training")
		f.write("w", input(height, width).with(spread(0.1)).make(r))
		x, target := input(rows, width).make(r), indexes(rows, below(height)).make(r)
		f.write("x", x)
		f.write("target", target)
		f.write("weights", tensor.FromFloats(slices.Repeat([]float32{1. / rows}, rows), rows))
		for step := range 5 {
			for half := range 2 {
				f.write("keep", tensor.FromFloats([]float32{float32(half)}, 1))
				f.run()
			}
			losses = append(losses, f.read("loss").Floats()...)
			u.write("hyper", tensor.FromFloats(config.Hyper(step+1, 0.01, 0.5), 4))
			u.run()
		}
		return losses, f.read("w")
	}
	wantLoss, wantW := train(device.Reference())
	gotLoss, gotW := train(opened(t, open))
	b := bound{relative: loose, floor: 1}
	if err := b.check(tensor.FromFloats(wantLoss, 5, rows), tensor.FromFloats(gotLoss, 5, rows), nil); err != nil {
		t.Errorf("losses: %v", err)
	}
	if err := b.check(wantW, gotW, nil); err != nil {
		t.Errorf("weights: %v", err)
	}
	if sum(gotLoss[4*rows:]) >= sum(gotLoss[:rows]) {
		t.Errorf("the loss went from %g to %g, expected less", sum(gotLoss[:rows]), sum(gotLoss[4*rows:]))
	}
}

func sum(v []float32) (s float64) {
	for _, x := range v {
		s += float64(x)
	}
	return s
}
